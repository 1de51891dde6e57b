// What is set once in a while: theme, sound, compass, screen, own place, who hears.

import { stayAwake } from "./awake.js";
import { compassState, startCompass } from "./compass.js";
import { byId, el } from "./dom.js";
import { keep, keeps, kept } from "./keep.js";
import { askTap } from "./map.js";
import { age, phrase } from "./phrases.js";
import { measure, placeState, setPlace } from "./place.js";
import { readDevices, revoke } from "./server.js";
import { askNumber, close, sheet } from "./sheet.js";
import { setSound } from "./sound.js";

let awake = false;
let sounding = false;
let why = "";

/** Show the menu. `page` has `state()`, `snapshot()`, `receivers()`, `receiver()`, `showMiddle(name)`. */
export function showMenu(page) {
  const again = () => showMenu(page);
  const button = (words, deed) => el("button", { click: deed }, words);
  const lines = [
    button(sounding ? phrase("Sound off") : phrase("Sound on"), () => {
      sounding = !sounding;
      setSound(sounding);
      again();
    }),
    button(awake ? phrase("Let the screen go dark") : phrase("Keep the screen on"), () => {
      why = stayAwake(!awake);
      awake = why === "" && !awake;
      again();
    }),
    button(phrase("Compass on"), async () => {
      await startCompass();
      again();
    }),
    button(phrase("Place from the phone"), () => {
      measure();
      again();
    }),
    button(phrase("Tap my place on the map"), () => {
      close();
      page.showMiddle("map");
      askTap(setPlace);
    }),
    button(phrase("Type my place"), typePlace),
    button(phrase("I listen with: {receiver}", { receiver: named(page) }), () => {
      const all = page.receivers();
      keep("receiver", all[(all.indexOf(page.receiver()) + 1) % all.length]);
      again();
    }),
  ];
  if (page.state()?.role === "operator")
    lines.push(button(phrase("Paired phones"), () => devices()));
  sheet(phrase("You are {observer}", { observer: page.state()?.observer ?? "?" }), [
    el("div", { class: "choices two" }, lines),
    notes(),
  ]);
}

/** Return how people call the receiver that this phone's entries are about. */
function named(page) {
  const [receiver, shown] = [page.receiver(), page.snapshot()?.strength];
  if (receiver === "hand") return phrase("by ear");
  return (shown?.source === receiver && shown.name) || receiver;
}

function notes() {
  const words = [
    compassState(),
    placeState(),
    why,
    keeps() ? "" : phrase("This phone keeps nothing: do not close the page while entries wait."),
  ];
  return el(
    "div",
    { class: "notes" },
    words.filter(Boolean).map((line) => el("p", {}, line)),
  );
}

function typePlace() {
  askNumber(
    phrase("Latitude, degrees north"),
    [-90, 90],
    (latitude) =>
      askNumber(
        phrase("Longitude, degrees east"),
        [-180, 180],
        (longitude) => setPlace(latitude, longitude),
        { signed: true },
      ),
    { signed: true },
  );
}

async function devices() {
  let rows;
  try {
    rows = (await readDevices()).devices;
  } catch {
    return;
  }
  sheet(
    phrase("Paired phones"),
    rows.map((device) =>
      el(
        "div",
        { class: "row" },
        el(
          "span",
          {},
          `${device.observer} (${role(device.role)})`,
          device.seen_s === null ? "" : ` ${age(device.seen_s)}`,
        ),
        el(
          "button",
          {
            click: async () => {
              await revoke(device.id).catch(() => {});
              devices();
            },
          },
          phrase("Cut off"),
        ),
      ),
    ),
  );
}

const role = (name) => (name === "operator" ? phrase("may enter") : phrase("may look"));

/** Change between day and night. */
export function setTheme(theme) {
  keep("theme", theme);
  document.documentElement.dataset.theme = theme;
  document.querySelector("meta[name=theme-color]").content =
    theme === "night" ? "#000000" : "#ffffff";
}

/** Return the theme that is set. */
export const theme = () => kept("theme", "day");
