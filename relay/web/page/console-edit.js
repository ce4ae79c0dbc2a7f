/* Rooms that the API makes: a new one, its settings, its key, its end. */
/* SPDX-License-Identifier: MIT */

import { say } from "./words.js";
import { copyButton, element, openSheet, setText } from "./dom.js";
import { Refusal, act, ask, token } from "./console-api.js";
import { settingsForm, wordsOf } from "./console-form.js";
import { areYouSure } from "./console-sure.js";
import { fitsAddress } from "./obs.js";

const AGAIN_MS = 10_000;
const FOR_A_WHILE = new Set([0, 429, 503]); /* what may be over soon */

/* The answer with a new room's key, and its passphrase, until its page shows them: this once. */
let fresh = null;

const pathOf = (name) => `rooms/${encodeURIComponent(name)}`;

/* May rooms be changed from here? shown: there is something to say of it; why: why not, in words;
 * again: it is worth asking again.
 * A change of nothing is never made, but refused first by who asks (403) and by the store (503). */
export async function rights() {
  try {
    await act(pathOf("-"), {}, "PATCH");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, judged, message } = error;
    if (status === 403) return { shown: !token.get(), why: say("con.settoken") };
    if (status === 401) return { shown: false, why: "" };
    if (!judged || ![404, 409, 422].includes(status)) {
      const off = say("edit.off", { why: message || String(status) });
      return { shown: true, why: off, again: FOR_A_WHILE.has(status) };
    }
  }
  return { shown: true, why: "" };
}

/* All rooms that are set up, live or not: name → settings. */
export async function settingsOfAll() {
  const { rooms } = await ask("settings");
  return new Map(rooms.map((room) => [room.name, room]));
}

/* The sheet in which a room is made; its page then shows the key. */
export function openNewRoom(refused) {
  const send = async (values) => {
    const answer = await act("rooms", values);
    fresh = { answer, passphrase: values.passphrase ?? "" };
    sheet.close();
    location.hash = `#${encodeURIComponent(answer.room)}`;
  };
  const form = settingsForm(null, send, refused);
  const sheet = openSheet("new-room", say("edit.new"), say("close"), form);
  form.elements[0].focus();
}

function copyRow(id, words, text) {
  const label = element("span", { class: "copy-label", text: say(words) });
  const copy = copyButton(say("copy"), say("copied"), text);
  return element("div", { class: "copy-row" }, label, element("code", { id, text }), copy);
}

/* What an encoder is told. The fields of the OBS settings take it, too, for code and profile. The
 * passphrase is known here while its room is new; where it cannot stand in an address it goes apart. */
function showKey(place, answer, passphrase = "") {
  const said = fitsAddress(passphrase) ? passphrase : "";
  const isMissing = answer.settings?.passphrase && !said;
  const rows = element(
    "div",
    { class: "copy-rows" },
    copyRow("fresh-srt", "edit.key.srt", answer.srt + (said && `&passphrase=${said}`)),
    copyRow("fresh-stream", "push.key", answer.stream_id),
    copyRow("fresh-key", "edit.key.alone", answer.key),
  );
  const heading = element("h2", { text: say("edit.key", { room: answer.room }) });
  const once = element("p", { text: say("edit.key.once") });
  const section = element("section", { class: "panel", id: "fresh" }, heading, once, rows);
  if (isMissing) section.append(element("p", { class: "hint", text: say("edit.key.pass") }));
  place.replaceChildren(section);
  for (const [id, text] of [["obs-key", answer.key], ["obs-passphrase", said]]) {
    const field = document.getElementById(id);
    field.value = text;
    field.dispatchEvent(new Event("input"));
  }
  section.scrollIntoView({ block: "nearest" });
}

class Editing {
  #name;
  #on;
  #open = true;
  panel = element("section", { class: "panel", id: "edit" });
  key = element("div", { class: "fresh" });
  #note = element("p", { class: "problem", role: "alert" });
  #buttons = []; /* at rest while one of them is answered */

  /* on: refused(a Refusal), known(settings), closed() */
  constructor(name, on) {
    this.#name = name;
    this.#on = on;
    this.panel.hidden = true;
  }

  /* One request of a button; its trouble is said beside it. → the answer, or null */
  async #run(...request) {
    setText(this.#note, "");
    for (const button of this.#buttons) button.disabled = true;
    try {
      const answer = await act(...request);
      return this.#open ? answer : null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!this.#open) return null;
      if (error.status === 401) this.#on.refused(error);
      else setText(this.#note, wordsOf(error));
      return null;
    } finally {
      for (const button of this.#buttons) button.disabled = false;
    }
  }

  async #newKey(keep) {
    const words = say(keep ? "edit.rotate.keep.sure" : "edit.rotate.sure", { room: this.#name });
    if (!(await areYouSure(words, say("edit.rotate")))) return;
    const answer = await this.#run(`${pathOf(this.#name)}/key`, { keep_feed: keep });
    if (answer) showKey(this.key, answer);
  }

  async #end() {
    const words = say("edit.close.sure", { room: this.#name });
    if (!(await areYouSure(words, say("edit.close")))) return;
    if (!(await this.#run(pathOf(this.#name), undefined, "DELETE"))) return;
    this.panel.hidden = true;
    this.key.replaceChildren();
    this.#on.closed();
  }

  #fill(settings) {
    const send = async (values) => {
      const kept = await act(pathOf(this.#name), values, "PATCH");
      if (this.#open && kept) this.#on.known(kept);
      return kept;
    };
    const keep = element("input", { type: "checkbox", id: "keep-feed" });
    const rotate = element("button", { type: "button", class: "button small", id: "rotate" });
    const end = element("button", { type: "button", class: "button small danger", id: "close-room" });
    this.#buttons = [rotate, end];
    setText(rotate, say("edit.rotate"));
    setText(end, say("edit.close"));
    rotate.addEventListener("click", () => this.#newKey(keep.checked));
    end.addEventListener("click", () => this.#end());
    const words = element("span", { text: say("edit.keep") });
    this.panel.append(
      settingsForm(settings, send, this.#on.refused),
      element("div", { class: "actions" }, rotate, end),
      element("label", { class: "check" }, keep, words),
      this.#note,
    );
  }

  /* What there is to be said and done; a room that nobody has set up has nothing. */
  async load() {
    if (fresh?.answer.room === this.#name) showKey(this.key, fresh.answer, fresh.passphrase);
    fresh = null;
    try {
      const settings = (await settingsOfAll()).get(this.#name);
      const { shown, why, again } = await rights();
      if (!this.#open || !settings) return;
      this.#on.known(settings);
      const isOfFile = settings.source === "file";
      this.panel.hidden = !shown && !isOfFile;
      this.panel.replaceChildren(element("h2", { text: say("edit.title") }));
      if (isOfFile) this.panel.append(element("p", { text: say("edit.file") }));
      else if (why) this.panel.append(element("p", { class: "why", text: why }));
      else this.#fill(settings);
      if (again && !isOfFile) setTimeout(() => this.#open && this.load(), AGAIN_MS);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (this.#open && error.ofToken) this.#on.refused(error);
      else if (this.#open) setTimeout(() => this.#open && this.load(), 2000);
    }
  }

  close() {
    this.#open = false;
  }
}

/* → .panel and .key to be laid out, load(), close() */
export const newEditing = (name, on) => new Editing(name, on);
