/* The form of a room's settings: what it is filled with, what was changed, what is wrong where. */
/* SPDX-License-Identifier: MIT */
/*
 * The relay judges every value, with the table of its configuration; nothing is judged here, so
 * both never disagree. "" in a field means: as it is set for all rooms.
 */

import { say } from "./words.js";
import { element, setText } from "./dom.js";
import { Refusal } from "./console-api.js";

const YES_NO = [
  ["true", "form.yes"],
  ["false", "form.no"],
];

/* choices: [value, words]; inherited: the value that stands for "as for all rooms" */
const FIELDS = [
  { name: "title", words: "form.title", maxlength: 128 },
  { name: "passphrase", words: "form.passphrase", hint: "form.passphrase.hint", secret: true },
  {
    name: "access",
    words: "form.access",
    inherited: "default",
    choices: [
      ["open", "form.access.open"],
      ["signed", "form.access.signed"],
    ],
  },
  {
    name: "go_public",
    words: "form.public",
    more: true,
    inherited: "global",
    choices: [
      ["at_once", "form.public.once"],
      ["green", "form.public.green"],
    ],
  },
  {
    name: "takeover",
    words: "form.takeover",
    more: true,
    inherited: "global",
    choices: [
      ["newest", "form.takeover.newest"],
      ["refuse", "form.takeover.refuse"],
    ],
  },
  {
    name: "fill",
    words: "form.fill",
    more: true,
    inherited: "default",
    choices: [
      ["gap", "form.fill.gap"],
      ["hold", "form.fill.hold"],
      ["slate", "form.fill.slate"],
    ],
  },
  { name: "window", words: "form.window", hint: "form.window.hint", more: true },
  { name: "resume_s", words: "form.resume", more: true, number: true },
  { name: "low_latency", words: "form.ll", more: true, choices: YES_NO },
  { name: "part_ms", words: "form.part", more: true, number: true },
  { name: "ts", words: "form.ts", more: true, inherited: false, choices: [["true", "form.yes"]] },
  {
    name: "play_out",
    words: "form.playout",
    more: true,
    inherited: "auto",
    choices: [["classic", "form.playout.classic"]],
  },
];
const NAME = { name: "name", words: "form.name", hint: "form.name.hint", maxlength: 64 };

/* As it stands in the form; of a secret nothing is known but whether there is one. */
function filledWith(field, settings) {
  const value = settings?.[field.name];
  if (field.secret || value === null || value === undefined || value === field.inherited) return "";
  return String(value);
}

function inputOf(field, id) {
  const about = `${id}-problem${field.hint ? ` ${id}-hint` : ""}`;
  const common = { id, class: "field", "aria-describedby": about };
  if (field.choices) {
    const inherit = element("option", { value: "", text: say("form.inherit") });
    const others = field.choices.map(([value, words]) =>
      element("option", { value, text: say(words) }),
    );
    return element("select", common, inherit, ...others);
  }
  const input = element("input", { ...common, autocomplete: "off", spellcheck: "false" });
  if (field.maxlength) input.maxLength = field.maxlength;
  if (field.number) input.inputMode = "numeric";
  if (field.secret) input.autocomplete = "new-password";
  if (field.secret) input.type = "password";
  return input;
}

/* A field with its label, its hint, and the place for what is wrong with it. */
function newRow(field, settings) {
  const id = `form-${field.name}`;
  const row = {
    field,
    input: inputOf(field, id),
    hint: element("p", { class: "quiet", id: `${id}-hint` }),
    problem: element("p", { class: "problem", id: `${id}-problem`, role: "alert" }),
    was: filledWith(field, settings),
  };
  row.input.value = row.was;
  row.item = element("div", { class: "form-row" });
  row.item.append(element("label", { for: id, text: say(field.words) }), row.input);
  if (field.hint) row.item.append(row.hint);
  row.item.append(row.problem);
  showKept(row, settings);
  return row;
}

