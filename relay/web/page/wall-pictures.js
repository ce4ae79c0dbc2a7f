/* The rooms' pictures on the wall: loaded for cards in sight, and fresh only while somebody looks. */
/* SPDX-License-Identifier: MIT */

import { relayNow } from "./clock.js";
import { element } from "./dom.js";

const SPREAD = 0.5; /* of the time between two pictures: over so much of it viewers ask */
const LEAST_S = 5; /* caches keep a picture for as long */
const SKIPPED = "contentvisibilityautostatechange";
const TELLS_SKIPPED = `on${SKIPPED}` in (globalThis.document?.documentElement ?? {});
const MARGIN = "240px 0px"; /* what comes into sight next is there already */

function there({ image, poster }, isThere) {
  image?.classList.toggle("there", isThere);
  poster.classList.toggle("pictured", isThere && Boolean(image));
}

export class WallPictures {
  #everyMs = LEAST_S * 1000;
  #inSight = new Set();
  #cards = new WeakMap(); /* a card's element → the card */
  #timer = 0;
  #watcher = new IntersectionObserver((entries) => this.#moved(entries), { rootMargin: MARGIN });

  constructor() {
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /* How often the relay makes them. */
  set intervalS(seconds) {
    const ms = Math.max(Number(seconds) || LEAST_S, LEAST_S) * 1000;
    if (ms === this.#everyMs) return;
    this.#everyMs = ms;
    this.#look();
  }

  /* card: {item, poster, room, image}; image is ours. An observer looks at each of its elements in each
   * frame: only those that the browser has not left out (content-visibility) are given to it. */
  watch(card) {
    this.#cards.set(card.item, card);
    if (TELLS_SKIPPED) card.item.addEventListener(SKIPPED, this.#skipped);
    else this.#watcher.observe(card.item);
  }

  forget(card) {
    card.item.removeEventListener?.(SKIPPED, this.#skipped);
    this.#leave(card.item);
  }

  #skipped = ({ target, skipped }) =>
    skipped ? this.#leave(target) : this.#watcher.observe(target);

  #leave(item) {
    this.#watcher.unobserve(item);
    this.#inSight.delete(this.#cards.get(item));
  }

  /* Its room may have got a picture, or lost it. */
  update(card) {
    if (this.#inSight.has(card) || !card.room.picture) this.#show(card);
  }

  #moved(entries) {
    for (const { target, isIntersecting } of entries) {
      const card = this.#cards.get(target);
      if (!isIntersecting) this.#inSight.delete(card);
      else if (this.#inSight.add(card)) this.#show(card);
    }
    if (!this.#timer) this.#look();
  }

  /* All viewers ask for the same address meanwhile, so that caches answer for the relay. */
  #show(card) {
    if (!card.room.picture) {
      card.image?.remove();
      card.image = null;
      card.poster?.classList.remove("pictured");
      return;
    }
    if (document.hidden) return;
    const name = encodeURIComponent(card.room.name);
    const address = `/live/${name}/picture.jpg?t=${Math.floor(relayNow() / this.#everyMs)}`;
    if (!card.image) {
      card.image = element("img", {
        class: "still",
        alt: "",
        width: 320,
        height: 180,
        loading: "lazy",
        decoding: "async",
        load: () => there(card, true),
        error: () => there(card, false),
      });
      card.poster.prepend(card.image);
    }
    if (card.image.getAttribute("src") !== address) card.image.src = address;
  }

  #look() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (document.hidden || this.#inSight.size === 0) return;
    for (const card of this.#inSight) this.#show(card);
    const rest = this.#everyMs - (relayNow() % this.#everyMs);
    const later = 50 + Math.random() * this.#everyMs * SPREAD; /* clocks agree: not all at once */
    this.#timer = setTimeout(() => this.#look(), rest + later);
  }
}
