// Follows a room at many times real time and holds it to a ledger that is still being written.
// SPDX-License-Identifier: MIT
//
// Nothing is kept but what is missing: 48 hours are millions of access units. It reads the
// playlists as they are, fetches each segment once, and compares as marked-ledger.mjs does.
import { closeSync, openSync, readSync } from 'node:fs';
import { readInit, readSegment } from '../../flow/lib/fmp4.mjs';
import { keepAlive, request, sleep } from '../../flow/lib/http.mjs';
import { parsePlaylist } from '../../flow/lib/hls.mjs';
import { splitLengthPrefixed } from '../../flow/lib/nal.mjs';
import { distance, markOf } from './marked-ledger.mjs';

const POLL_MS = 500;
const AT_ONCE = 6;
const CHUNK = 1 << 20;
const AAC_TICKS = 1920;
const SHOWN = 30;

// Reads a growing ledger: what must come out, in order, and what was damaged.
class LedgerTail {
  constructor(file) {
    Object.assign(this, { file, fd: null, at: 0, rest: '', due: { v: [], a: [] },
      reached: { v: -1, a: -1 }, damaged: { v: new Set(), a: new Set() }, began: false,
      early: [], ended: false, sent: 0 });
  }

  read() {
    try { this.fd ??= openSync(this.file); } catch { return; }
    const chunk = Buffer.alloc(CHUNK);
    for (let n; (n = readSync(this.fd, chunk, 0, CHUNK, this.at)) > 0; this.at += n) {
      const lines = (this.rest + chunk.toString('latin1', 0, n)).split('\n');
      this.rest = lines.pop();
      lines.forEach((l) => this.line(l));
    }
  }

  line(text) {
    const [word, kind, number, crc, pts, dts, flags] = text.split(' ');
    if (word === 'session') Object.assign(this, { began: false, early: [] });
    else if (word === 'end') this.ended = true;
    else if (word === 'au') this.unit({ kind, number: Number(number), crc, pts: Number(pts),
      dts: Number(dts), idr: flags.includes('k'), damaged: flags.includes('d') });
  }

  // Sound that lasts into the first IDR is due, what is before it is not.
  unit(u) {
    this.sent++;
    this.reached[u.kind] = u.number;
    if (u.damaged) this.damaged[u.kind].add(u.number);
    if (!this.began && u.kind === 'v' && u.idr && !u.damaged) {
      this.began = true;
      this.due.a.push(...this.early.filter((a) => distance(u.dts, a.pts + AAC_TICKS) > 0));
    }
    if (u.damaged) return;
    if (this.began) this.due[u.kind].push(u);
    else if (u.kind === 'a') this.early.push(u);
  }

  close() { if (this.fd !== null) closeSync(this.fd); }
}

// One rendition of a room.
class Track {
  constructor(room, name, kind) {
    Object.assign(this, { room, name, kind, next: null, inits: new Map(), waiting: [], end: -1,
      date: -1, dsn: -1, msn: -1, breaks: 0, gaps: 0, segments: 0, matched: 0 });
  }

  fault(text) { this.room.fault(`${this.name}: ${text}`); }

  async reload() {
    const got = await request(`${this.room.root}${this.name}.m3u8`, { agent: this.room.agent });
    if (got.status !== 200) return;
    const list = parsePlaylist(got.body.toString('utf8'));
    if (this.next !== null && list.mediaSequence > this.next) {
      this.fault(`${list.mediaSequence - this.next} segments left before they were seen`);
    }
    if (list.mediaSequence < this.msn) this.fault(`MEDIA-SEQUENCE ${list.mediaSequence} went back`);
    if (list.discontinuitySequence < this.dsn) this.fault('DISCONTINUITY-SEQUENCE went back');
    this.msn = list.mediaSequence;
    this.dsn = list.discontinuitySequence;
    const fresh = list.segments.filter((s) => this.next === null || s.msn >= this.next);
    if (fresh.length) this.next = fresh.at(-1).msn + 1;
    for (let i = 0; i < fresh.length; i += AT_ONCE) {
      await this.take(fresh.slice(i, i + AT_ONCE), list);
    }
  }

  async take(segments, list) {
    const bodies = await Promise.all(segments.map((s) => (s.gap ? null
      : request(`${this.room.root}${s.uri}`, { agent: this.room.agent }))));
    for (const [i, s] of segments.entries()) {
      this.judge(s, list);
      if (!s.gap) await this.read(s, bodies[i]);
    }
  }

