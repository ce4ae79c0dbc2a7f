/* The console: all rooms as a table that follows the relay's events, and the way to one of them. */
/* SPDX-License-Identifier: MIT */

import { addWords, bitrateWords, countWords, say, translatePage } from "./words.js";
import { element, setText } from "./dom.js";
import { CONSOLE_WORDS } from "./console-words.js";
import { Refusal, ask, listen, token } from "./console-api.js";
import { openRoom } from "./console-room.js";
import { agencyWords, chooseAgency, isWanted, loadAgencies, paintAgencies } from "./console-agency.js";
import { openNewRoom, rights, settingsOfAll } from "./console-edit.js";
import { wordsOf } from "./console-form.js";

const PAGE_ROWS = 50;
const SETTINGS_MS = 60_000; /* thousands of rooms, which seldom change */
const REFRESH_MS = 15_000; /* events tell states and lights; rates only now and then */
const STATES = new Set(["new", "live", "stale", "waiting", "ended", "offline"]);
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/; /* of a room */
const RANK = { red: 0, amber: 1, green: 2, none: 3 };

addWords(CONSOLE_WORDS);
const byId = (id) => document.getElementById(id);
const rooms = new Map(); /* name → RoomSummary */
const rows = new Map(); /* name → row that is shown or was */
let setUpRooms = new Map(); /* name → how it is set up, live or not */
let filter = "all";
let page = 0;
let shown = null; /* the room whose page is open */
let session = null; /* ends when its token is refused, or another one is tried */
let entered = false; /* it was let in */
let due = 0;
let rightsMayChange = false;

const lightOf = (room) => room.light ?? "none";

/* The room that the address names, "" for the list. Whoever sends a link chooses it. */
function roomOfHash() {
  const name = location.hash.slice(1);
  return NAME.test(name) ? name : "";
}

/* A room that is set up, and that nobody publishes into. */
const offline = ({ name, title }) => ({ name, title: title || name, state: "offline", findings: 0 });

function allRooms() {
  const silent = [...setUpRooms.values()].filter((r) => !rooms.has(r.name));
  return [...rooms.values(), ...silent.map(offline)];
}

function newRow(name) {
  const row = {
    light: element("span", { class: "light" }),
    link: element("a", { href: `#${encodeURIComponent(name)}` }),
    handle: element("small"),
    mark: element("small", { class: "mark" }),
    state: element("td"),
    agency: element("td", { class: "wide agency" }),
    air: element("td", { class: "wide" }),
    findings: element("td", { class: "number wide" }),
    viewers: element("td", { class: "number wide" }),
    rate: element("td", { class: "number" }),
  };
  const head = element("th", { scope: "row" }, row.link, row.handle, row.mark);
  row.item = element("tr", {}, element("td", {}, row.light));
  row.item.append(head, row.state, row.agency, row.air, row.findings, row.viewers, row.rate);
  return row;
}

function airWords(room) {
  if (!room.on_air) return "–";
  const role = say(`con.role.${room.on_air}`);
  return room.chosen === "auto" ? role : `${role} ✋`;
}

function paintRow(row, room) {
  const light = lightOf(room);
  row.light.dataset.light = light;
  setText(row.light, say(`light.${light}`));
  setText(row.link, room.title || room.name);
  setText(row.handle, room.title === room.name ? "" : room.name);
  const isOfFile = setUpRooms.get(room.name)?.source === "file";
  setText(row.mark, isOfFile ? say("con.file") : "");
  setText(row.state, say(`live.${room.state}`));
  setText(row.agency, agencyWords(room));
  setText(row.air, airWords(room));
  setText(row.findings, room.findings > 0 ? String(room.findings) : "–");
  setText(row.viewers, countWords(room.viewers ?? 0));
  setText(row.rate, bitrateWords(room.bitrate_bps));
}

function matching() {
  const text = byId("search").value.trim().toLowerCase();
  return allRooms()
    .filter((r) => STATES.has(r.state))
    .filter((r) => filter === "all" || lightOf(r) === filter)
    .filter(isWanted)
    .filter((r) => `${r.title}\n${r.name}`.toLowerCase().includes(text))
    .sort((a, b) => RANK[lightOf(a)] - RANK[lightOf(b)] || (a.name < b.name ? -1 : 1));
}

/* Rows that stay are not taken out: the keyboard's focus may be in one. */
function placeRows(items) {
  const body = byId("rooms");
  const stay = new Set(items);
  for (const item of [...body.children]) if (!stay.has(item)) item.remove();
  items.forEach((item, i) => {
    if (body.children[i] !== item) body.insertBefore(item, body.children[i] ?? null);
  });
}

function paintList() {
  due = 0;
  if (shown) return;
  const all = matching();
  const pages = Math.max(1, Math.ceil(all.length / PAGE_ROWS));
  page = Math.min(page, pages - 1);
  const items = all.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS).map((room) => {
    if (!rows.has(room.name)) rows.set(room.name, newRow(room.name));
    paintRow(rows.get(room.name), room);
    return rows.get(room.name).item;
  });
  const focus = document.activeElement;
  placeRows(items);
  if (focus.isConnected && focus !== document.activeElement) focus.focus();
  const count = (light) => [...rooms.values()].filter((r) => lightOf(r) === light).length;
  const numbers = { all: allRooms().length, red: count("red"), amber: count("amber") };
  setText(byId("count"), say("con.count", numbers));
  byId("nothing").hidden = all.length > 0;
  setText(byId("nothing"), numbers.all > 0 ? say("con.nothing") : say("con.empty"));
  byId("pages").hidden = pages === 1;
  setText(byId("page"), say("con.of", { n: page + 1, all: pages }));
  byId("before").disabled = page === 0;
  byId("after").disabled = page === pages - 1;
}

