// The laptop: pairing, its state, its live snapshots, and entries on their way to it.

import { mark, since } from "./since.js";

const HEADERS = { "Content-Type": "application/json", "X-Baksan": "1" };
const LONGEST_WAIT_MS = 8000;
const SILENT_S = 6;

/** What the laptop answered with when it refused; `status` 0 is no answer at all. */
export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Refused(0, "");
  }
  if (answer.ok) return answer.json();
  const said = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, String(said.error ?? said.detail ?? answer.statusText));
}

function post(path, body) {
  return ask(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
}

/** Return the token behind the # and take it out of the address; "" where there is none. */
export function takeToken() {
  const token = location.hash.slice(1);
  if (token) history.replaceState(null, "", location.pathname);
  return token;
}

/** Trade a token for a cookie that no script can read. */
export const pair = (token, observer) => post("/pair", { token, observer });

export const readState = () => ask("/state");
export const readMap = () => ask("/map");
export const sendEntry = (entry) => post("/entries", entry);
export const sendPlace = (place) => post("/place", place);
export const readDevices = () => ask("/devices");
export const revoke = (id) => post("/devices/revoke", { id });

/** Keep a live connection; it comes back by itself, with a fresh state each time.
 *
 * `on.state(state)` after each connecting, `on.frame(frame)` for each snapshot, `on.away()` when
 * the laptop does not answer, `on.stranger()` when this phone is not paired.
 */
export class Live {
  constructor(on) {
    this.on = on;
    this.wait = 500;
    this.heard = mark();
    this.begin();
    setInterval(() => this.watch(), 1000);
    document.addEventListener("visibilitychange", () => this.watch());
    addEventListener("pagehide", () => this.socket?.close()); // kept by the browser for "back"
  }

  async begin() {
    try {
      const state = await readState();
      this.on.state(state);
      this.connect(state.live_token);
    } catch (refusal) {
      if (refusal.status === 401 || refusal.status === 403) this.on.stranger();
      else this.on.away();
      this.again();
    }
  }

  connect(token) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`, ["baksan", token]);
    this.socket = socket;
    this.heard = mark();
    socket.onmessage = (message) => {
      this.wait = 500;
      this.heard = mark();
      this.on.frame(JSON.parse(message.data));
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.on.away();
      this.again();
    };
  }

  /** A phone that left the network is told nothing: what is silent is taken for lost. */
  watch() {
    const silent = this.socket;
    if (!silent || since(this.heard) <= SILENT_S) return;
    this.socket = null; // its own end may take a minute
    silent.close();
    this.on.away();
    this.again();
  }

  again() {
    setTimeout(() => this.begin(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }
}
