/* What the wall shows of all rooms: by kind, agency and text, kept in the address to be shared. */
/* SPDX-License-Identifier: MIT */

import { say } from "./words.js";
import { element, setText } from "./dom.js";

const KINDS = ["all", "live", "waiting"];
const byId = (id) => document.getElementById(id);

/* An agency's rooms are those that carry its title; "" is everybody's. */
export const agencyOf = (room) => (typeof room.agency === "string" ? room.agency : "");

export class WallChoice {
  kind = "all";
  agency = "";
  #changed;
  #drawn = "";

  /* changed() is called when somebody chose something else. */
  constructor(changed) {
    this.#changed = changed;
    this.#read();
    byId("search").addEventListener("input", () => this.#chosen());
    byId("kinds").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.#chosen({ kind: button.dataset.kind });
    });
    byId("agency").addEventListener("change", ({ target }) => this.#chosen({ agency: target.value }));
    byId("clear").addEventListener("click", () => {
      byId("search").value = "";
      this.#chosen({ kind: "all", agency: "" });
      byId("search").focus();
    });
    window.addEventListener("hashchange", () => {
      this.#read();
      changed();
    });
  }

  get text() {
    return byId("search").value.trim().toLowerCase();
  }

  /* Is the card of everything but the kind that was chosen? */
  isOf({ room, words }) {
    return (!this.agency || agencyOf(room) === this.agency) && words.includes(this.text);
  }

  matches(card) {
    return (this.kind === "all" || card.room.state === this.kind) && this.isOf(card);
  }

  /* The agencies that rooms carry, and the one that was chosen, though it has no room now. */
  offer(rooms) {
    const count = new Map();
    for (const name of rooms.map(agencyOf)) if (name) count.set(name, (count.get(name) ?? 0) + 1);
    if (this.agency && !count.has(this.agency)) count.set(this.agency, 0);
    const names = [...count.keys()].sort((a, b) => a.localeCompare(b));
    const select = byId("agency");
    select.hidden = names.length === 0;
    const all = [["", say("wall.agency.all")]];
    for (const name of names) all.push([name, say("wall.agency.one", { name, n: count.get(name) })]);
    const drawn = JSON.stringify(all);
    if (drawn !== this.#drawn) this.#draw(select, all);
    this.#drawn = drawn;
    select.value = this.agency;
  }

  /* An open list stays open while only its words change. */
  #draw(select, all) {
    const same = select.length === all.length && all.every(([value], i) => select[i].value === value);
    if (same) all.forEach(([, text], i) => setText(select[i], text));
    else select.replaceChildren(...all.map(([value, text]) => element("option", { value, text })));
  }

  #chosen(what = {}) {
    Object.assign(this, what);
    const said = new URLSearchParams();
    if (this.kind !== "all") said.set("show", this.kind);
    if (this.agency) said.set("agency", this.agency);
    if (this.text) said.set("find", byId("search").value.trim());
    const address = location.pathname + location.search + (said.size > 0 ? `#${said}` : "");
    history.replaceState(history.state, "", address);
    this.#press();
    this.#changed();
  }

  /* Whoever sends a link chooses it. */
  #read() {
    const said = new URLSearchParams(location.hash.slice(1));
    this.kind = KINDS.includes(said.get("show")) ? said.get("show") : "all";
    this.agency = said.get("agency") ?? "";
    byId("search").value = said.get("find") ?? "";
    this.#press();
  }

  #press() {
    for (const b of byId("kinds").children)
      b.setAttribute("aria-pressed", b.dataset.kind === this.kind);
  }
}