/* Many events at once are one change of the page. */
function paintSoon() {
  due ||= requestAnimationFrame(paintList);
}

function takeRoom(room) {
  const was = rooms.get(room.name);
  rooms.set(room.name, room);
  if (was && was.light !== room.light) {
    const words = { room: room.title || room.name, light: say(`light.${lightOf(room)}`) };
    setText(byId("changes"), say("con.changed", words));
  }
  paintSoon();
}

function forgetRows() {
  for (const name of rows.keys())
    if (!rooms.has(name) && !setUpRooms.has(name)) rows.delete(name);
}

function takeRooms(list) {
  rooms.clear();
  for (const room of list) rooms.set(room.name, room);
  forgetRows();
  paintSoon();
}

function show(section) {
  for (const id of ["sign-in", "list", "room"]) byId(id).hidden = id !== section;
  byId("sign-out").hidden = !token.get() || section === "sign-in";
}

function trouble(text) {
  byId("trouble").hidden = !text;
  setText(byId("trouble"), text);
}

/* The address says which room is open; the list keeps its place meanwhile. */
function route() {
  if (!entered) return;
  shown?.close();
  shown = null;
  const name = roomOfHash();
  byId("new-room")?.close();
  byId("sure").close(); /* it asked about the page that was there */
  if (!name) {
    refreshSettings();
    refreshRights();
    refreshAgencies();
    document.title = `${say("con.title")} · Roomcast`;
    show("list");
    paintList();
    return;
  }
  document.title = `${name} · Roomcast`;
  show("room");
  shown = openRoom(byId("room"), name, { trouble, refused: askForToken });
  byId("room").querySelector("h1").focus();
}

function askForToken(refusal) {
  session.abort();
  byId("new-room")?.close();
  byId("sure").close();
  entered = false;
  shown?.close();
  shown = null;
  trouble(refusal.status === 403 || token.get() ? wordsOf(refusal) : "");
  token.forget();
  show("sign-in");
  byId("token").focus();
}

function begin() {
  session?.abort();
  session = new AbortController();
  const on = {
    open: () => {
      const first = !entered;
      entered = true;
      trouble("");
      if (first) route();
    },
    rooms: (data) => takeRooms(data.rooms),
    room: takeRoom,
    gone: ({ name }) => {
      rooms.delete(name);
      forgetRows();
      paintSoon();
    },
    lost: (error) => error && trouble(say("con.lost")),
    refused: askForToken,
  };
  listen(on, session.signal);
}

/* Asks, and takes the answer while whoever asked is still signed in. */
async function look(question, take) {
  const own = session;
  try {
    const data = await question();
    if (!own.signal.aborted) take(data);
  } catch (error) {
    if (!own.signal.aborted && error.ofToken) askForToken(error);
    else if (!(error instanceof Refusal)) reportError(error);
  }
}

/* Figures that no event tells. */
const refreshList = () => look(() => ask("rooms"), (data) => takeRooms(data.rooms));

const refreshSettings = () =>
  look(settingsOfAll, (all) => {
    setUpRooms = all;
    forgetRows();
    paintSoon();
  });

const refreshAgencies = () =>
  look(loadAgencies, () => {
    paintAgencies({ whose: byId("whose"), filter: byId("agencies"), table: byId("table") });
    paintSoon();
  });

/* A reader sees no form; where there can be none, the page says why. */
const refreshRights = () =>
  look(rights, ({ shown, why, again = false }) => {
    rightsMayChange = again;
    byId("make").hidden = !shown;
    byId("make").disabled = why !== "";
    byId("make-not").hidden = !shown || !why;
    setText(byId("make-not"), why);
  });

function setUpLights() {
  for (const light of ["all", "red", "amber", "green", "none"]) {
    const text = say(light === "all" ? "con.all" : `light.${light}`);
    const pressed = String(light === filter);
    const button = element("button", { type: "button", "aria-pressed": pressed, text });
    button.dataset.light = light;
    byId("lights").append(button);
  }
  byId("lights").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    filter = button.dataset.light;
    page = 0;
    for (const b of byId("lights").children) b.setAttribute("aria-pressed", b === button);
    paintList();
  });
}

function setUp() {
  setUpLights();
  byId("make").addEventListener("click", () => openNewRoom(askForToken));
  byId("agencies").addEventListener("change", (event) => {
    chooseAgency(event.target.value);
    page = 0;
    paintList();
  });
  byId("search").addEventListener("input", () => {
    page = 0;
    paintList();
  });
  for (const [id, step] of [["before", -1], ["after", 1]]) {
    byId(id).addEventListener("click", () => {
      page += step;
      paintList();
      byId("list").scrollIntoView();
    });
  }
  byId("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    token.set(byId("token").value.trim());
    byId("token").value = "";
    begin();
  });
  byId("sign-out").addEventListener("click", () => {
    token.forget();
    location.reload();
  });
  window.addEventListener("hashchange", () => {
    if (entered) trouble(""); /* it was of the page before; what goes on is said again */
    route();
  });
  const often = (work, ms) => setInterval(() => entered && !document.hidden && !shown && work(), ms);
  often(refreshList, REFRESH_MS);
  often(() => rightsMayChange && refreshRights(), REFRESH_MS);
  often(refreshSettings, SETTINGS_MS);
}

translatePage();
document.title = `${say("con.page")} · Roomcast`;
setUp();
begin();
