/* A room's page in the console: who is on air, what is wrong, the last hour, what can be done. */
/* SPDX-License-Identifier: MIT */

import { bitrateWords, countWords, fpsWords, language, say, sinceWords } from "./words.js";
import { element, setText } from "./dom.js";
import { Refusal, act, ask, token } from "./console-api.js";
import { newChart } from "./chart.js";
import { newEditing } from "./console-edit.js";
import { wordsOf } from "./console-form.js";
import { areYouSure } from "./console-sure.js";
import { obsPanel } from "./obs.js";

const REFRESH_MS = 2000;
const HISTORY_MS = 5000;

const one = (n) => Number(n.toFixed(1));
const gopWords = (ms) => (ms > 0 ? say("unit.s", { n: one(ms / 1000) }) : "–");
const msWords = (n) => say("unit.ms", { n: Math.round(n) });
const CHARTS = [
  ["vital.bitrate", "bitrate_bps", bitrateWords],
  ["vital.fps", "fps_milli", (n) => fpsWords(n / 1000)],
  ["vital.gop", "gop_ms", gopWords],
  ["vital.rtt", "rtt_us", (n) => say("unit.ms", { n: one(n / 1000) })],
  ["vital.lost", "lost", String],
  ["vital.retransmitted", "retransmitted", String],
  ["vital.dropped", "dropped", String],
  ["vital.buffer", "receive_buffer_bytes", (n) => say("unit.kib", { n: Math.round(n / 1024) })],
  ["vital.skew", "skew_ms", msWords],
  ["vital.viewers", "viewers", countWords],
];

/* [words, the text of a feed] */
const FIGURES = [
  ["vital.size", ({ width, height }) => (width > 0 ? `${width} × ${height}` : "–")],
  ["vital.bitrate", (v) => bitrateWords(v.bitrate_bps)],
  ["vital.fps", (v) => fpsWords(v.fps)],
  ["vital.gop", (v) => gopWords(v.gop_ms)],
  ["vital.rtt", (v) => msWords(v.rtt_ms)],
  ["vital.latency", (v, feed) => msWords(feed.latency_ms)],
  ["vital.loss", (v) => say("unit.percent", { n: Number(v.loss_percent.toFixed(2)) })],
  ["vital.buffer", (v) => say("unit.kib", { n: Math.round(v.receive_buffer_bytes / 1024) })],
  ["vital.skew", (v) => (v.skew_ms === null ? "–" : msWords(v.skew_ms))],
];

/* A publisher may choose any other. */
const ROLES = new Map([
  ["", "main"],
  ["main", "main"],
  ["backup", "backup"],
]);
const roleWords = (role) => (ROLES.has(role) ? say(`con.role.${ROLES.get(role)}`) : role);

function skeleton(name) {
  const view = {
    title: element("h1", { id: "room-title", tabindex: "-1", text: name }),
    light: element("span", { class: "light" }),
    state: element("span", { class: "quiet" }),
    watch: element("a", { class: "button small", href: `/watch/${encodeURIComponent(name)}` }),
    gone: element("p", { class: "notice", text: say("con.gone", { room: name }) }),
    doors: element("div", { class: "notice", id: "doors" }),
    air: element("p"),
    why: element("p", { class: "quiet" }),
    standby: element("p"),
    choices: element("div", { class: "actions", role: "group", "aria-label": say("con.choice") }),
    kicks: element("div", { class: "actions" }),
    done: element("p", { class: "quiet", role: "status" }),
    findings: element("ul", { class: "findings", "aria-live": "polite" }),
    fine: element("p", { role: "status" }),
    figures: element("dl", { class: "figures" }),
    charts: element("div", { class: "charts" }),
  };
  setText(view.watch, say("con.watch"));
  view.gone.hidden = true;
  view.doors.hidden = true;
  view.doors.append(element("p", { text: say("con.doors") }));
  return view;
}

const panel = (words, ...children) =>
  element("section", { class: "panel" }, element("h2", { text: say(words) }), ...children);

function lay(parent, view, name, editing) {
  const head = element("div", { class: "room-head" }, view.title, view.light, view.state, view.watch);
  view.panels = element(
    "div",
    { class: "panels" },
    panel("con.findings", view.fine, view.findings),
    panel("con.onair.title", view.air, view.why, view.standby, view.choices, view.kicks, view.done),
    panel("con.figures", view.figures),
    editing.panel,
    obsPanel(name),
  );
  view.hour = element("h2", { class: "hour", text: say("con.charts") });
  parent.setAttribute("aria-labelledby", view.title.id);
  parent.replaceChildren(
    element("a", { class: "back", href: "#", text: say("con.back") }),
    head,
    view.gone,
    view.doors,
    editing.key,
    view.panels,
    view.hour,
    view.charts,
  );
}