  judge(s, list) {
    this.segments++;
    this.breaks += Boolean(s.discontinuity);
    this.gaps += Boolean(s.gap);
    if (Math.round(s.duration) > list.targetDuration) {
      this.fault(`EXTINF ${s.duration} of ${s.msn}`);
    }
    if (s.date < this.date) this.fault(`PROGRAM-DATE-TIME goes back at ${s.msn}`);
    this.date = s.date ?? this.date;
    if (this.map && s.map !== this.map && !s.discontinuity) {
      this.fault(`a new EXT-X-MAP without a discontinuity at ${s.msn}`);
    }
    this.map = s.map;
  }

  async read(s, got) {
    if (got.status !== 200) { this.fault(`${s.uri} answers ${got.status}`); return; }
    if (!this.inits.has(s.map)) {
      const init = await request(`${this.room.root}${s.map}`, { agent: this.room.agent });
      this.inits.set(s.map, readInit(init.body));
    }
    const init = this.inits.get(s.map);
    const media = readSegment(got.body, init);
    for (const sample of media.samples) {
      const at = sample.dts / init.timescale;
      if (at < this.end - 1e-4) this.fault(`decode time goes back to ${at} s at ${s.msn}`);
      this.end = at + sample.duration / init.timescale;
      const units = init.kind === 'video' ? splitLengthPrefixed(sample.bytes) : [sample.bytes];
      this.waiting.push({ ...markOf({ units, bytes: sample.bytes }, init.codec), msn: s.msn });
    }
  }

  // What can be decided by now: the ledger has reached it.
  compare(ledger) {
    const due = ledger.due[this.kind];
    const damaged = ledger.damaged[this.kind];
    let at = 0;
    let i = 0;
    for (; i < this.waiting.length; i++) {
      const g = this.waiting[i];
      if (g.number > ledger.reached[this.kind] && !ledger.ended) break;
      if (!g.whole || damaged.has(g.number)) {
        if (damaged.size === 0) this.fault(`a sample of ${g.msn} is not what was sent`);
        continue;
      }
      const from = at;
      while (at < due.length && due[at].number < g.number) at++;
      if (at > from) this.lost(due.slice(from, at), g);
      if (due[at]?.number !== g.number) {
        if (!ledger.early.some((u) => u.number === g.number) && g.number <= (this.last ?? -1)) {
          this.fault(`${g.number} in ${g.msn} came twice or late`);
        }
        continue;
      }
      if (due[at].crc !== g.crc) this.fault(`${g.number} has another mark`);
      this.last = g.number;
      this.matched++;
      at++;
    }
    due.splice(0, at);
    this.waiting.splice(0, i);
  }

  lost(units, before) {
    this.fault(`${units.length} never came: ${units[0].number} to ${units.at(-1).number}, before `
      + `${before.number} in ${before.msn}`);
  }
}

export class SlimFollower {
  // room: its name; ledger: the file that mark_push writes.
  constructor(base, room, ledger) {
    Object.assign(this, { root: `${base}/live/${room}/`, room, agent: keepAlive(), faults: [],
      count: 0, ledger: new LedgerTail(ledger), running: true });
    this.tracks = [new Track(this, 'video', 'v'), new Track(this, 'audio', 'a')];
  }

  fault(text) {
    this.count++;
    if (this.faults.length < SHOWN) this.faults.push(`${this.room} ${text}`);
  }

  start() {
    this.loops = this.tracks.map((t) => this.follow(t));
    return this;
  }

  async follow(track) {
    while (this.running) {
      await track.reload().catch((e) => this.fault(`${track.name}: ${e.message}`));
      this.compare();
      await sleep(POLL_MS);
    }
  }

  compare() {
    this.ledger.read();
    for (const t of this.tracks) t.compare(this.ledger);
  }

  // After the publisher's end: waits until nothing is due any more. → {units, segments, breaks}
  async stop(limitMs = 8000) {
    const deadline = Date.now() + limitMs;
    const open = () => this.tracks.some((t) => this.ledger.due[t.kind].length);
    while ((!this.ledger.ended || open()) && Date.now() < deadline) await sleep(100);
    this.running = false;
    await Promise.all(this.loops);
    for (const t of this.tracks) {
      const left = this.ledger.due[t.kind];
      if (left.length) t.fault(`${left.length} never came: from ${left[0].number} to the end`);
    }
    this.ledger.close();
    this.agent.destroy();
    return { units: this.tracks.reduce((n, t) => n + t.matched, 0), sent: this.ledger.sent,
      segments: this.tracks[0].segments, breaks: this.tracks[0].breaks,
      gaps: this.tracks.map((t) => t.gaps) };
  }
}
