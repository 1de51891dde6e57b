// The phone's compass, as degrees from true north, where the page is secure and the phone has one.

import { phrase } from "./phrases.js";

const OLD_MS = 3000;

let heading = null;
let at = 0;
let spread = null;
let state = "";
let declination = null;

/** Set by how much magnetic north lies east of true north here; null where not known. */
export function setDeclination(degrees) {
  declination = degrees ?? null;
}

/** Return where the phone's top points, degrees from true north, null where not known. */
export function trueHeading() {
  if (heading === null || declination === null || performance.now() - at > OLD_MS) return null;
  return (heading + declination + 360) % 360;
}

/** Return how far off the phone says that its compass may be, null where it does not say. */
export const headingSpread = () => spread;

/** Say whether the compass works, or why not. */
export const compassState = () => state;

function take(event) {
  if (event.webkitCompassHeading !== undefined) {
    if (event.webkitCompassAccuracy < 0) return;
    heading = event.webkitCompassHeading;
    spread = event.webkitCompassAccuracy ?? null;
  } else if (event.absolute && event.alpha !== null) {
    heading = (360 - event.alpha + (screen.orientation?.angle ?? 0)) % 360;
  } else {
    return;
  }
  at = performance.now();
  state =
    declination === null
      ? phrase(
          "The phone's compass works, but the way from magnetic to true north is not known here.",
        )
      : phrase("The phone's compass works. Keep the phone flat and away from iron.");
}

/** Begin; some phones want a touch first, so this is called from one. */
export async function startCompass() {
  if (!isSecureContext || typeof DeviceOrientationEvent === "undefined") {
    state = phrase(
      "This page is not secure (https): the phone does not give its compass. Read a compass and type the bearing.",
    );
    return;
  }
  if (typeof DeviceOrientationEvent.requestPermission === "function") {
    const answer = await DeviceOrientationEvent.requestPermission().catch(() => "denied");
    if (answer !== "granted") {
      state = phrase("The phone did not allow its compass. Read a compass and type the bearing.");
      return;
    }
  }
  state = phrase("No compass has answered yet.");
  addEventListener("deviceorientationabsolute", take);
  addEventListener("deviceorientation", take);
}
