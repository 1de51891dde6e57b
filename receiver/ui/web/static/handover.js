// Entries handed over without the laptop: as a file, or as QR codes for another phone or a reader.
//
// Each code is a file of its own, {"baksan_entries": 1, "entries": [...]}: the order does not
// matter, and one that is read twice changes nothing.

import { byId, el } from "./dom.js";
import { kept } from "./keep.js";
import { phrase } from "./phrases.js";
import { waiting } from "./queue.js";
import { close, sheet } from "./sheet.js";
import qrcode from "./vendor/qrcode-generator-2.0.4/qrcode.js";

const MOST_BYTES = 900; // more makes squares too fine for a cheap camera

qrcode.stringToBytes = (text) => [...new TextEncoder().encode(text)];

/** Return entries as a file, with who made them and how wrong this phone's clock is. */
function packed(entries) {
  const plain = entries.map(({ refused, ...entry }) => entry);
  const ahead_s = kept("ahead_s", null);
  const clock = ahead_s === null ? {} : { ahead_s };
  return JSON.stringify({
    baksan_entries: 1,
    observer: kept("observer", "?"),
    entries: plain.map((entry) => ({ ...entry, ...clock })),
  });
}

const bytes = (text) => new TextEncoder().encode(text).length;

/** Return the texts of the codes: as many entries in each as fit. */
export function chunks(entries) {
  const groups = [];
  for (const entry of entries) {
    const group = groups.at(-1);
    if (group && bytes(packed([...group, entry])) <= MOST_BYTES) group.push(entry);
    else groups.push([entry]);
  }
  return groups.map(packed);
}

function drawn(text) {
  const code = qrcode(0, "L");
  code.addData(text, "Byte");
  code.make();
  const count = code.getModuleCount();
  const cell = Math.max(2, Math.floor(330 / (count + 8)));
  const canvas = el("canvas", {
    class: "qr",
    width: (count + 8) * cell,
    height: (count + 8) * cell,
  });
  const paper = canvas.getContext("2d");
  const night = document.documentElement.dataset.theme === "night";
  paper.fillStyle = night ? "#c00000" : "#ffffff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.fillStyle = "#000000";
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (code.isDark(row, column))
        paper.fillRect((column + 4) * cell, (row + 4) * cell, cell, cell);
    }
  }
  return canvas;
}

/** Show the codes one after the other. */
export function showCodes() {
  const texts = chunks(waiting());
  const show = (at) => {
    sheet(
      phrase("Code {number} of {count}: read it with the other phone", {
        number: at + 1,
        count: texts.length,
      }),
      [
        drawn(texts[at]),
        el(
          "div",
          { class: "row" },
          el("button", { disabled: at === 0, click: () => show(at - 1) }, phrase("Back")),
          el(
            "button",
            { disabled: at + 1 === texts.length, click: () => show(at + 1) },
            phrase("Next"),
          ),
        ),
      ],
    );
  };
  if (texts.length) show(0);
}

/** Save what waits as a file. */
export function saveFile() {
  const url = URL.createObjectURL(new Blob([packed(waiting())], { type: "application/json" }));
  const stamp = new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-");
  const link = el("a", { href: url, download: `baksan-entries-${stamp}.json` });
  byId("sheet").append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  close();
}
