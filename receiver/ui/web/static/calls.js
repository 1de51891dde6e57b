// Calls to everybody: the two buttons that must be held, and the banner of what others called.

import { byId, el, put } from "./dom.js";
import { age, phrase } from "./phrases.js";
import { soundCall } from "./sound.js";

const HOLD_MS = 1000;
const SHOWN_S = 3600;
const MOST_SHOWN = 3;
const SAME_MS = 3000; // two snapshots give the time of one call a little differently

const seen = [];
let known = [];
let shown = [];

/** Return a button that does its deed only after it was held for a second: pockets press too. */
export function held(words, hint, deed) {
  let timer = null;
  const button = el(
    "button",
    { class: "held", "aria-description": phrase("hold for a second") },
    el("span", { class: "words" }, words),
    el("span", { class: "fill", "aria-hidden": "true" }),
  );
  const begin = (event) => {
    if (timer || event.repeat || (event.key && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    button.classList.add("holding");
    timer = setTimeout(() => {
      stop();
      navigator.vibrate?.(200);
      deed();
    }, HOLD_MS);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = null;
    button.classList.remove("holding");
  };
  const letGo = () => {
    if (timer) hint(phrase("Hold the button for a second."));
    stop();
  };
  button.addEventListener("pointerdown", begin);
  button.addEventListener("keydown", begin);
  for (const name of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) {
    button.addEventListener(name, letGo);
  }
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  return button;
}

const same = (call, other) =>
  call.text === other.text &&
  call.observer === other.observer &&
  Math.abs(call.at - other.at) < SAME_MS;

/** Return the calls that are none of others: each of those stands for one call and no more. */
function without(calls, others) {
  const left = [...others];
  return calls.filter((call) => {
    const at = left.findIndex((other) => same(call, other));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Show the calls of a snapshot; `extra_s` is how old the snapshot itself is. */
export function showCalls(snapshot, extra_s) {
  const begin = Date.parse(snapshot.time);
  // The laptop tells which calls stand; one that came late from a phone may be hours old.
  const told = extra_s < SHOWN_S ? snapshot.calls : [];
  const calls = told.map((call) => ({
    ...call,
    at: begin - call.age_s * 1000,
    age_s: call.age_s + extra_s,
  }));
  if (without(calls, known).length) soundCall();
  known = calls;
  shown = without(calls, seen).slice(-MOST_SHOWN);
  put(byId("calls"), shown.map(banner));
}

function understood() {
  seen.push(...shown);
  byId("calls").replaceChildren();
}

function banner(call) {
  return el(
    "div",
    { class: "call" },
    el("strong", {}, call.text),
    el(
      "span",
      {},
      phrase("{observer}, {age} ago", { observer: call.observer || "?", age: age(call.age_s) }),
    ),
    el("button", { click: understood }, phrase("Understood")),
  );
}
