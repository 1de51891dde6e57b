// The buttons under the thumb, and what each of them asks before an entry is made.

import { held } from "./calls.js";
import { headingSpread, trueHeading } from "./compass.js";
import { byId, el, put } from "./dom.js";
import { keep, kept } from "./keep.js";
import { age, degrees, phrase } from "./phrases.js";
import { mayHaveGone, place, placeForEntry, stay } from "./place.js";
import { last, submit, waiting } from "./queue.js";
import { askNumber, askText, choose, close, sheet } from "./sheet.js";

const ANSWERED_MS = 1500; // a call that the laptop has not answered by then reached nobody
const LONGEST_NOTE = 300; // so that an entry fits into one code

let page = null;
let pressed = new Date(); // when the button of what is entered was pressed
let spot = null; // and where

/** Make the buttons. `owner` has `snapshot()`, `state()`, `receiver()`, `say(text)`, `tapPlace()`,
 * `laptopPlace()`, `isBearer()`, `isLive()`. */
export function makeDeeds(owner) {
  page = owner;
  if (page.state()?.role === "viewer") {
    put(byId("deeds"), el("p", { class: "viewer" }, phrase("This phone may only look.")));
    return;
  }
  const button = (words, deed, kind = "") => {
    const press = () => {
      pressed = new Date();
      spot = here();
      deed();
    };
    return el("button", { class: kind, click: press }, words);
  };
  put(
    byId("deeds"),
    button(phrase("HEARD"), heard, "heard"),
    button(
      isTurning() ? phrase("End turn") : phrase("Turn"),
      turn,
      isTurning() ? "four on" : "four",
    ),
    button(phrase("Bearing"), bearing, "four"),
    button(phrase("Silence"), silence, "four"),
    button(phrase("Gain step"), gain, "four"),
    button(phrase("Seen"), sighting),
    button(phrase("Note"), note),
    button(phrase("Undo"), undo),
    held(phrase("ANIMAL SEEN"), page.say, () => call("animal seen")),
    held(phrase("DANGER"), page.say, () => call("danger")),
  );
}

/** The place of an entry made now. */
const here = () => page.laptopPlace() ?? placeForEntry();

/** Whether this phone's bearer turns: the laptop tells it of its own, a phone knows of itself. */
const isTurning = () =>
  page.isBearer() && page.isLive() ? page.snapshot()?.turning : kept("turning", false);

/** Make an entry of what was pressed, of the time when that was. */
function enter(what, values) {
  submit(what, { ...values, ...(spot ?? here()) }, pressed);
  page.say(phrase("Kept: {what}", { what: describe({ what, values }) }));
}

/** Say in a few words what an entry of this phone is. */
export function describe({ what, values }) {
  if (what === "heard") return `${phrase("HEARD")} ${loudness(values.word)}`;
  if (what === "turn")
    return values.state === "start" ? phrase("turn begins") : phrase("turn ends");
  if (what === "bearing") return `${phrase("Bearing")} ${degrees(values.degrees)}`;
  if (what === "silence") return phrase("silence for {minutes} min", { minutes: values.minutes });
  if (what === "gain") return phrase("Gain step");
  if (what === "sighting") return phrase("seen within {radius} m", { radius: values.radius_m });
  if (what === "note") return `${phrase("Note")}: ${values.text}`;
  if (what === "undo") return phrase("Undo");
  return values.call === "danger" ? phrase("DANGER") : phrase("ANIMAL SEEN");
}

function loudness(word) {
  if (word === "faint") return phrase("faint");
  return word === "strong" ? phrase("strong") : phrase("clear");
}

function heard() {
  choose(
    phrase("HEARD: how loud?"),
    ["faint", "clear", "strong"].map((word) => [loudness(word), word]),
    (word) => enter("heard", { word }),
  );
}

function turn() {
  const receiver = page.receiver();
  if (!isTurning()) {
    choose(
      phrase("Turn begins: how is the antenna held?"),
      [
        [phrase("upright"), "vertical"],
        [phrase("flat"), "horizontal"],
        [phrase("not said"), null],
      ],
      (polarisation) => {
        enter("turn", { receiver, state: "start", polarisation });
        setTurning(true);
      },
    );
    return;
  }
  askDirection(phrase("Turn ends: loudest at how many degrees?"), true, (loudest_deg, magnetic) =>
    choose(
      phrase("All around?"),
      [
        [phrase("yes, all around"), true],
        [phrase("no, a part"), false],
      ],
      (full) => {
        enterDirection("turn", { receiver, state: "end", loudest_deg, magnetic, full });
      },
    ),
  );
}

function setTurning(is) {
  keep("turning", is);
  makeDeeds(page);
}

/** Ask for a direction: from the phone's compass where it has one, else typed. */
function askDirection(title, optional, done) {
  const heading = trueHeading();
  const spread = headingSpread();
  const words =
    heading === null
      ? ""
      : spread === null
        ? phrase("Take {heading} from the phone", { heading: degrees(heading) })
        : phrase("Take {heading} (±{spread}°) from the phone", {
            heading: degrees(heading),
            spread: Math.round(spread),
          });
  const extra =
    heading === null
      ? []
      : [
          el(
            "button",
            {
              class: "good",
              click: () => {
                close();
                done(Math.round(heading) % 360, false);
              },
            },
            words,
          ),
        ];
  askNumber(
    title,
    [0, 360],
    (value) => {
      if (value === null) return done(null, false);
      return choose(
        phrase("Read from what?"),
        [
          [phrase("a compass (magnetic)"), true],
          [phrase("the map (true north)"), false],
        ],
        (magnetic) => done(value, magnetic),
      );
    },
    { optional, extra },
  );
}