function paintFindings(view, health) {
  const key = JSON.stringify([health.findings, health.checked]);
  if (view.findingsKey === key) return; /* else it would be read out again */
  const item = (f) =>
    element(
      "li",
      { "data-light": f.severity, "data-finding": f.id },
      `${say(`light.${f.severity}`)}: ${f.text[language]}`,
      element("small", {
        text: `${roleWords(f.role)} · ${say("con.since", { time: new Date(f.since).toLocaleTimeString() })}`,
      }),
    );
  view.findings.replaceChildren(...health.findings.map(item));
  view.findingsKey = key;
  const words = health.checked ? "con.findings.none" : "con.findings.wait";
  setText(view.fine, health.findings.length > 0 || !health.light ? "" : say(words));
}

function paintAir(view, room) {
  const line = (words, feed) =>
    say(words, { role: roleWords(feed.role), peer: feed.peer || "–" });
  setText(view.air, room.feed ? line("con.onair.line", room.feed) : say("con.onair.nobody"));
  setText(view.why, room.on_air.why);
  setText(view.standby, room.standby ? line("con.standby", room.standby) : "");
  for (const b of view.choices.children)
    b.setAttribute("aria-pressed", b.dataset.role === room.on_air.chosen);
  const feeds = { main: false, backup: false };
  for (const feed of [room.feed, room.standby]) if (feed) feeds[feed.role || "main"] = true;
  for (const b of view.kicks.children) b.hidden = !feeds[b.dataset.role];
}

function paintFigures(view, feed) {
  const list = feed ? FIGURES : [];
  view.figures.replaceChildren(
    ...list.flatMap(([words, text]) => [
      element("dt", { text: say(words) }),
      element("dd", { text: text(feed.vitals, feed) }),
    ]),
  );
}

function paintRoom(view, room) {
  const light = room.health.light ?? "none";
  setText(view.title, room.title);
  view.light.dataset.light = light;
  setText(view.light, say(`light.${light}`));
  setText(view.state, `${say(`live.${room.state}`)} · ${sinceWords(room.since)}`);
  view.doors.hidden = room.public;
  paintFindings(view, room.health);
  paintAir(view, room);
  paintFigures(view, room.feed);
}

function addActions(view, name, refresh, { trouble, refused }) {
  const path = `rooms/${encodeURIComponent(name)}/`;
  const run = async (action, role) => {
    try {
      await act(path + action, { role });
      trouble("");
      setText(view.done, say("con.done"));
    } catch (error) {
      setText(view.done, "");
      if (error.status === 401 || error.status === 429) return refused(error);
      trouble(error.status === 403 && !token.get() ? say("con.settoken") : wordsOf(error));
    }
    return refresh();
  };
  const button = (role, text, style, click) => {
    const b = element("button", { type: "button", class: `button small ${style}`, text, click });
    b.dataset.role = role;
    return b;
  };
  view.doors.append(button("", say("con.doors.open"), "", () => run("public")));
  for (const role of ["auto", "main", "backup"])
    view.choices.append(button(role, say(`con.role.${role}`), "", () => run("on-air", role)));
  for (const role of ["main", "backup"]) {
    const words = { role: roleWords(role), room: name };
    const kick = async () => (await areYouSure(say("con.kick.sure", words))) && run("kick", role);
    view.kicks.append(button(role, say("con.kick", words), "danger", kick));
  }
}

/* Fills parent with the room's page and keeps it true until close(). */
export function openRoom(parent, name, { trouble, refused }) {
  const view = skeleton(name);
  const charts = CHARTS.map(([words, column, text]) => [newChart(say(words), text), column]);
  const path = `rooms/${encodeURIComponent(name)}`;
  const editing = newEditing(name, {
    refused: (error) => open && refused(error),
    known: (settings) => {
      setText(view.title, settings.title || name);
      setText(view.gone, say("con.offline", { room: name }));
    },
    closed: () => {
      setText(view.gone, say("con.closed", { room: name }));
      view.gone.hidden = false;
    },
  });
  lay(parent, view, name, editing);
  view.charts.append(...charts.map(([chart]) => chart.figure));

  let open = true;
  let lost = false; /* and it was said */
  /* What is shown is true, or the page says that it is not. */
  async function look(at, paint) {
    try {
      const data = await ask(at);
      if (!open) return;
      if (lost) trouble("");
      lost = false;
      paint(data);
    } catch (error) {
      if (!(error instanceof Refusal)) reportError(error);
      if (!open) return;
      if (error.ofToken) refused(error);
      else if (error.status === 404) view.gone.hidden = false;
      else trouble(say("con.lost"));
      lost ||= error.status !== 404;
    }
  }
  const refresh = () =>
    look(path, (room) => {
      paintRoom(view, room);
      view.gone.hidden = true;
    });
  const refreshHistory = () =>
    look(`${path}/history`, (history) => {
      for (const [chart, column] of charts) chart.draw(history.at, history[column]);
    });
  const awake = (work) => () => document.hidden || work();
  addActions(view, name, refresh, { trouble, refused: (error) => open && refused(error) });
  refresh();
  refreshHistory();
  editing.load();
  const timers = [
    setInterval(awake(refresh), REFRESH_MS),
    setInterval(awake(refreshHistory), HISTORY_MS),
  ];
  return {
    close: () => {
      open = false;
      editing.close();
      timers.forEach(clearInterval);
    },
  };
}
