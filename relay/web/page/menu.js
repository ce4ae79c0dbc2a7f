/* The settings over the picture: quality, sound, captions, and the way to the list of keys. */
/* SPDX-License-Identifier: MIT */

import { language, qualityWords, say } from "./words.js";
import { element } from "./dom.js";
import { openHelp } from "./keys.js";

const names = new Intl.DisplayNames([language === "zh" ? "zh-CN" : "en"], { type: "language" });

/* The tag's language in the reader's, "" when it says none. */
function spoken(tag) {
  try {
    return tag && tag !== "und" ? names.of(tag) : "";
  } catch {
    return ""; /* no tag of RFC 5646 */
  }
}

/* → what each track of list is called: "English"; numbered where that would not tell them apart. */
export function trackWords(list) {
  const words = list.map(({ name, language: tag }) => spoken(tag) || name);
  return words.map((word, i) => {
    if (!word) return say("menu.audio.n", { n: i + 1 });
    return words.indexOf(word) === words.lastIndexOf(word) ? word : `${word} ${i + 1}`;
  });
}

export class Menu {
  #player;
  #panel = element("div", {
    class: "menu",
    id: "menu",
    role: "dialog",
    "aria-label": say("menu.open"),
    hidden: "",
  });
  #drawn = "";

  /* button opens and closes it, and tells whether it is open. */
  constructor(player, button) {
    this.#player = player;
    this.button = button;
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", this.#panel.id);
    this.#panel.addEventListener("change", ({ target }) => player.choose(target.name, target.value));
    document.addEventListener("pointerdown", ({ target }) => {
      if (!this.#panel.contains(target) && !button.contains(target)) this.close(false);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.#panel.hidden) return;
      event.preventDefault();
      this.close(true);
    });
  }

  get element() {
    return this.#panel;
  }
  get isOpen() {
    return !this.#panel.hidden;
  }

  toggle() {
    if (this.isOpen) return this.close(true);
    this.#panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#drawn = "";
    this.update();
    this.#panel.querySelector("input:checked, button")?.focus();
  }

  close(giveBack) {
    if (this.#panel.hidden) return;
    this.#panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (giveBack) this.button.focus();
  }

  /* → one group of radio buttons; options: [key, words] */
  #group(what, options, chosen) {
    const rows = options.map(([key, words]) => {
      const input = element("input", { type: "radio", name: what, value: key });
      input.checked = key === chosen;
      return element("label", {}, input, element("span", { text: words }));
    });
    return element("fieldset", {}, element("legend", { text: say(`menu.${what}`) }), ...rows);
  }

  #qualityGroup({ qualities, wishes }) {
    const { videoWidth, videoHeight } = this.#player.video;
    const words = (q) => qualityWords(q.width, q.height, q.fps);
    const now = qualityWords(videoWidth, videoHeight, qualities[0]?.fps);
    if (qualities.length < 2) {
      const only = say("menu.only", { now: qualities[0] ? words(qualities[0]) : now });
      return this.#group("quality", [["", now || qualities[0] ? only : say("menu.auto")]], "");
    }
    const playing = qualities.find((q) => q.width === videoWidth && q.height === videoHeight);
    const auto = playing ? say("menu.auto.now", { now: words(playing) }) : say("menu.auto");
    const chosen = qualities.some((q) => q.key === wishes.quality) ? wishes.quality : "";
    return this.#group("quality", [["", auto], ...qualities.map((q) => [q.key, words(q)])], chosen);
  }

  #draw(choices) {
    const { audios, captions } = choices;
    const groups = [this.#qualityGroup(choices)];
    const named = (list) => trackWords(list).map((words, i) => [list[i].key, words]);
    const chosen = (list) => list.find((track) => track.chosen)?.key ?? "";
    if (audios.length > 1) groups.push(this.#group("audio", named(audios), chosen(audios)));
    if (captions.length > 0) {
      const all = [["", say("menu.captions.off")], ...named(captions)];
      groups.push(this.#group("captions", all, chosen(captions)));
    }
    const help = element("button", { type: "button", class: "button small", id: "keys" });
    help.textContent = say("menu.keys");
    help.addEventListener("click", () => {
      this.close(true); /* so that the focus comes back to what is there */
      openHelp();
    });
    this.#panel.replaceChildren(...groups, help);
  }

  /* Drawn anew only when it says something else, and then the focus stays where it was. */
  update() {
    if (!this.isOpen) return;
    const { choices, video } = this.#player;
    const drawn = JSON.stringify([choices, video.videoWidth, video.videoHeight]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const { name, value, id } = document.activeElement ?? {};
    const hadFocus = this.#panel.contains(document.activeElement);
    this.#draw(choices);
    if (!hadFocus) return;
    const same = [...this.#panel.querySelectorAll("input, button")].find((e) =>
      id ? e.id === id : e.name === name && e.value === value,
    );
    (same ?? this.#panel.querySelector("input:checked"))?.focus();
  }
}