/** Go on once the place of a direction is sure: somebody who walked on would give a wrong one. */
function withPlace(then, left) {
  if (page.laptopPlace()) then();
  else if (place() && mayHaveGone()) askWhetherStill(then, left);
  else if (place()) then();
  else page.tapPlace(then, left);
}

function askWhetherStill(then, left) {
  choose(
    phrase("Your place is {age} old: are you still there?", { age: age(place().age_s) }),
    [
      [phrase("yes, still there"), true],
      [phrase("no, tap the map"), false],
    ],
    (still) => {
      if (!still) return page.tapPlace(then, left);
      stay();
      return then();
    },
    left,
  );
}

/** Enter a direction; one by a compass is made true where it was taken.
 *
 * What waits for a place is kept meanwhile: it is entered without one where nobody tells it.
 */
function enterDirection(what, values) {
  const asked = { what, values, time: pressed.toISOString() };
  if ((values.degrees ?? values.loudest_deg ?? null) === null) return settle(asked);
  keep("asked", asked);
  return withPlace(
    () => settle(asked, here()),
    () => settle(asked),
  );
}

/** Enter what waited for a place; `where` null: nobody has told it, and an old place is none. */
function settle({ what, values, time }, where = null) {
  if (kept("asked", null)?.time === time) keep("asked", null);
  const known = where ?? (mayHaveGone() ? null : here());
  [pressed, spot] = [new Date(time), known ?? {}];
  const { degrees: bearing_deg, loudest_deg, magnetic, ...rest } = values;
  const direction = bearing_deg ?? loudest_deg ?? null;
  if (what === "turn") setTurning(false);
  if (known || !magnetic || direction === null) return enter(what, values);
  if (what === "turn") enter(what, rest);
  return enter("note", {
    text: phrase("{direction} by compass, place not told", { direction: degrees(direction) }),
  });
}

/** Enter what waited for a place when the page was left or loaded anew. */
export function settleAsked() {
  const asked = kept("asked", null);
  if (asked) settle(asked);
}

function bearing() {
  askDirection(phrase("Bearing: how many degrees?"), false, (value, magnetic) =>
    choose(
      phrase("How sharp was it?"),
      [
        [phrase("sharp"), true],
        [phrase("broad"), false],
      ],
      (sharp) => enterDirection("bearing", { degrees: value, magnetic, sharp }),
    ),
  );
}

function silence() {
  choose(
    phrase("Nothing heard: for how long did you listen?"),
    [1, 2, 5, 10, 15, 20].map((minutes) => [phrase("{count} min", { count: minutes }), minutes]),
    (minutes) => enter("silence", { receiver: page.receiver(), minutes }),
  );
}

function gain() {
  const receiver = page.receiver();
  const step = (values) => enter("gain", { receiver, ...values });
  choose(
    phrase("Gain step: what does the receiver hear with now?"),
    [
      [phrase("attenuator 0 dB"), { attenuator_db: 0 }],
      [phrase("attenuator 10 dB"), { attenuator_db: 10 }],
      [phrase("attenuator 20 dB"), { attenuator_db: 20 }],
      [phrase("attenuator 30 dB"), { attenuator_db: 30 }],
      [phrase("on the frequency"), { gain: "on tune" }],
      [phrase("5 kHz beside"), { gain: "off 5 kHz" }],
      [phrase("10 kHz beside"), { gain: "off 10 kHz" }],
      [phrase("20 kHz beside"), { gain: "off 20 kHz" }],
      [phrase("antenna on"), { antenna: "on" }],
      [phrase("no antenna"), { antenna: "none" }],
      [phrase("body away"), { body: "in front" }],
      [phrase("behind the body"), { body: "behind" }],
      [phrase("mark of the knob"), null],
    ],
    (values) =>
      values
        ? step(values)
        : askNumber(phrase("Mark of the gain knob"), [0, 100], (mark) =>
            step({ gain: String(mark) }),
          ),
  );
}

function sighting() {
  const ask = () =>
    choose(
      phrase("Seen: how near to this place?"),
      [10, 50, 200, 1000].map((radius) => [phrase("within {radius} m", { radius }), radius]),
      (radius_m) =>
        choose(
          phrase("How sure is it?"),
          [
            [phrase("certain"), "certain"],
            [phrase("likely"), "likely"],
            [phrase("a rumour"), "rumour"],
          ],
          (trust) => enter("sighting", { radius_m, trust }),
        ),
    );
  const time = pressed;
  const after = () => {
    [pressed, spot] = [time, here()];
    ask();
  };
  withPlace(after, after);
}

function note() {
  askText(phrase("Note"), LONGEST_NOTE, (text) => enter("note", { text }));
}

function undo() {
  const before = last();
  if (!before) {
    page.say(phrase("Nothing of this phone to take back."));
    return;
  }
  sheet(phrase("Take this back?"), [
    el("p", { class: "asked" }, `${before.time.slice(11, 19)} UTC: ${describe(before)}`),
    el(
      "button",
      {
        class: "good",
        click: () => {
          close();
          if (before.what === "turn") setTurning(before.values.state === "end");
          enter("undo", { id: before.id });
        },
      },
      phrase("Yes, take it back"),
    ),
  ]);
}

function call(what) {
  const { id } = submit("alarm", { call: what, ...here() });
  page.say(phrase("Calling …"));
  setTimeout(() => {
    const waits = waiting().some((entry) => entry.id === id);
    page.say(
      waits
        ? phrase("The laptop is away: NOBODY hears this call yet. Use the voice radio.")
        : phrase("Called to everybody."),
    );
  }, ANSWERED_MS);
}