/* Of a secret: whether there is one, and then a box to take it away. */
function showKept({ field, ...row }, settings) {
  const isKept = field.secret && Boolean(settings?.[field.name]);
  if (field.hint) setText(row.hint, say(isKept ? "form.secret.kept" : field.hint));
  row.item.querySelector(".check")?.remove();
  if (!isKept) return;
  const none = element("input", { type: "checkbox", id: `${row.input.id}-none` });
  const words = element("span", { text: say("form.secret.none") });
  row.problem.before(element("label", { class: "check" }, none, words));
}

/* What a value is in JSON. A number that is none goes as it was typed: the relay says what it wants. */
function valueOf(row) {
  const text = row.field.secret ? row.input.value : row.input.value.trim();
  if (isTakenAway(row) || text === "") return null;
  if (row.field.choices && /^(true|false)$/.test(text)) return text === "true";
  return row.field.number && /^\d{1,9}$/.test(text) ? Number(text) : text;
}

const isTakenAway = (row) => Boolean(row.item.querySelector(".check :checked"));
const isChanged = (row) => isTakenAway(row) || row.input.value !== row.was;

function show(rows, more, error, general) {
  const row = rows.find((r) => r.field.name === error.field);
  for (const r of rows) {
    setText(r.problem, r === row ? wordsOf(error) : "");
    if (r === row) r.input.setAttribute("aria-invalid", "true");
    else r.input.removeAttribute("aria-invalid");
  }
  setText(general, row ? "" : wordsOf(error));
  if (row?.field.more) more.open = true;
  row?.input.focus();
  row?.item.scrollIntoView({ block: "nearest" }); /* its problem stands below it */
}

const REFUSED = new Map([
  [401, "refused.401"],
  [403, "refused.403"],
  [404, "refused.404"],
  [409, "refused.409"],
  [422, "refused.422"],
  [429, "refused.429"],
  [503, "refused.503"],
]);

/* The sentence for what was refused: the relay's own, which is English, within the reader's language.
 * A change that nobody answered may have been made. */
export function wordsOf(error) {
  if (error.status === 0) return say("form.unheard");
  if (!error.message || !REFUSED.has(error.status)) return error.message ?? "";
  return say(REFUSED.get(error.status), { why: error.message });
}

/* settings: of the room that is changed, or null for a new one. send(values) does it, and throws
 * a Refusal; it gives the settings as they are then. refused: the token is. → the form */
export function settingsForm(settings, send, refused) {
  const rows = [...(settings ? [] : [NAME]), ...FIELDS].map((field) => newRow(field, settings));
  const more = element("details", {}, element("summary", { text: say("form.more") }));
  const general = element("p", { class: "problem", role: "alert" });
  const done = element("p", { class: "quiet", role: "status" });
  const words = say(settings ? "form.save" : "form.create");
  const button = element("button", { type: "submit", class: "button strong", text: words });
  more.append(...rows.filter((r) => r.field.more).map((r) => r.item));
  const form = element("form", { class: "room-form", id: settings ? "room-edit" : "room-new" });
  form.noValidate = true;
  form.append(...rows.filter((r) => !r.field.more).map((r) => r.item), more, general, done, button);

  async function submit() {
    const changed = rows.filter(isChanged);
    const values = Object.fromEntries(changed.map((r) => [r.field.name, valueOf(r)]));
    show(rows, more, {}, general);
    setText(general, "");
    setText(done, settings && changed.length === 0 ? say("form.same") : "");
    if (settings && changed.length === 0) return;
    const hadFocus = document.activeElement === button;
    button.disabled = true;
    try {
      const kept = await send(values);
      for (const r of changed) {
        r.was = r.field.secret ? "" : r.input.value;
        r.input.value = r.was;
        showKept(r, kept);
      }
      setText(done, say("con.done"));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 401) refused(error);
      else show(rows, more, error, general);
    } finally {
      button.disabled = false;
      if (hadFocus && document.activeElement === document.body) button.focus();
    }
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return form;
}
