// Everything that does not fit on the card: receivers, what was decoded and entered, the machine.

import { byId, el, put } from "./dom.js";
import { age, length, number, phrase } from "./phrases.js";
import { aged } from "./panel.js";
import { saveFile, showCodes } from "./handover.js";
import { waiting } from "./queue.js";
import { describe } from "./deeds.js";

function block(title, lines) {
  const shown = lines.filter(Boolean);
  return shown.length
    ? el(
        "section",
        { class: "block" },
        el("h2", {}, title),
        shown.map((line) => el("p", {}, line)),
      )
    : null;
}

/** Draw the list. `extra_s` is how old the snapshot is. */
export function showList(snapshot, extra_s) {
  const said = (rows) =>
    rows
      .map((row) => [
        el("span", {}, row.observer ? `${row.observer}: ${row.text}` : row.text),
        " ",
        el("span", { class: "age" }, age(row.age_s + extra_s)),
      ])
      .reverse();
  put(
    byId("list"),
    queue(),
    snapshot && [
      block(phrase("Needed next"), [...snapshot.needed]),
      block(phrase("Receiver"), receiver(snapshot)),
      block(phrase("Beat"), beat(snapshot.beat, extra_s)),
      block(phrase("Decoded last"), said(snapshot.decoded)),
      block(phrase("Entered"), said(snapshot.entered)),
      block(
        phrase("Other searchers"),
        snapshot.others.map((other) => [
          `${other.observer} `,
          ...aged(phrase("place"), other.age_s + extra_s),
        ]),
      ),
      block(
        phrase("Sources"),
        snapshot.sources.map((source) => sourceLine(source, extra_s)),
      ),
      block(phrase("Computer"), machine(snapshot.machine)),
      block(phrase("Faults"), said([...snapshot.faults].reverse())),
    ],
  );
}

function queue() {
  const rows = waiting();
  if (!rows.length) return null;
  return el(
    "section",
    { class: "block" },
    el("h2", {}, phrase("Waiting on this phone: {count}", { count: rows.length })),
    rows.map((row) =>
      el(
        "p",
        {},
        `${row.time.slice(11, 19)} UTC ${describe(row)}`,
        row.refused
          ? el(
              "strong",
              { class: "warn" },
              ` ${phrase("refused: {reason}", { reason: row.refused })}`,
            )
          : null,
      ),
    ),
    el(
      "div",
      { class: "row" },
      el("button", { click: showCodes }, phrase("Hand over by code")),
      el("button", { click: saveFile }, phrase("Save as a file")),
    ),
  );
}

function receiver({ gain, own_radio, approach }) {
  return [
    gain && phrase("hears with: {setup}", { setup: gain.now }),
    gain?.next_step && phrase("next step close in: {step}", { step: gain.next_step }),
    own_radio && phrase("Our own radio transmits: nothing counts."),
    phrase("approach limit {limit}", { limit: length(approach.limit_m) }),
  ];
}

function beat(heard, extra_s) {
  if (!heard) return [];
  const rate = phrase("{rate} beats a minute", { rate: number(heard.pulses_per_minute, 1) });
  return [[...aged(rate, heard.age_s + extra_s), heard.meaning ? ` ${heard.meaning}` : ""]];
}

const CLOCKS = {
  system: () => phrase("of this computer"),
  simulated: () => phrase("made up"),
};

const STATES = {
  opening: () => phrase("opening"),
  hearing: () => phrase("hearing"),
  silent: () => phrase("silent"),
  lost: () => phrase("lost"),
  ended: () => phrase("ended"),
};

function sourceLine(source, extra_s) {
  const off =
    source.off_in_s !== null && source.off_in_s < 300
      ? phrase("switches itself off in {age}: press a key on it", { age: age(source.off_in_s) })
      : null;
  return [
    `${source.name}: `,
    ...aged(STATES[source.state]?.() ?? source.state, source.age_s === null ? null : source.age_s + extra_s),
    source.reason ? ` ${source.reason}` : "",
    off && el("strong", { class: "warn" }, ` ${off}`),
  ].filter(Boolean);
}

function machine(state) {
  return [
    phrase("{count} rows saved", { count: state.saved }),
    state.is_stuck &&
      el(
        "strong",
        { class: "warn" },
        phrase("rows are not being saved: {count} wait", { count: state.waiting }),
      ),
    state.battery_percent !== null && battery(state),
    state.disk_hours !== null && phrase("disk for {hours} h", { hours: number(state.disk_hours) }),
    state.clock_source &&
      phrase("clock: {source}", { source: CLOCKS[state.clock_source]?.() ?? state.clock_source }),
  ];
}

function battery(state) {
  const percent = number(state.battery_percent);
  return state.battery_hours === null
    ? phrase("battery {percent} %", { percent })
    : phrase("battery {percent} %, {hours} h left", {
        percent,
        hours: number(state.battery_hours, 1),
      });
}
