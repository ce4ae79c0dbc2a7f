// Watches what a room's playlists count, over any number of kills: nothing may ever go back.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import os from 'node:os';
import { get, sleep, until } from './http.mjs';

const first = (text, pattern) => pattern.exec(text)?.[1];

// Everything that a media playlist counts. null: it lists no segment.
export function readNumbers(text) {
  if (!/#EXTINF/.test(text)) return null;
  const dates = [];
  let at = null;
  let sequence = Number(first(text, /DISCONTINUITY-SEQUENCE:(\d+)/));
  let msn = Number(first(text, /MEDIA-SEQUENCE:(\d+)/));
  const from = msn;
  const start = sequence;
  const parts = [...text.matchAll(/EXT-X-PART:[^\n]*\/p(\d+)\.m4s/g)].map((m) => Number(m[1]));
  for (const line of text.split('\n')) {
    if (line === '#EXT-X-DISCONTINUITY') sequence++;
    const date = first(line, /PROGRAM-DATE-TIME:(.*)/);
    if (date) at = Date.parse(date);
    const seconds = first(line, /#EXTINF:([\d.]+)/);
    if (seconds) {
      dates.push([msn++, at]);
      at += Number(seconds) * 1000;
    }
  }
  return { from, start, sequence, end: msn, dates, endDate: at, part: parts.at(-1) ?? null,
    target: Number(first(text, /TARGETDURATION:(\d+)/)),
    partTarget: Number(first(text, /PART-TARGET=([\d.]+)/) ?? 0) };
}

// What is wrong with `now` after `was`, in words.
export function goneBack(was, now) {
  const faults = [];
  const never = (what, a, b) => { if (b < a) faults.push(`${what} went back from ${a} to ${b}`); };
  never('MEDIA-SEQUENCE', was.from, now.from);
  never('the last media sequence number', was.end, now.end);
  never('DISCONTINUITY-SEQUENCE', was.start, now.start);
  never('the last discontinuity sequence number', was.sequence, now.sequence);
  now.part ??= was.part; // a list that ends in gaps names no part
  never('the number of parts', was.part, now.part);
  never('the first PROGRAM-DATE-TIME', was.dates[0][1], now.dates[0][1] + 1);
  never('the last PROGRAM-DATE-TIME', was.endDate, now.endDate + 1);
  if (was.target !== now.target) faults.push(`TARGETDURATION ${was.target} is now ${now.target}`);
  if (was.partTarget !== now.partTarget) faults.push('PART-TARGET changed');
  const known = new Map(was.dates);
  for (const [msn, date] of now.dates) {
    if (known.has(msn) && Math.abs(known.get(msn) - date) > 1) faults.push(`date of ${msn} moved`);
  }
  if (now.from >= was.end && now.start <= was.sequence && now.dates[0][0] > was.end) {
    faults.push('a new list without a new discontinuity sequence number');
  }
  now.dates.reduce((a, b) => {
    if (b[1] - a[1] < -1) faults.push(`dates go back within the list at ${b[0]}`);
    return b;
  });
  return faults;
}

export class NumberWatch {
  constructor(t, relay, rooms, renditions = ['video', 'audio']) {
    this.relay = relay;
    this.last = new Map();
    this.faults = [];
    this.lists = rooms.flatMap((room) => renditions.map((r) => `/live/${room}/${r}.m3u8`));
    this.looks = 0;
    this.running = true;
    this.loop = this.run();
    t.after(() => { this.running = false; });
  }

  async run() {
    while (this.running) {
      await Promise.all(this.lists.map((list) => this.look(list)));
      await sleep(100);
    }
  }

  async look(list) {
    const r = await get(`${this.relay.base}${list}`, { timeoutMs: 2000 }).catch(() => null);
    const now = r?.status === 200 ? readNumbers(r.body.toString()) : null;
    if (!now) return;
    const was = this.last.get(list);
    if (was) for (const f of goneBack(was, now)) this.faults.push(`${list}: ${f}`);
    this.last.set(list, now);
    this.looks++;
  }

  // Every list has more than when this was called.
  async grown(limitMs = 20000) {
    const ends = new Map([...this.last].map(([list, n]) => [list, n.end]));
    const slow = Math.max(1, os.loadavg()[0] / os.cpus().length); // encoders start as slowly
    await until(`all lists to go on: ${JSON.stringify([...ends])}`, limitMs * slow, () => {
      assert.deepEqual(this.faults, []);
      return this.lists.every((l) => this.last.get(l)?.end > (ends.get(l) ?? 0));
    });
  }

  async finish() {
    this.running = false;
    await this.loop;
    assert.deepEqual(this.faults, []);
    assert.ok(this.looks > this.lists.length * 10, `looked ${this.looks} times`);
  }
}
