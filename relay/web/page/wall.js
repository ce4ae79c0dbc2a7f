/* The wall: one card a room, kept in step with /live/rooms.json, touching only what changed. */
/* SPDX-License-Identifier: MIT */

import {
  bitrateWords,
  codecWords,
  qualityWords,
  say,
  sinceWords,
  translatePage,
  viewersWords,
} from "./words.js";
import { WallChoice, agencyOf } from "./wall-choice.js";
import { hearClock } from "./clock.js";
import { WallPictures } from "./wall-pictures.js";
import { copyText, element, setText } from "./dom.js";

const REFRESH_MS = 3000;
const RETRY_MAX_MS = 15_000;
const CLOCK_MS = 30_000;
const HUES = 8; /* palettes of .poster in page.css */
const RANK = { live: 0, waiting: 1, ended: 2 };

const byId = (id) => document.getElementById(id);
const grid = byId("rooms");
const cards = new Map(); /* name → card */
const pictures = new WallPictures();
const choice = new WallChoice(() => filterCards());
let order = []; /* the same cards as they stand on the wall, shown or not */
let etag = "";
let retryMs = REFRESH_MS;
let timer = 0;

/* The first characters that name a title: two for words, one for ideographs. */
function monogram(title) {
  const words = title.split(/[\s._-]+/).filter(Boolean);
  const first = [...(words[0] ?? "?")][0];
  if (/\p{Script=Han}/u.test(first)) return first;
  return (first + ([...(words[1] ?? "")][0] ?? "")).toUpperCase();
}

function hue(name) {
  let sum = 0;
  for (const c of name) sum = (sum * 31 + c.codePointAt(0)) >>> 0;
  return sum % HUES;
}

function newCard(room) {
  const card = {
    badge: element("span", { class: "badge" }),
    quality: element("span", { class: "chip" }),
    mark: element("span", { class: "monogram", "aria-hidden": "true" }),
    title: element("h2"),
    handle: element("span", { class: "handle" }),
    meta: element("span", { class: "meta" }),
  };
  card.poster = element(
    "div",
    { class: `poster hue-${hue(room.name)}` },
    card.mark,
    card.badge,
    card.quality,
  );
  const text = element("div", { class: "card-text" }, card.title, card.handle, card.meta);
  const link = element(
    "a",
    { class: "card", href: `/watch/${encodeURIComponent(room.name)}` },
    card.poster,
    text,
  );
  card.item = element("li", {}, link);
  pictures.watch(card);
  return card;
}

function metaWords(room) {
  if (room.state === "waiting") return say("card.waiting");
  if (room.state === "ended") return say("card.ended");
  const since = say("card.since", { time: sinceWords(room.since) });
  if (room.viewers >= 0) return `${since} · ${viewersWords(room.viewers)}`;
  return room.bitrate_bps > 0 ? `${since} · ${bitrateWords(room.bitrate_bps)}` : since;
}

function paintCard(card, room) {
  const title = room.title || room.name;
  const handle = agencyOf(room) || room.name;
  card.room = room;
  card.words = `${title}\n${room.name}\n${agencyOf(room)}`.toLowerCase();
  card.item.dataset.state = room.state;
  setText(card.badge, say(`state.${room.state}`));
  card.badge.dataset.state = room.state;
  const live = room.state === "live";
  const quality = live ? qualityWords(room.width, room.height, room.fps) : "";
  const codec = live ? codecWords(room.codec) : "";
  setText(card.quality, codec === "HEVC" ? `${quality} HEVC` : quality);
  setText(card.mark, monogram(title));
  setText(card.title, title);
  setText(card.handle, handle);
  card.handle.hidden = title === handle;
  setText(card.meta, metaWords(room));
  pictures.update(card);
}

/* Live first, then waiting, then ended; by title within each, so that cards do not wander. */
function inOrder(rooms) {
  const key = (r) => r.title || r.name;
  return rooms.sort(
    (a, b) =>
      RANK[a.state] - RANK[b.state] ||
      collator.compare(key(a), key(b)) ||
      collator.compare(a.name, b.name),
  );
}
const collator = new Intl.Collator(undefined, { numeric: true });

/* Shows exactly these cards in this order. What is not shown is taken out: hiding it with a style
 * costs Chromium twenty times as much. A card that only others have left is not moved itself, so
 * that it keeps the keyboard's focus. */
