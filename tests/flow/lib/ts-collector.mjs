// Takes every segment of a transport stream's playlist, once each, and reads them as one stream.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { get, sleep } from './http.mjs';
import { parsePlaylist } from './hls.mjs';
import { difference } from './ledger.mjs';
import { readTs } from './ts.mjs';

const PACKET = 188;
const PCR_LATEST = 27000000 / 10; // ISO/IEC 13818-1 section 2.7.2

export class TsCollector {
  constructor(t, url) {
    Object.assign(this, { url, segments: new Map(), list: null, statuses: new Set(), running: true });
    this.loop = this.run();
    t.after(() => { this.running = false; return this.loop; });
  }

  async run() {
    while (this.running) {
      await this.step().catch(() => {});
      await sleep(200);
    }
  }

  async step() {
    const got = await get(this.url);
    this.statuses.add(got.status);
    if (got.status !== 200) return;
    this.list = parsePlaylist(got.body.toString('utf8'), { url: this.url });
    for (const s of this.list.segments.filter((x) => !x.gap && !this.segments.has(x.msn))) {
      const file = await get(new URL(s.uri, this.url).href);
      assert.equal(file.status, 200, s.uri);
      this.segments.set(s.msn, { ...s, bytes: file.body, type: file.headers['content-type'] });
    }
  }

  ordered() { return [...this.segments.values()].sort((a, b) => a.msn - b.msn); }

  bytes() { return Buffer.concat(this.ordered().map((s) => s.bytes)); }
}

// Section 2.4.3.4, in 27 MHz: every PCR, in the order of the packets.
export function readPcrs(bytes) {
  const pcrs = [];
  for (let o = 0; o + PACKET <= bytes.length; o += PACKET) {
    const p = bytes.subarray(o, o + PACKET);
    if (!(p[3] & 0x20) || p[4] === 0 || !(p[5] & 0x10)) continue;
    const base = p.readUInt32BE(6) * 2 + (p[10] >> 7);
    pcrs.push(base * 300 + ((p[10] & 1) << 8 | p[11]));
  }
  return pcrs;
}

// Faults of the clock: it must grow, and often enough. breaks: how many longer steps are expected.
export function clockFaults(pcrs, breaks = 0) {
  const steps = pcrs.slice(1).map((p, i) => p - pcrs[i]);
  const faults = steps.filter((s) => s <= 0).map((s) => `PCR steps by ${s}`);
  const long = steps.filter((s) => s > PCR_LATEST);
  if (long.length > breaks) faults.push(`PCR after ${long.map((s) => s / 27000)} ms`);
  return faults;
}

// Every unit of `sent` (of one session) from index `from` on is next in `got` → faults
export function unitFaults(kind, sent, from, got, at) {
  for (let i = from; i < sent.length; i++) {
    const unit = got[at + i - from];
    if (unit?.sha1 === sent[i].sha1) continue;
    return [`${kind} unit ${i}: ${unit ? difference(sent[i].units, unit.units) : 'never came'}`];
  }
  return [];
}

// What one stream must hold: the sessions' units, each from its first one that is due.
export function streamFaults(kind, sessions, bytes) {
  const read = readTs(bytes);
  const got = read.streams.find((s) => s.kind === kind)?.aus ?? [];
  const faults = [...read.faults];
  let at = 0;
  for (const session of sessions) {
    const sent = session.streams.find((s) => s.kind === kind).aus;
    const video = session.streams.find((s) => s.kind === 'video');
    const idr = video?.aus.find((a) => a.key);
    const from = sent.findIndex((a) => a.sha1 === got[at]?.sha1);
    const late = kind === 'video' ? !sent[from]?.key
      : from > 0 && idr && sent[from - 1].pts > idr.dts;
    if (from < 0 || late) return [...faults, `${kind}: a session begins with unit ${from}`];
    faults.push(...unitFaults(kind, sent, from, got, at));
    at += sent.length - from;
  }
  if (got.length !== at) faults.push(`${kind}: ${got.length} units, ${at} were sent`);
  return faults;
}
