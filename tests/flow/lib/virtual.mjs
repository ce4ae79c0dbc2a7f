// Virtual time: a clock that jumps to the next timer, and a wire into a function instead of a
// socket.
// SPDX-License-Identifier: MIT
//
// So that a self-test can follow a live stream for a minute in a few milliseconds, with every
// delay exactly as scripted.

export class VirtualClock {
  constructor() { this.at = 0; this.timers = []; this.count = 0; }

  now() { return this.at; }

  stalledMs() { return 0; }

  sleep(ms, signal) {
    return new Promise((resolve) => {
      const timer = { at: this.at + Math.max(0, ms), order: this.count++ };
      timer.resolve = () => {
        signal?.removeEventListener('abort', timer.resolve);
        this.timers = this.timers.filter((t) => t !== timer);
        resolve();
      };
      this.timers.push(timer);
      signal?.addEventListener('abort', timer.resolve);
    });
  }

  // Runs until work() has ended: whenever nothing else happens, the next timer does.
  async run(work) {
    let done = false;
    const result = work().finally(() => { done = true; });
    result.catch(() => {});
    while (!done) {
      await new Promise((resolve) => { setImmediate(resolve); });
      if (done) break;
      if (!this.timers.length) throw new Error('the work waits for nothing');
      const next = this.timers.reduce((a, b) => (b.at < a.at || (b.at === a.at && b.order < a.order)
        ? b : a));
      this.at = Math.max(this.at, next.at);
      next.resolve();
    }
    return result;
  }
}

const aborted = () => Object.assign(new Error('aborted'), { name: 'AbortError' });

// handle({method, path, query: URLSearchParams, headers}) → {status, headers, body, delivery?:
// [[ms after the head, bytes]]} or a promise of it.
export class VirtualTransport {
  constructor(clock, handle,
    { tripMs = 4 } = {}) { Object.assign(this, { clock, handle, tripMs }); }

  async fetch(url, { method = 'GET', headers = {}, timeoutMs = 10000, signal } = {}) {
    const { clock } = this;
    const sentAt = clock.now();
    let giveUp;
    const ended = new Promise((_, reject) => { giveUp = () => reject(aborted()); });
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    const over = new AbortController();
    const late = clock.sleep(timeoutMs, over.signal).then(() => {
      if (over.signal.aborted) return new Promise(() => {});
      throw Object.assign(new Error(`no answer to ${method} ${url}`), { code: 'TIMEOUT' });
    });
    ended.catch(() => {});
    late.catch(() => {});
    try {
      return await Promise.race([this.exchange(url, method, headers, sentAt), late, ended]);
    } finally {
      over.abort();
      signal?.removeEventListener('abort', giveUp);
    }
  }

  async exchange(url, method, headers, sentAt) {
    const { clock } = this;
    const { pathname, searchParams } = new URL(url);
    await clock.sleep(this.tripMs);
    const got = await this.handle({ method, path: pathname, query: searchParams, headers });
    await clock.sleep(this.tripMs);
    const headAt = clock.now();
    const chunks = [];
    for (const [ms, bytes] of got.delivery ?? [[1, got.body.length]]) {
      await clock.sleep(headAt + ms - clock.now());
      chunks.push({ at: clock.now(), bytes });
    }
    return { url, method, status: got.status, headers: got.headers, body: got.body, sentAt, headAt,
      doneAt: clock.now(), chunks, stalledMs: 0 };
  }

  close() {}
}