function placeCards(shown) {
  const items = new Set(shown.map((card) => card.item));
  for (const item of [...grid.children]) if (!items.has(item)) item.remove();
  let place = grid.firstElementChild;
  for (const item of items) {
    if (place && place !== item && place.nextElementSibling === item) {
      grid.append(place);
      place = item;
    }
    if (place === item) place = item.nextElementSibling;
    else grid.insertBefore(item, place);
  }
}

function showRooms(list) {
  const rooms = inOrder(list.filter((r) => r.state in RANK && typeof r.name === "string"));
  const names = new Set(rooms.map((r) => r.name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    pictures.forget(card);
    cards.delete(name);
  }
  order = rooms.map((room) => {
    if (!cards.has(room.name)) cards.set(room.name, newCard(room));
    const card = cards.get(room.name);
    paintCard(card, room);
    return card;
  });
  choice.offer(rooms);
  filterCards();
}

function filterCards() {
  const { text, agency } = choice;
  const shown = order.filter((card) => choice.matches(card));
  placeCards(shown);
  const live = order.filter((c) => c.room.state === "live" && (!agency || agencyOf(c.room) === agency));
  setText(byId("count"), say(live.length > 0 ? "wall.count" : "wall.count.none", { n: live.length }));
  byId("count").dataset.live = live.length > 0;
  byId("loading").hidden = true;
  byId("tools").hidden = order.length === 0;
  byId("empty").hidden = order.length > 0;
  byId("nothing").hidden = shown.length > 0 || order.length === 0;
  const nothing = text ? say("wall.nothing", { text }) : say("wall.nothing.kind");
  setText(byId("nothing-text"), nothing);
}

/* A conditional request by hand, so that 304 costs neither a body nor a repaint. */
async function fetchRooms() {
  const headers = etag ? { "If-None-Match": etag } : {};
  const reply = await fetch("/live/rooms.json", { headers, signal: AbortSignal.timeout(10_000) });
  hearClock(reply);
  if (reply.status === 304) return;
  if (!reply.ok) throw new Error(`rooms.json: ${reply.status}`);
  const { rooms, picture_interval_s: intervalS } = await reply.json();
  if (!Array.isArray(rooms)) throw new Error("rooms.json: no rooms");
  etag = reply.headers.get("ETag") ?? "";
  pictures.intervalS = intervalS;
  showRooms(rooms);
}

async function refresh() {
  clearTimeout(timer);
  try {
    await fetchRooms();
    retryMs = REFRESH_MS;
    byId("lost").hidden = true;
  } catch {
    retryMs = Math.min(retryMs * 1.5, RETRY_MAX_MS);
    byId("lost").hidden = false;
    byId("loading").hidden = true;
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, retryMs);
}

function copyRow(label, value, copyable) {
  const row = element("div", { class: "copy-row" });
  row.append(
    element("span", { class: "copy-label", text: say(label) }),
    element("code", { text: value }),
  );
  if (!copyable) return row;
  const button = element("button", { type: "button", class: "button small", text: say("copy") });
  button.addEventListener("click", async () => {
    await copyText(value);
    button.textContent = say("copied");
    setTimeout(() => (button.textContent = say("copy")), 1500);
  });
  row.append(button);
  return row;
}

function pushSteps() {
  const port = document.querySelector('meta[name="srt-port"]').content;
  const server = `srt://${location.hostname || "localhost"}:${port}`;
  const rows = element("div", { class: "copy-rows" });
  rows.append(
    copyRow("push.server", server, true),
    copyRow("push.key", say("push.key.example"), false),
  );
  const steps = element("ol", { class: "steps" });
  steps.append(
    element("li", { text: say("push.step1") }),
    element("li", {}, element("span", { text: say("push.step2") }), rows),
    element("li", { text: say("push.step3") }),
  );
  const hint = say("push.key.hint", { form: say("push.key.form") });
  return [steps, element("p", { class: "hint", text: hint })];
}

function listen() {
  const sheet = byId("push");
  byId("push-open").addEventListener("click", () => sheet.showModal());
  byId("push-close").addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  window.addEventListener("online", refresh);
  setInterval(() => {
    for (const card of cards.values()) setText(card.meta, metaWords(card.room));
  }, CLOCK_MS);
}

translatePage();
document.title = `${say("wall.title")} · Roomcast`;
byId("push-steps").append(...pushSteps());
byId("empty").append(
  element("h2", { text: say("wall.empty.title") }),
  element("p", { text: say("wall.empty.text") }),
  ...pushSteps(),
);
listen();
refresh();
