// Time as the checker sees it: how late it is, and how long this process itself was asleep.
// SPDX-License-Identifier: MIT

const TICK_MS = 25;

// A process that was not scheduled, or was busy, must not blame the server for the delay.
export class Clock {
  constructor() {
    this.stalled = 0;
    this.last = performance.now();
    this.timer = setInterval(() => {
      this.stalled += this.lag();
      this.last = performance.now();
    }, TICK_MS);
    this.timer.unref();
  }

  now() { return performance.now(); }

  lag() {
    const late = performance.now() - this.last - TICK_MS;
    return late > 5 ? late : 0;
  }

  // ms that this process has lost since it began.
  stalledMs() { return this.stalled + this.lag(); }

  sleep(ms, signal) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      signal?.addEventListener('abort', done);
    });
  }

  close() { clearInterval(this.timer); }
}
