// The phone's page. It shows what the laptop sends and sends what people enter; it computes nothing.

import { showCalls } from "./calls.js";
import { setDeclination } from "./compass.js";
import { makeDeeds, settleAsked } from "./deeds.js";
import { byId, el, put } from "./dom.js";
import { keep, kept } from "./keep.js";
import { showList } from "./list.js";
import { askTap, makeMap, redraw, setGround, showMap, tick } from "./map.js";
import { setTheme, showMenu, theme } from "./menu.js";
import { showPanel } from "./panel.js";
import { age, phrase, speak } from "./phrases.js";
import { setPlace, start as startPlace } from "./place.js";
import { drop, send, start as startQueue, waiting } from "./queue.js";
import { Live, pair, readMap, takeToken } from "./server.js";
import { mark, since } from "./since.js";
import { askText } from "./sheet.js";
import { soundLevel } from "./sound.js";

const BY_EAR = "hand";
const LONGEST_NAME = 40;
const SAID_MS = 5000;
const OLD_S = 10;

const now = {
  state: null,
  snapshot: null,
  arrived: mark(),
  age_s: 0,
  live: false,
  stranger: "",
  map: null,
  asking: false,
  middle: "map",
  said: "",
};

const page = {
  snapshot: () => now.snapshot,
  state: () => now.state,
  receivers: () => [now.snapshot?.strength?.source, BY_EAR].filter(Boolean),
  receiver: () => {
    const usual = isOwnPlace() ? (now.snapshot?.strength?.source || BY_EAR) : BY_EAR;
    const set = kept("receiver", usual);
    return page.receivers().includes(set) ? set : usual;
  },
  say(text) {
    now.said = text;
    showTop();
    setTimeout(() => {
      if (now.said === text) now.said = "";
      showTop();
    }, SAID_MS);
  },
  showMiddle(name) {
    now.middle = name;
    show();
  },
  /** Have the place tapped, `then` go on; `left` where nobody taps. */
  tapPlace(then, left) {
    page.showMiddle("map");
    askTap((...tapped) => {
      setPlace(...tapped);
      then?.();
    }, left);
  },
  isBearer: () => isOwnPlace(),
  isLive: () => now.live && old_s() < OLD_S,
  /** The place of who carries the laptop, by its GPS; null for everybody else, and an old one. */
  laptopPlace() {
    if (!isOwnPlace() || now.snapshot.place.age_s + old_s() > OLD_S) return null;
    const { latitude_deg, longitude_deg, accuracy_m } = now.snapshot.place;
    return { latitude_deg, longitude_deg, accuracy_m };
  },
};

/** Whoever carries the laptop holds its receiver; everybody else listens by ear. */
const isOwnPlace = () => now.state && now.snapshot?.place?.observer === now.state.observer;

/** Return how old the snapshot is: a recording that stands still has the laptop send an old one. */
const old_s = () => since(now.arrived) + now.age_s;

// --- drawing -------------------------------------------------------------------------------

function show() {
  document.body.dataset.middle = now.middle;
  document.body.dataset.paired = now.state !== null;
  byId("list").hidden = now.middle !== "list";
  showTop();
  if (now.snapshot) {
    showPanel(now.snapshot, old_s(), now.state?.observer, now.state?.role === "operator");
    showCalls(now.snapshot, old_s());
  } else {
    put(
      byId("guide"),
      el("p", { class: "lonely" }, now.stranger || phrase("Looking for the laptop …")),
    );
  }
  if (now.middle === "list") showList(now.snapshot, old_s());
}

