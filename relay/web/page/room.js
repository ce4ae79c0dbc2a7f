/* What the relay says of one room: status.json, asked for as often as it matters. */
/* SPDX-License-Identifier: MIT */

import { hearClock } from "./clock.js";

const CALM_MS = 5000; /* while the picture runs */
const EAGER_MS = 1000; /* while the viewer waits for one … */
const EAGER_MAX_MS = 5000; /* … and how slow that may become */
const BACK_OFF = 1.5;
const CLOSED_MS = 30000; /* a link that is none becomes none the worse for waiting; up to twice */
const PATIENCE_MS = 8000;

const TOKEN = /^[A-Za-z0-9._~*:-]+$/;

/* The page's address is /watch/ROOM, or /watch/~TOKEN/ROOM of a room that only a signed link opens;
 * the token may also come as ?token=. */
const path = location.pathname.split("/").slice(2);

/* 1–64 of A–Z a–z 0–9 . _ -, not starting with a dot. */
export function roomName() {
  return (path[0]?.startsWith("~") ? path[1] : path[0]) ?? "";
}

/* "~TOKEN/ROOM", or "ROOM" alone: what stands behind /live/, /watch/ and /embed/. */
export function roomPath(name) {
  const query = new URLSearchParams(location.search).get("token");
  const token = path[0]?.startsWith("~") ? path[0].slice(1) : (query ?? "");
  return `${TOKEN.test(token) ? `~${token}/` : ""}${encodeURIComponent(name)}`;
}

/* When the link in the page's address ends, null when there is none: 1~KEY~EXPIRES~… */
export function linkEnds(name) {
  const [, token] = /^~([^/]*)\//.exec(roomPath(name)) ?? [];
  const seconds = Number(token?.split("~")[2]);
  return seconds > 0 ? new Date(seconds * 1000) : null;
}

/* A room as seen from here. kind: live, waiting, ended as the relay says; missing (404); closed
 * (403, or 429 when too many asked like that: the link is none, or over); lost (no answer); unknown
 * (not asked yet). status: the last answer, kept while lost. */
export class Room {
  kind = "unknown";
  status = null;
  refusal = ""; /* while closed: locked (no link), often (too many tries) or closed (not this one) */
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

  #hasLink() {
    return roomPath(this.#name).startsWith("~");
  }

  get base() {
    return `/live/${roomPath(this.#name)}/`;
  }

  /* The picture runs (ask calmly) or the viewer waits for it (ask eagerly). */
  setCalm(calm) {
    if (this.#calm === calm) return;
    this.#calm = calm;
    if (!calm && this.kind !== "closed") this.askSoon(EAGER_MS);
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
    const closedMs = CLOSED_MS * (1 + Math.random()); /* not all viewers at once */
    const wait = this.kind === "closed" ? closedMs : this.#calm ? CALM_MS : this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * BACK_OFF, EAGER_MAX_MS);
    this.#timer = setTimeout(() => this.ask(), wait);
  }

  async #fetch() {
    const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const reply = await fetch(`${this.base}status.json`, { headers, signal });
    hearClock(reply);
    if (reply.status === 304) {
      this.kind = this.status.state;
    } else if (reply.status === 404) {
      this.kind = "missing";
    } else if (reply.status === 403 || reply.status === 429) {
      this.kind = "closed";
      this.refusal = reply.status === 429 ? "often" : this.#hasLink() ? "closed" : "locked";
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
