// Keeping the screen on, where the page is secure.

import { phrase } from "./phrases.js";

let wanted = false;
let lock = null;

async function take() {
  if (!wanted || lock || document.visibilityState !== "visible") return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => {
      lock = null;
    });
  } catch {
    lock = null;
  }
}

/** Keep the screen on from now on, or not. Returns why that cannot be, "" where it can. */
export function stayAwake(on) {
  if (!isSecureContext || !navigator.wakeLock) {
    return phrase(
      "This page is not secure (https): the screen goes dark by the phone's own time. Set that time longer.",
    );
  }
  wanted = on;
  if (on) take();
  else lock?.release();
  return "";
}

document.addEventListener("visibilitychange", take);
