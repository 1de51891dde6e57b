// The one sheet that slides over the lower part of the page and asks something.

import { byId, el } from "./dom.js";
import { number, phrase } from "./phrases.js";

/** Show a sheet with a title, its elements, and a button that leaves it and does `left`. */
export function sheet(title, elements, left = () => {}) {
  const place = byId("sheet");
  place.replaceChildren(
    el("h2", {}, title),
    el("div", { class: "sheet-body" }, elements),
    el(
      "button",
      {
        class: "leave",
        click: () => {
          close();
          left();
        },
      },
      phrase("Cancel"),
    ),
  );
  place.hidden = false;
}

/** Put the sheet away. */
export function close() {
  byId("sheet").hidden = true;
  byId("sheet").replaceChildren();
}

/** Ask for one of some choices: [words, value] each; `done(value)` gets it, else `left()`. */
export function choose(title, choices, done, left) {
  const buttons = [
    el(
      "div",
      { class: choices.length > 4 ? "choices two" : "choices" },
      choices.map(([words, value]) =>
        el(
          "button",
          {
            click: () => {
              close();
              done(value);
            },
          },
          words,
        ),
      ),
    ),
  ];
  sheet(title, buttons, left);
}

/** Ask for a number with large keys; `limits` [low, high]; `extra` elements stand above the keys.
 *
 * `done(value)` gets a number, or null where nothing was typed and `optional` allows that.
 */
export function askNumber(
  title,
  limits,
  done,
  { optional = false, extra = [], signed = false } = {},
) {
  let typed = "";
  const shown = el("output", { class: "typed" }, "…");
  const show = () => {
    shown.textContent = typed || "…";
  };
  const press = (key) => {
    if (key === "⌫") typed = typed.slice(0, -1);
    else if (key === "−") typed = typed.startsWith("-") ? typed.slice(1) : `-${typed}`;
    else if (typed.length < 12 && !(key === "." && typed.includes("."))) typed += key;
    show();
  };
  const finish = () => {
    const value = typed === "" ? null : Number(typed);
    const fits = value === null ? optional : value >= limits[0] && value <= limits[1];
    if (fits) {
      close();
      done(value);
    } else {
      shown.textContent = phrase("a number from {low} to {high}", {
        low: number(limits[0]),
        high: number(limits[1]),
      });
    }
  };
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", signed ? "−" : "⌫", "0", "."];
  if (signed) keys.push("⌫");
  sheet(title, [
    ...extra,
    shown,
    el(
      "div",
      { class: "keys" },
      keys.map((key) => el("button", { click: () => press(key) }, key)),
      el(
        "button",
        { class: "good", click: finish },
        optional ? phrase("OK or skip") : phrase("OK"),
      ),
    ),
  ]);
}

/** Ask for a text; `before` is what stands there already. */
export function askText(title, longest, done, { rows = 4, before = "", left } = {}) {
  const box = el("textarea", { maxlength: longest, rows, "aria-label": title });
  box.value = before;
  sheet(
    title,
    [
      box,
      el(
        "button",
        {
          class: "good",
          click: () => {
            const text = box.value.trim();
            if (!text) return;
            close();
            done(text);
          },
        },
        phrase("Save"),
      ),
    ],
    left,
  );
  box.focus();
}
