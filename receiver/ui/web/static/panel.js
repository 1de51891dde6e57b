// The card above the map: which way or STOP, how strong, what is missing. It computes nothing; it
// only lets values grow older while no snapshot comes, and strikes out what is old.

import { trueHeading } from "./compass.js";
import { byId, el, put, svg } from "./dom.js";
import { age, area, degrees, length, number, phrase } from "./phrases.js";

const OLD_S = 10;
const SAME_DB = 3;
const OFF_SOON_S = 300;
// An arrow that is further off the collar's direction does not point to the collar.
const ASIDE_DEG = 30;
const LEADING = ["walk", "that way"]; // what an arrow goes with

/** Return words with their age behind them, struck out where they are old. */
export function aged(words, age_s) {
  if (age_s === null || age_s === undefined) return [el("span", {}, words)];
  if (age_s <= OLD_S) return [el("span", {}, words)];
  return [el("s", { class: "old" }, words), " ", el("span", { class: "age" }, age(age_s))];
}

const older = (age_s, extra_s) => (age_s === null || age_s === undefined ? null : age_s + extra_s);

/** Draw the card. `extra_s` is how old the snapshot is.
 *
 * `observer` carries this phone; `mayTell`: he may tell his place.
 */
export function showPanel(snapshot, extra_s, observer, mayTell) {
  const own = snapshot.others?.find((other) => other.observer === observer) ?? null;
  const bearer = snapshot.place?.observer ?? null;
  const who = observer && (own || bearer !== observer) ? bearer : null;
  put(
    byId("guide"),
    own?.must_stop ? stop(snapshot, null) : way(snapshot, extra_s, who, mayTell && !own),
    level(snapshot, extra_s),
    hints(snapshot, extra_s, snapshot.approach.must_stop || Boolean(own?.must_stop)),
  );
}

// --- which way -----------------------------------------------------------------------------

/** What the one with the receiver is told; `who` that is, where somebody else has this phone.
 *
 * `isLost`: nobody knows where that one stands.
 */
function way(snapshot, extra_s, who, isLost) {
  if (snapshot.approach.must_stop) return stop(snapshot, who);
  const old = Math.max(extra_s, older(snapshot.where.age_s, extra_s) ?? 0) > OLD_S;
  return el(
    "div",
    { class: old ? "way old-way" : "way" },
    // An arrow is for who has the receiver: from elsewhere it would lead somewhere else.
    who ? el("div", { class: "pointer none" }, "·") : pointer(snapshot, old),
    el(
      "div",
      { class: "told" },
      who ? el("span", { class: "who" }, phrase("This is for {observer}:", { observer: who })) : null,
      told(snapshot, extra_s),
      who && isLost
        ? el(
            "span",
            { class: "tap" },
            phrase(
              "For yourself: tap your place on the map. If you carry the laptop, pair as {observer}.",
              { observer: who },
            ),
          )
        : null,
    ),
  );
}

function stop(snapshot, who) {
  const limit = length(snapshot.approach.limit_m);
  return el(
    "div",
    { class: "way stop" },
    el("strong", { class: "stop-word" }, phrase("STOP")),
    el(
      "div",
      { class: "told" },
      el("strong", {}, phrase("LEADER DECIDES")),
      el(
        "span",
        {},
        who
          ? phrase("{observer} may be within {limit} of it.", { observer: who, limit })
          : phrase("You may be within {limit} of it.", { limit }),
      ),
    ),
  );
}

function pointer(snapshot, old) {
  const { deed, bearing_deg } = snapshot.advice;
  const points = LEADING.includes(deed) && !old;
  if (!points || bearing_deg === null || bearing_deg === undefined) {
    return el("div", { class: "pointer none" }, old ? "?" : "·");
  }
  const heading = trueHeading();
  const turn = (bearing_deg - (heading ?? 0) + 360) % 360;
  return el(
    "div",
    { class: "pointer" },
    svg(
      "svg",
      { viewBox: "-50 -50 100 100", "aria-hidden": "true" },
      svg("path", { d: "M0-46 L30 30 L0 14 L-30 30 Z", transform: `rotate(${turn.toFixed(0)})` }),
    ),
    el("span", {}, heading === null ? phrase("north is up") : phrase("as the phone points")),
  );
}

function told(snapshot, extra_s) {
  const { advice, where } = snapshot;
  const where_age = older(where.age_s, extra_s);
  const deed_age = LEADING.includes(advice.deed) ? (where_age ?? extra_s) : extra_s;
  return [
    el("strong", { class: "deed" }, ...aged(deed(advice, where), deed_age)),
    advice.reason ? el("span", { class: "reason" }, ...aged(advice.reason, extra_s)) : null,
    el("span", { class: "where" }, ...aged(whereWords(where), where_age)),
  ];
}

const isKnown = (value) => value !== null && value !== undefined;

/** Tell whether the way leads aside, to where a bearing tells more, and not to the collar. */
function isAside(advice, where) {
  if (!isKnown(advice.bearing_deg) || !isKnown(where.bearing_deg)) return false;
  const turn = (advice.bearing_deg - where.bearing_deg + 540) % 360;
  return Math.abs(turn - 180) > ASIDE_DEG;
}

