// One blip for each new level, as high as it is strong; silence when nothing new was heard.
//
// 300 Hz at the receiver's noise to 1500 Hz at its saturation, on a logarithmic scale: a decibel is
// the same musical step everywhere. A browser lets no page sound before it was touched.

const LOW_HZ = 300;
const SPAN = 5;
const BLIP_S = 0.09;
const FRESH_S = 2;

let context = null;
let lastHeard = 0;

/** Switch the sound on or off; to be called from a touch. */
export function setSound(on) {
  if (on && !context) context = new AudioContext();
  if (context) on ? context.resume() : context.suspend();
}

function blip(hertz, begin, seconds, loudness) {
  const tone = context.createOscillator();
  const gain = context.createGain();
  tone.frequency.value = hertz;
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(loudness, begin + 0.01);
  gain.gain.setValueAtTime(loudness, begin + seconds - 0.02);
  gain.gain.linearRampToValueAtTime(0, begin + seconds);
  tone.connect(gain).connect(context.destination);
  tone.start(begin);
  tone.stop(begin + seconds);
}

/** Sound the level of a snapshot, where it is a new one. */
export function soundLevel(snapshot) {
  const level = snapshot.strength;
  if (!context || context.state !== "running" || !level || level.age_s > FRESH_S) return;
  const heard = Date.parse(snapshot.time) - level.age_s * 1000;
  if (heard - lastHeard < 150) return;
  lastHeard = heard;
  const share = Math.min(Math.max(level.share, 0), 1);
  blip(LOW_HZ * SPAN ** share, context.currentTime, BLIP_S, 0.5);
}

/** Sound that somebody called to everybody. */
export function soundCall() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([300, 100, 300, 100, 300]);
  if (!context || context.state !== "running") return;
  for (let n = 0; n < 6; n++) blip(n % 2 ? 700 : 1100, context.currentTime + n * 0.3, 0.28, 0.8);
}
