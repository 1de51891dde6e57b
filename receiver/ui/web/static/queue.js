// Entries made on this phone: kept here until the laptop says that they are in its journal.

import { kept, keep } from "./keep.js";
import { Refused, sendEntry } from "./server.js";

const EVERY_MS = 3000;
const FOR_GOOD = [400, 409, 413, 415, 422];

let changed = () => {};
let sending = false;

/** Return a random UUID; `crypto.randomUUID` is only there on a secure page. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Return the entries that are not yet known to be saved, the oldest first. */
export const waiting = () => kept("waiting", []);

/** Return the entry that this phone made last and did not take back, null where none. */
export const last = () => kept("last", null);

/** Keep an entry and send it as soon as that can be. */
export function submit(what, values, time = new Date()) {
  const entry = { id: uuid(), what, values, time: time.toISOString() };
  keep("waiting", [...waiting(), entry]);
  keep("last", what === "undo" ? null : { id: entry.id, what, values, time: entry.time });
  changed();
  send();
  return entry;
}

/** Send what waits, one after the other; the same entry twice is one row there. */
export async function send() {
  if (sending) return;
  sending = true;
  try {
    for (const entry of waiting()) {
      if (entry.refused) continue;
      try {
        const { refused, ...plain } = entry;
        const answer = await sendEntry({ ...plain, sent: new Date().toISOString() });
        if (answer.saved) drop([entry.id]);
      } catch (refusal) {
        if (!(refusal instanceof Refused && FOR_GOOD.includes(refusal.status))) return;
        mark(entry.id, refusal.message);
      }
    }
  } finally {
    sending = false;
  }
}

/** Forget entries that are saved elsewhere. */
export function drop(ids) {
  const left = waiting().filter((entry) => !ids.includes(entry.id));
  if (left.length === waiting().length) return;
  keep("waiting", left);
  changed();
}

function mark(id, reason) {
  keep(
    "waiting",
    waiting().map((entry) => (entry.id === id ? { ...entry, refused: reason } : entry)),
  );
  changed();
}

/** Begin to send from time to time; `onChange` is called when what waits changes. */
export function start(onChange) {
  changed = onChange;
  setInterval(send, EVERY_MS);
  addEventListener("online", send);
}