function deed(advice, where) {
  if (advice.deed === "walk") {
    return advice.distance_m
      ? phrase("walk there: {distance}", { distance: length(advice.distance_m) })
      : phrase("walk there");
  }
  if (advice.deed === "that way") {
    return isAside(advice, where)
      ? phrase("a place to listen from is that way")
      : phrase("the collar is that way");
  }
  if (advice.deed === "turn") return phrase("turn once around with the antenna");
  if (advice.deed === "listen") return phrase("listen here");
  if (advice.deed === "stop") return phrase("stop");
  return phrase("wait");
}

/** Say how near something is. */
function nearness(word) {
  if (word === "very near") return phrase("very near");
  if (word === "near") return phrase("near");
  return word === "far" ? phrase("far") : "";
}

function whereWords(where) {
  const words = [];
  if (where.bearing_deg !== null && where.bearing_deg !== undefined) {
    const spread = where.bearing_sd_deg ? ` ±${number(where.bearing_sd_deg)}°` : "";
    words.push(`${degrees(where.bearing_deg)}${spread}`);
  }
  if (where.metres_known && where.low_m !== null && where.high_m !== null) {
    words.push(phrase("{low} to {high}", { low: length(where.low_m), high: length(where.high_m) }));
  } else if (where.nearness) words.push(nearness(where.nearness));
  if (where.area_m2) words.push(phrase("search area {area}", { area: area(where.area_m2) }));
  return words.join(" · ") || where.reason || phrase("no place yet");
}

// --- how strong ----------------------------------------------------------------------------

function level(snapshot, extra_s) {
  const heard = snapshot.strength;
  if (!heard) return el("div", { class: "level" }, el("span", {}, phrase("nothing heard yet")));
  const age_s = heard.age_s + extra_s;
  const old = age_s > OLD_S;
  return el(
    "div",
    { class: old ? "level is-old" : "level" },
    el("span", { class: "value" }, ...aged(number(heard.value), age_s)),
    el("span", { class: "unit" }, unit(heard.unit)),
    bar(heard, old),
    el("span", { class: "beside" }, ...beside(heard, extra_s)),
  );
}

/** Say what a level is counted in; a meter without a curve only counts. */
function unit(name) {
  if (name === "dB") return phrase("dB");
  if (name === "dBm") return phrase("dBm");
  return name === "count" ? phrase("on the meter") : name;
}

function bar(heard, old) {
  const width = Math.min(Math.max(old ? 0 : heard.share, 0), 1) * 100;
  return svg(
    "svg",
    {
      class: "bar",
      viewBox: "0 0 100 10",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": phrase("strength"),
    },
    svg("rect", { class: "trough", width: 100, height: 10 }),
    svg("rect", { class: "mercury", width: width.toFixed(1), height: 10 }),
  );
}

function beside(heard, extra_s) {
  const parts = [];
  if (heard.saturated)
    parts.push(el("strong", { class: "warn" }, phrase("too strong: add attenuation")));
  if (heard.peak !== null && heard.peak !== undefined) {
    parts.push(
      el(
        "span",
        {},
        ...aged(
          phrase("peak {peak}", { peak: number(heard.peak) }),
          older(heard.peak_age_s, extra_s),
        ),
      ),
    );
  }
  if (heard.trend_db !== null && heard.trend_db !== undefined)
    parts.push(trend(heard.trend_db, older(heard.peak_age_s, extra_s)));
  return parts;
}

function trend(change, age_s) {
  const sign = change > 0 ? "+" : change < 0 ? "−" : "±";
  const words =
    change >= SAME_DB
      ? phrase("stronger")
      : change <= -SAME_DB
        ? phrase("weaker")
        : phrase("the same");
  const shown = phrase("{change} dB", { change: sign + number(Math.abs(change)) });
  return el("strong", {}, ...aged(`${words} ${shown}`, age_s));
}

// --- what is missing -----------------------------------------------------------------------

function warnings({ own_radio, machine, sources, gain, strength, where }) {
  const lines = [];
  if (own_radio) lines.push(phrase("Our own radio transmits: nothing counts."));
  if (machine.is_stuck)
    lines.push(phrase("rows are not being saved: {count} wait", { count: machine.waiting }));
  for (const { name, off_in_s } of sources) {
    if (off_in_s !== null && off_in_s < OFF_SOON_S) {
      lines.push(
        phrase("{receiver} switches itself off in {age}: press a key on it", {
          receiver: name,
          age: age(off_in_s),
        }),
      );
    }
  }
  const close = strength?.saturated || where.nearness === "near" || where.nearness === "very near";
  if (close && gain?.next_step)
    lines.push(phrase("next step close in: {step}", { step: gain.next_step }));
  return lines;
}

/** Say what would help; nobody who has to stop is sent about. */
function hints(snapshot, extra_s, mustStop) {
  const lines = [];
  if (!mustStop && snapshot.possible_echo) {
    lines.push(
      el(
        "div",
        { class: "echo" },
        phrase("Possible echo: step 30 m aside, turn the antenna upright or flat, go higher."),
      ),
    );
  }
  if (!mustStop && snapshot.needed.length) {
    lines.push(
      el(
        "div",
        { class: "needed" },
        ...aged(phrase("Needed next: {what}", { what: snapshot.needed[0] }), extra_s),
      ),
    );
  }
  return el(
    "div",
    { class: "hints" },
    lines,
    warnings(snapshot).map((words) => el("div", { class: "warn" }, words)),
  );
}