function showTop() {
  const count = waiting().length;
  const away = now.stranger ? phrase("not paired") : phrase("laptop away");
  const heard = now.live && since(now.arrived) < OLD_S ? phrase("no news") : away;
  const fresh = now.live && old_s() < OLD_S;
  const link = fresh ? phrase("live") : heard;
  put(
    byId("top"),
    now.snapshot?.simulation
      ? el("strong", { class: "simulation" }, phrase("SIMULATION: no animal is there"))
      : null,
    el("span", { class: "name" }, now.snapshot?.collar ?? "baksan"),
    el(
      "span",
      { class: fresh ? "link" : "link away" },
      link,
      !fresh && now.snapshot ? ` ${age(old_s())}` : "",
      count
        ? el("strong", { class: "waiting" }, ` ${phrase("waiting: {count}", { count })}`)
        : null,
    ),
    el("button", { click: changeTheme }, theme() === "night" ? phrase("Day") : phrase("Night")),
    el(
      "button",
      { click: () => page.showMiddle(now.middle === "map" ? "list" : "map") },
      now.middle === "map" ? phrase("List") : phrase("Map"),
    ),
    el("button", { click: () => showMenu(page) }, phrase("Menu")),
    now.said ? el("span", { class: "said", role: "status" }, now.said) : null,
  );
}

function changeTheme() {
  setTheme(theme() === "night" ? "day" : "night");
  if (now.ground) setGround(now.ground);
  redraw();
  show();
}

// --- what comes from the laptop -------------------------------------------------------------

async function takeState(state) {
  const known = now.state;
  now.state = state;
  now.live = true;
  now.stranger = "";
  if (known?.language !== state.language || known.role !== state.role) {
    await speak(state.language);
    makeDeeds(page);
  }
  const { role, observer, language } = state;
  keep("paired", { role, observer, language });
  drop(state.saved_ids ?? []);
  keep("observer", state.observer ?? "?");
  if (state.time) keep("ahead_s", Math.round((Date.now() - Date.parse(state.time)) / 100) / 10);
  setDeclination(state.map?.declination_deg);
  if (!now.ground) {
    now.ground = state.map ?? {};
    setGround(now.ground);
  }
  takeSnapshot(state.snapshot, state.age_s);
  takeMap(state.map_version ?? state.map?.version, state.map);
  send();
}

function takeSnapshot(snapshot, age_s = 0) {
  if (!snapshot) return;
  const turned = now.snapshot?.turning !== snapshot.turning;
  now.snapshot = snapshot;
  now.arrived = mark();
  now.age_s = age_s;
  now.live = true;
  if (turned && now.state) makeDeeds(page);
  soundLevel(snapshot);
  show();
}

async function takeMap(version, content = null) {
  if (version === now.map || now.asking) return;
  now.asking = true;
  try {
    showMap(content?.walk ? content : await readMap());
    now.map = version;
  } catch {
    // Asked again with the next frame.
  } finally {
    now.asking = false;
  }
}

function takeFrame(frame) {
  takeSnapshot(frame.snapshot, frame.age_s);
  takeMap(frame.map_version);
}

function away() {
  now.live = false;
  show();
}

function stranger() {
  now.live = false;
  keep("paired", null);
  now.stranger ||= phrase(
    "This phone is not paired: read the code that the laptop shows with its camera.",
  );
  show();
}

async function begin() {
  setTheme(theme());
  makeMap();
  show();
  const paired = kept("paired", null);
  const usual = navigator.language.startsWith("ru") ? "ru" : "en";
  await speak(paired?.language ?? usual);
  navigator.serviceWorker?.register("/worker.js").catch(() => {}); // a certificate nobody trusts
  const token = takeToken();
  if (token) {
    now.stranger = phrase("Type your name below.");
    show();
    askText(
      phrase("Your name, as the others will read it"),
      LONGEST_NAME,
      (name) => join(token, name),
      { rows: 1, before: kept("observer", ""), left: () => join(token, "") },
    );
  } else follow();
}

async function join(token, name) {
  now.stranger = "";
  try {
    await pair(token, name.replace(/\s+/g, " "));
  } catch (refusal) {
    now.stranger = phrase("Pairing was refused: {reason}", { reason: refusal.message });
  }
  follow();
}

/** Go on with the laptop; until it answers, as what this phone was the last time. */
function follow() {
  now.state = kept("paired", null);
  if (now.state) makeDeeds(page);
  startQueue(show);
  if (now.state) settleAsked();
  startPlace(tick);
  new Live({ state: takeState, frame: takeFrame, away, stranger });
  setInterval(() => {
    tick();
    show();
  }, 1000);
}

begin();
