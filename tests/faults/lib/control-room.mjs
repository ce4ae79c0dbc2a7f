// Watches one room's parts from a thread of its own, so that a busy test does not make them late.
// SPDX-License-Identifier: MIT
import os from 'node:os';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { request, keepAlive, sleep } from '../../flow/lib/http.mjs';
import { parsePlaylist, reach } from '../../flow/lib/hls.mjs';
import { STRICT } from './random.mjs';

const CALM_PARTS = 6;
const PATIENCE_MS = 20000;

const percentile = (list, p) => [...list].sort((a, b) => a - b)[
  Math.min(list.length - 1, Math.floor(list.length * p))] ?? 0;

// How late each part was behind the earliest of all, in ms. parts: [{at, endMs, calm, lost}]
// → the 99th percentiles, and all of them for whoever adds several runs up. What was lost before a
// part (lost: how often so far) has no length here, so what follows is measured by itself.
function lateness(parts) {
  const behind = parts.map((p) => ({ ...p, late: p.at - p.endMs }));
  const least = new Map();
  for (const p of behind) least.set(p.lost, Math.min(p.late, least.get(p.lost) ?? Infinity));
  const of = (calm) => behind.filter((p) => p.calm === calm).map((p) => p.late - least.get(p.lost));
  return { before: Number(percentile(of(true), 0.99).toFixed(1)),
    during: Number(percentile(of(false), 0.99).toFixed(1)),
    all: { before: of(true).map(Math.round), during: of(false).map(Math.round) } };
}

// ---- in the test

export class ControlRoom {
  constructor(base, room) {
    this.worker = new Worker(fileURLToPath(import.meta.url), { workerData: { base, room } });
    this.worker.unref();
    this.waiting = new Map();
    this.worker.on('message', (m) => this.waiting.get(m.what)?.(m));
    this.worker.on('error', (e) => this.waiting.forEach((f) => f({ faults: [e.message] })));
  }

  hear(what) { return new Promise((resolve) => { this.waiting.set(what, resolve); }); }

  // Resolves once enough parts have come by to say how late they usually are.
  async calm() {
    const m = await this.hear('calm');
    if (m.faults?.length) throw new Error(`the control room: ${m.faults.join('; ')}`);
  }

  // → {parts, jitterMs: {before, during}, faults}
  async stop() {
    this.stopping ??= (async () => {
      const heard = this.hear('end');
      this.worker.postMessage('stop');
      const { parts, jitterMs, faults } = await heard;
      await this.worker.terminate();
      return { parts, jitterMs: jitterMs ?? { before: 0, during: 0 }, faults };
    })();
    return this.stopping;
  }
}

// ---- in the thread

class Watch {
  constructor({ base, room }) {
    Object.assign(this, { url: `${base}/live/${room}/video.m3u8`, agent: keepAlive(), parts: [],
      faults: [], calm: true, stopped: false, lengthMs: 0, lost: 0,
      next: null });
  }

  async get(query = '') {
    const got = await request(`${this.url}${query}`, { agent: this.agent, timeoutMs: PATIENCE_MS });
    return { ...got, at: performance.now(),
      list: got.status === 200 ? parsePlaylist(got.body.toString('utf8')) : null };
  }

  async run() {
    const deadline = performance.now() + PATIENCE_MS;
    let got = await this.get().catch(() => ({}));
    while (!got.list && !this.stopped) {
      if (performance.now() > deadline) throw new Error('it never played');
      await sleep(50);
      got = await this.get().catch(() => ({}));
    }
    if (got.list) this.next = { ...reach(got.list) };
    while (!this.stopped) await this.step();
  }

  async step() {
    const { msn, parts } = this.next;
    const got = await this.get(`?_HLS_msn=${msn}&_HLS_part=${parts}`);
    if (this.stopped) return;
    if (!got.list) {
      this.faults.push(`the reload for part ${parts} of ${msn} was answered ${got.status}`);
      this.lost++;
      await sleep(200);
      this.next = { ...reach((await this.get()).list) };
      return;
    }
    this.take(got.list, got.at);
  }

  // Every part behind the last one that was seen, each with its place on the room's time.
  take(list, at) {
    const segments = [...list.segments, { ...list.open, open: true }];
    for (const s of segments.filter((x) => x.msn >= this.next.msn)) {
      if (s.msn > this.next.msn + 1) {
        this.lost++;
        this.faults.push(`segment ${this.next.msn + 1} is missing`);
      }
      if (s.discontinuity) this.faults.push(`a discontinuity before ${s.msn}`);
      const fresh = s.parts.slice(s.msn === this.next.msn ? this.next.parts : 0);
      for (const p of fresh) {
        this.lengthMs += p.duration * 1000;
        this.parts.push({ at, endMs: this.lengthMs, calm: this.calm, lost: this.lost });
        if (p.gap) this.faults.push(`a gap in ${s.msn}`);
      }
      this.next = { msn: s.msn, parts: s.parts.length };
    }
    this.next = { ...reach(list) };
    if (this.calm && this.parts.length >= CALM_PARTS) {
      this.calm = false;
      parentPort.postMessage({ what: 'calm' });
    }
  }

  report() {
    this.stopped = true;
    parentPort.postMessage({ what: 'end', parts: this.parts.length, faults: this.faults,
      jitterMs: this.parts.length ? lateness(this.parts) : undefined });
  }
}

if (!isMainThread) {
  try { if (STRICT) os.setPriority(-20); } catch { /* not root: then it may be late itself */ }
  const watch = new Watch(workerData);
  parentPort.on('message', () => watch.report());
  watch.run().catch((e) => {
    if (watch.stopped) return;
    watch.faults.push(e.message);
    parentPort.postMessage({ what: 'calm', faults: watch.faults });
  });
}
