/* The player's keys and gestures: one table that is obeyed, and that the help shows. */
/* SPDX-License-Identifier: MIT */

import { say } from "./words.js";
import { element, openSheet } from "./dom.js";

/* on: KeyboardEvent.key, letters small; shown: as they stand on the keyboard, or words for it;
 * the act on is given is the name of a method of Controls, with its argument. */
const KEYS = [
  { shown: ["key.space", "K"], words: "help.play", acts: { " ": ["togglePlay"], k: ["togglePlay"] } },
  {
    shown: ["←", "→"],
    words: "help.seek",
    acts: { ArrowLeft: ["seek", -5], ArrowRight: ["seek", 5] },
  },
  {
    shown: ["key.pageup", "key.pagedown"],
    words: "help.seek.far",
    acts: { PageUp: ["seek", -30], PageDown: ["seek", 30] },
  },
  { shown: ["key.home"], words: "help.oldest", acts: { Home: ["seek", -Infinity] } },
  { shown: ["key.end", "L"], words: "help.live", acts: { End: ["goLive"], l: ["goLive"] } },
  {
    shown: ["↑", "↓"],
    words: "help.volume",
    acts: { ArrowUp: ["louder", 1], ArrowDown: ["louder", -1] },
  },
  { shown: ["M"], words: "help.mute", acts: { m: ["toggleSound"] } },
  { shown: ["C"], words: "help.captions", acts: { c: ["nextCaptions"] } },
  { shown: ["F"], words: "help.full", acts: { f: ["toggleFull"] } },
  { shown: ["P"], words: "help.pip", acts: { p: ["togglePip"] } },
  { shown: ["?"], words: "help.help", acts: { "?": ["help"] } },
  { shown: ["key.escape"], words: "help.close", acts: {} },
];
const GESTURES = [
  ["help.tap", "help.tap.text"],
  ["help.twice", "help.twice.text"],
  ["help.middle", "help.full"],
];
const ACTS = Object.assign({}, ...KEYS.map((row) => row.acts));
const PAGES = new Set(["PageUp", "PageDown", "Home", "End"]); /* also scroll the page */

/* Is the key somebody else's: a field's, a button's, a dialog's, the page's? */
function isTaken(event, stage) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
    return true;
  if (/^(textarea|select)$/.test(target.localName)) return true;
  if (target.localName === "input") {
    if (target.type !== "range") return true;
    if (!target.classList.contains("scrub") && /^(Arrow|Page|Home|End)/.test(key)) return true;
  }
  if ((key === " " || key === "Enter") && /^(button|a)$/.test(target.localName)) return true;
  return PAGES.has(key) && !stage.contains(target);
}

/* controls has the methods that the table names. */
export function listenToKeys(stage, controls) {
  document.addEventListener("keydown", (event) => {
    if (isTaken(event, stage)) return;
    const [act, argument] = ACTS[event.key.length > 1 ? event.key : event.key.toLowerCase()] ?? [];
    if (!act) return;
    event.preventDefault();
    if (event.repeat && argument === undefined) return; /* on, off, on … */
    controls[act](argument);
    controls.wake();
  });
}

const row = (shown, text) =>
  element("div", {}, element("dt", {}, ...shown), element("dd", { text }));
const key = (name) => element("kbd", { text: name.startsWith("key.") ? say(name) : name });
const group = (words, rows) => [
  element("h3", { text: say(words) }),
  element("dl", { class: "keys" }, ...rows),
];

export function openHelp() {
  openSheet(
    "help",
    say("help.title"),
    say("close"),
    ...group("help.keys", KEYS.map((k) => row(k.shown.map(key), say(k.words)))),
    ...group("help.touch", GESTURES.map(([what, text]) => row([say(what)], say(text)))),
  );
}
