/* The bar to go back in: as long as the room's window, live at its right end. */
/* SPDX-License-Identifier: MIT */

import { language, say } from "./words.js";
import { lengthWords } from "./player-words.js";
import { element, setText } from "./dom.js";

const LEAST_S = 4; /* a shorter window is no place to go back in */
const LIVE_S = 1; /* so close to the right end means live */

const clock = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/* "20:14:05" of a date, "" of none. */
export const clockWords = (date) => (date ? clock.format(date) : "");

export class Scrub {
  #player;
  #input = element("input", {
    type: "range",
    class: "scrub",
    step: 0.1,
    "aria-label": say("scrub.label"),
  });
  #bubble = element("output", { class: "scrub-bubble", "aria-hidden": "true", hidden: "" });
  #held = false; /* a finger or the mouse has the thumb */

  constructor(player) {
    this.#player = player;
    this.element = element("div", { class: "scrub-box", hidden: "" }, this.#bubble, this.#input);
    const input = this.#input;
    input.addEventListener("input", () => {
      this.#held = true;
      this.#show(-Number(input.value));
      this.#point(this.#fraction(-Number(input.value)));
    });
    input.addEventListener("change", () => {
      this.#held = false;
      this.#bubble.hidden = true;
      const behind = -Number(input.value);
      const { near } = player.range;
      player.goBack(behind <= near + LIVE_S ? 0 : behind);
    });
    input.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse") return;
      const box = input.getBoundingClientRect();
      this.#point(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    });
    input.addEventListener("pointerleave", () => {
      if (!this.#held) this.#bubble.hidden = true;
    });
  }

  get isHeld() {
    return this.#held;
  }

  /* 0 at the oldest picture, 1 live */
  #fraction(behind) {
    const { near, far } = this.#player.range;
    return far > near ? Math.min(1, Math.max(0, (far - behind) / (far - near))) : 1;
  }

  #point(fraction) {
    const { near, far } = this.#player.range;
    const behind = far - fraction * (far - near);
    const when = clockWords(this.#player.clockAt(behind));
    const length = behind <= near + LIVE_S ? say("scrub.live") : this.#shown(behind);
    setText(this.#bubble, when ? `${length} · ${when}` : length);
    this.#bubble.style.setProperty("--at", `${fraction * 100}%`);
    this.#bubble.hidden = false;
  }

  #shown(behind) {
    return say("scrub.shown", { behind: lengthWords(behind) });
  }

  #show(behind) {
    const input = this.#input;
    const { near } = this.#player.range;
    input.style.setProperty("--filled", `${this.#fraction(behind) * 100}%`);
    const words = { behind: lengthWords(behind), clock: clockWords(this.#player.clockAt(behind)) };
    const text = behind <= near + LIVE_S ? say("scrub.live") : say("scrub.spoken", words);
    if (input.getAttribute("aria-valuetext") !== text) input.setAttribute("aria-valuetext", text);
  }

  update(isShown) {
    const { near, far } = this.#player.range;
    this.element.hidden = !isShown || far - near < LEAST_S;
    if (this.element.hidden || this.#held) return;
    const behind = this.#player.isAtLiveEdge ? near : this.#player.latency;
    this.#input.min = -far.toFixed(1);
    this.#input.max = -near.toFixed(1);
    this.#input.value = -behind.toFixed(1);
    this.#show(behind);
  }
}
