/* How soon and how often to try again, and when a picture counts as stuck: player.js's patience. */
/* SPDX-License-Identifier: MIT */

const MEDIA_FAULTS = { count: 2, within_ms: 10_000 };
const BACK_OFF = { first_ms: 1000, times: 1.5, max_ms: 10_000, steady_ms: 20_000 };
const STUCK = { nudge_ms: 3000, reopen_ms: 8000, targets: 2.5, tick_ms: 1000 };

/* Counts faults, and forgets them once the picture runs steadily. */
export class Ladder {
  recovered = 0;
  isHealing = false; /* a fault happened and no frame came since */
  #mediaFaults = [];
  #faults = 0; /* since the picture last ran steadily … */
  #healedAt = 0; /* … which is measured from here */

  fault() {
    this.isHealing = true;
  }

  frame(now) {
    if (this.isHealing) {
      this.isHealing = false;
      this.recovered++;
      this.#healedAt = now;
    }
    if (now - this.#healedAt > BACK_OFF.steady_ms) this.#faults = 0;
  }

  mayRecoverMedia(now) {
    this.#mediaFaults = this.#mediaFaults.filter((at) => now - at < MEDIA_FAULTS.within_ms);
    this.#mediaFaults.push(now);
    return this.#mediaFaults.length <= MEDIA_FAULTS.count;
  }

  /* Milliseconds until the source is opened anew. */
  nextDelay(kind) {
    const n = this.#faults++;
    if (n === 0 && kind !== "network") return 0;
    return Math.min(BACK_OFF.first_ms * BACK_OFF.times ** n, BACK_OFF.max_ms);
  }
}

/* Live, wanted, nothing under way, and yet no frame: first over a hole in the buffer, then from the
 * start. How long to be patient grows with the segments' length. A slow network or a slow machine
 * is not stuck: downloads have limits of their own, and ticks that come late count as one. */
export class Stillness {
  #still_ms = 0;
  #nudged = false;
  #judgedAt = 0;
  #buffered = 0;

  restart() {
    this.moved();
    this.#buffered = 0;
  }

  moved() {
    this.#still_ms = 0;
    this.#nudged = false;
  }

  /* isStill: no frame though there should be one. Returns "nudge" once, later "reopen", else "". */
  judge(now, isStill, hadFrame, source) {
    const passed_ms = Math.min(now - this.#judgedAt, STUCK.tick_ms);
    this.#judgedAt = now;
    const arrived = !hadFrame && source.buffered !== this.#buffered;
    this.#buffered = source.buffered;
    if (!isStill || arrived) this.#still_ms = 0;
    else if (!source.isBusy) this.#still_ms += passed_ms;
    const patience_ms = Math.max(STUCK.reopen_ms, STUCK.targets * 1000 * source.targetDuration);
    if (this.#still_ms > patience_ms) return "reopen";
    if (this.#still_ms <= STUCK.nudge_ms || this.#nudged) return "";
    this.#nudged = true;
    return "nudge";
  }
}
