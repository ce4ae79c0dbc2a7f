/* Whose rooms the console shows: an agency's people see their own; the organizer's see all, with
 * a column and a filter of agencies. */
/* SPDX-License-Identifier: MIT */

import { say } from "./words.js";
import { element, setText } from "./dom.js";
import { ask } from "./console-api.js";

const ORGANIZERS = "-"; /* no agency's name, as a value of the filter; agencies stand behind "=" */

let own = null; /* the agency whose people these are */
let agencies = [];
let wanted = "";

const titleOf = (name) => agencies.find((a) => a.name === name)?.title || name || "";

/* The relay says it of rooms that are on air; of others their names do. */
const agencyOf = (room) =>
  room.agency === undefined
    ? (agencies.find((a) => room.name.startsWith(a.prefix))?.name ?? null)
    : room.agency;

export async function loadAgencies() {
  own = (await ask("me")).agency;
  const all = (await ask("agencies")).agencies;
  /* where prefixes overlap, the file's agency has the room */
  agencies = all.sort((a, b) => (a.source === b.source ? 0 : a.source === "file" ? -1 : 1));
}

export const agencyWords = (room) => titleOf(agencyOf(room)) || "–";

export const isWanted = (room) =>
  !wanted || wanted === (agencyOf(room) === null ? ORGANIZERS : `=${agencyOf(room)}`);

/* place: the elements whose, filter and table. */
export function paintAgencies(place) {
  const many = !own && agencies.length > 0;
  place.whose.hidden = !own;
  setText(place.whose, own ? own.title : "");
  place.table.classList.toggle("of-agencies", many);
  place.filter.hidden = !many;
  const byTitle = agencies.map((a) => [`=${a.name}`, titleOf(a.name)]);
  byTitle.sort((a, b) => a[1].localeCompare(b[1]));
  const all = [["", say("con.agency.all")], [ORGANIZERS, say("con.agency.none")], ...byTitle];
  if (!many || !all.some(([value]) => value === wanted)) wanted = "";
  const options = all.map(([value, text]) => element("option", { value, text }));
  place.filter.replaceChildren(...options);
  place.filter.value = wanted;
}

export function chooseAgency(value) {
  wanted = value;
}
