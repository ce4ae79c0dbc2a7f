/* What the relay says of one room: status.json, asked for as often as it matters. */
/* SPDX-License-Identifier: MIT */

const CALM_MS = 5000; /* while the picture runs */
const EAGER_MS = 1000; /* while the viewer waits for one … */
const EAGER_MAX_MS = 5000; /* … and how slow that may become */
const BACK_OFF = 1.5;
const PATIENCE_MS = 8000;

/* 1–64 of A–Z a–z 0–9 . _ -, not starting with a dot: the page's address after /watch/ or /embed/. */
export function roomName() {
  return location.pathname.split("/")[2] ?? "";
}

/* A room as seen from here. kind: live, waiting, ended as the relay says; missing (404); lost (no
 * answer); unknown (not asked yet). status: the last answer, kept while lost. */
export class Room {
  kind = "unknown";
  status = null;
  #name;
  #changed;
  #timer = 0;
  #waitMs = EAGER_MS;
  #etag = "";
  #calm = false;
  #asking = false;

  /* changed() is called after every answer. */
  constructor(name, changed) {
    this.#name = name;
    this.#changed = changed;
    window.addEventListener("online", () => this.ask());
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
  }

  get base() {
    return `/live/${encodeURIComponent(this.#name)}/`;
  }

  /* The picture runs (ask calmly) or the viewer waits for it (ask eagerly). */
  setCalm(calm) {
    if (this.#calm === calm) return;
    this.#calm = calm;
    if (!calm) this.askSoon(EAGER_MS);
  }

  askSoon(ms) {
    this.#waitMs = EAGER_MS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), ms);
  }

  async ask() {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    const before = this.kind;
    try {
      await this.#fetch();
    } catch {
      this.kind = "lost";
    }
    this.#asking = false;
    if (this.kind !== before) this.#waitMs = EAGER_MS;
    this.#changed();
    const wait = this.#calm ? CALM_MS : this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * BACK_OFF, EAGER_MAX_MS);
    this.#timer = setTimeout(() => this.ask(), wait);
  }

  async #fetch() {
    const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const reply = await fetch(`${this.base}status.json`, { headers, signal });
    if (reply.status === 304) {
      this.kind = this.status.state;
    } else if (reply.status === 404) {
      this.kind = "missing";
    } else if (reply.ok) {
      this.status = await reply.json();
      this.#etag = reply.headers.get("ETag") ?? "";
      this.kind = ["live", "waiting", "ended"].includes(this.status.state)
        ? this.status.state
        : "waiting";
    } else {
      throw new Error(`status.json: ${reply.status}`);
    }
  }
}
