// Where this phone is: measured where the page is secure, else tapped on the map or typed.

import { keep, kept } from "./keep.js";
import { phrase } from "./phrases.js";
import { sendPlace } from "./server.js";

const EVERY_MS = 4000;
const TOO_OLD_S = 1800; // a fix that old belongs to no entry
const STANDING_S = 120; // who has not told his place for so long may have gone on
const WALKING_M_S = 1;

let told = () => {};
let state = "";
let due = null;
let lastSent = -EVERY_MS;

/** Return the last known place with its age, null where none. */
export function place() {
  const fix = kept("place", null);
  return fix && { ...fix, age_s: (Date.now() - Date.parse(fix.time)) / 1000 };
}

/** Return the place that goes with an entry made now, null where it is too old.
 *
 * Who may have gone on since is only so near to it as a walk allows.
 */
export function placeForEntry() {
  const here = place();
  if (!here || here.age_s > TOO_OLD_S) return null;
  const { latitude_deg, longitude_deg, accuracy_m } = here;
  const gone_m = here.age_s > STANDING_S ? here.age_s * WALKING_M_S : 0;
  const near_m = gone_m ? Math.round((accuracy_m ?? 0) + gone_m) : accuracy_m;
  return { latitude_deg, longitude_deg, accuracy_m: near_m };
}

/** Tell whether the place must be confirmed before a direction is taken from it. */
export const mayHaveGone = () => place()?.age_s > STANDING_S;

/** Say that this phone is still where it was. */
export function stay() {
  const { latitude_deg, longitude_deg, accuracy_m } = place();
  setPlace(latitude_deg, longitude_deg, accuracy_m);
}

/** Say how the place is known, or why not. */
export const placeState = () => state;

/** Set the place from a tap, which is good to some metres, or from typed degrees. */
export function setPlace(latitude, longitude, accuracy_m = null) {
  take(latitude, longitude, accuracy_m, new Date());
}

function take(latitude, longitude, accuracy, time) {
  const fix = {
    latitude_deg: latitude,
    longitude_deg: longitude,
    accuracy_m: accuracy,
    time: time.toISOString(),
  };
  keep("place", fix);
  told();
  clearTimeout(due);
  due = setTimeout(tell, Math.max(0, lastSent + EVERY_MS - performance.now()));
}

async function tell() {
  lastSent = performance.now();
  try {
    await sendPlace({ ...kept("place", null), sent: new Date().toISOString() });
  } catch {
    // The laptop is away; each entry carries its own place.
  }
}

/** Go on as before the reload; `onChange` is called with each new place. */
export function start(onChange) {
  told = onChange;
  if (kept("measures", false)) measure();
}

/** Begin to measure where that is allowed.
 *
 * Only when asked for, and not on the laptop itself: a browser there asks a server of its maker.
 */
export function measure() {
  if (["127.0.0.1", "localhost", "[::1]"].includes(location.hostname)) {
    state = phrase(
      "On the laptop itself the place comes from its own GPS. Or tap the map, or type it.",
    );
    return;
  }
  if (!isSecureContext || !navigator.geolocation) {
    state = phrase(
      "This page is not secure (https): the phone does not give its place. Tap the map, or type it.",
    );
    return;
  }
  keep("measures", true);
  state = phrase("The phone is looking for its place.");
  navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      state = "";
      take(coords.latitude, coords.longitude, coords.accuracy, new Date(timestamp));
    },
    () => {
      state = phrase("The phone does not give its place. Tap the map, or type it.");
      told();
    },
    { enableHighAccuracy: true, maximumAge: 5000 },
  );
}
