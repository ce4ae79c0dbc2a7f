// Fetches what one rendition lists: init sections, segments, parts ahead of their listing.
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { readInit } from './fmp4.mjs';
import { NOTHING, readMedia } from './media-segment.mjs';
import * as rules from './rules.mjs';

const AT_ONCE = 4;
const OPEN_END = 9007199254740991;
export const sha1 = (bytes) => createHash('sha1').update(bytes).digest('hex');

const rangeHeader = (r) => ({ range: `bytes=${r.offset}-${r.offset + r.length - 1}` });
const keyOf = (uri, offset) => `${uri} ${offset ?? 0}`;

export class Downloads {
  // rendition: {name, url, follower, segments, list, add(fault)}
  constructor(rendition) {
    Object.assign(this, { r: rendition, follower: rendition.follower, inits: new Map(),
      parts: new Map(), jobs: new Set(), running: 0, waiting: [], bestRate: 0 });
  }

  // Remembers a job, so that the end can wait for it; a failed request is noted, not thrown.
  job(promise) {
    const p = promise.catch((e) => this.follower.failed(e));
    this.jobs.add(p);
    p.finally(() => this.jobs.delete(p));
    return p;
  }

  async settled() { while (this.jobs.size) await Promise.all(this.jobs); }

  // At most so many segments at once: the first list may show hundreds.
  async turn(work) {
    if (this.running >= AT_ONCE) await new Promise((resolve) => { this.waiting.push(resolve); });
    else this.running++;
    try { return await work(); } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  url(uri) { return new URL(uri, this.r.url).href; }

  fetch(uri, range, options = {}) {
    return this.follower.fetch(this.url(uri), { ...options, headers: { ...options.headers,
      ...range ? rangeHeader(range) : {} } });
  }

  // A 206 that was asked for is as good as a 200; its body is what was asked for.
  arrived(got, range) {
    if (range && got.status === 206) return got.body;
    if (got.status !== 200) return null;
    return range ? got.body.subarray(range.offset, range.offset + range.length) : got.body;
  }

  init(uri, range) {
    const key = `${uri} ${range?.offset ?? ''}`;
    if (!this.inits.has(key)) this.inits.set(key, this.takeInit(uri, range));
    return this.inits.get(key);
  }

  async takeInit(uri, range) {
    const got = await this.fetch(uri, range);
    const body = this.arrived(got, range);
    if (!body) {
      const faults = [{ rule: 37, text: `MAP ${uri} answers ${got.status}` }];
      faults.forEach((f) => this.r.add(f));
      return { faults };
    }
    const init = { ...readInit(body), sha1: sha1(body) };
    rules.checkType('init', got.headers, uri).forEach((f) => this.r.add(f));
    init.faults.forEach((f) => this.r.add(f));
    this.follower.facts.add('fmp4');
    if (init.tracks.some((t) => t.asc)) this.follower.facts.add('audio');
    return init;
  }

  // How fast the link was at its best, in bytes a millisecond: small bodies tell nothing.
  learnRate({ body, headAt, sentAt, doneAt }) {
    if (body.length < 4096) return;
    this.bestRate = Math.max(this.bestRate, body.length / Math.max(1, doneAt - headAt,
      (doneAt - sentAt) / 2));
  }

  speed(got, durationS) {
    const late = rules.dribbled(got, { durationS, bestRate: this.follower.bestRate(),
      stalledMs: got.stalledMs, floorMs: 250 });
    this.learnRate(got);
    return late;
  }

  // ---- whole segments

  segment(s, seenAt) { return this.job(this.turn(() => this.takeSegment(s, seenAt))); }

  async takeSegment(s, seen) {
    const { r } = this;
    const url = this.url(s.uri);
    const init = s.map && !s.key ? await this.init(s.map, s.mapRange) : null;
    if (s.gap) {
      // Rule 32: what was never received is listed, and nobody may ask for it.
      r.segments.set(s.msn, { ...s, url, init, ...seen, media: { ...NOTHING } });
      return;
    }
    const got = await this.fetch(s.uri, s.byteRange);
    const body = this.arrived(got, s.byteRange);
    if (!body) {
      r.add({ rule: 31, text: `${s.uri} is listed and answers ${got.status}` });
      return;
    }
    const said = got.headers['content-length'];
    if (said !== undefined && Number(said) !== got.body.length) {
      r.add({ rule: 31, text: `${s.uri}: Content-Length ${said}, got ${got.body.length}` });
    }
    const late = this.speed(got, s.duration);
    if (late) r.add({ rule: 31, text: `${s.uri} trickled for ${late} ms` });
    const kept = { ...s, url, etag: got.headers.etag, sha1: sha1(body), size: body.length,
      headers: got.headers, ...seen, fetchedAt: got.doneAt };
    this.read(kept, body, init, got);
    r.segments.set(s.msn, kept);
    await this.compareParts(kept, body);
    if (!this.follower.keep) this.forget(kept);
  }

  read(kept, body, init, got) {
    const { facts } = this.follower;
    if (kept.key) {
      facts.add('encrypted');
      Object.assign(kept, { init: null, format: 'encrypted', media: { ...NOTHING } });
      return;
    }
    Object.assign(kept, readMedia(body, init));
    kept.firstIsIdr = kept.media.samples[0]?.idr;
    facts.add(kept.format);
    if (kept.media.samples.length) facts.add('media');
    if (kept.init?.kind === 'video') facts.add('video');
    rules.checkType(kept.format, got.headers, 'a segment').forEach((f) => this.r.add(f));
    if (kept.format === 'fmp4' && !kept.map) {
      this.r.add({ rule: 37, text: `no EXT-X-MAP in force for MSN ${kept.msn}` });
    }
  }

  // Without the ledger, the samples' bytes are not needed any more.
  forget(kept) {
    for (const s of kept.media.samples) { delete s.bytes; s.units = s.idr ? s.units : []; }
    for (const f of kept.media.fragments) f.samples = [];
  }

  // ---- parts

  // Asks for a hinted part before it exists.
  hint(h) {
    const key = keyOf(h.uri, h.start);
    if (this.parts.has(key)) return;
    const ranged = h.start !== undefined || h.length !== undefined;
    const offset = h.start ?? 0;
    const end = h.length === undefined ? OPEN_END : offset + h.length - 1;
    const record = { uri: h.uri, hinted: true, ranged, offset, listed: null };
    this.parts.set(key, record);
    record.got = this.follower.fetch(this.url(h.uri), { timeoutMs: this.follower.holdMs(),
      signal: this.follower.ending,
      headers: ranged ? { range: `bytes=${offset}-${end}` } : {} })
      .catch((e) => (e.name === 'AbortError' ? { aborted: true } : { status: 0, error: e }));
    record.got.then((got) => { record.answeredAt = got.headAt; });
    this.follower.facts.add('hints');
  }

  // When a hinted part began to come; undefined: nobody asked, Infinity: it has not yet.
  answeredAt(h) {
    const record = h && this.parts.get(keyOf(h.uri, h.start));
    return record?.hinted ? record.answeredAt ?? Infinity : undefined;
  }

  // A part is listed: {msn, index, part, segment}. seen: {at, doubtMs}
  listed({ msn, index, part, segment }, seen) {
    const key = keyOf(part.uri, part.byteRange?.offset);
    const record = this.parts.get(key) ?? { uri: part.uri, hinted: false,
      offset: part.byteRange?.offset ?? 0, listed: null };
    this.parts.set(key, record);
    if (record.listed) return record;
    Object.assign(record, { key, msn, index, part, map: segment.map, mapRange: segment.mapRange,
      listed: seen, at: seen.at });
    if (part.gap) record.done = Promise.resolve(null);
    else record.done = this.job(this.takePart(record, segment.key));
    return record;
  }

  async takePart(record, encrypted) {
    const { part } = record;
    const ahead = record.hinted ? await record.got : null;
    if (ahead?.aborted) return null;
    if (ahead) this.checkAhead(record, ahead);
    let body = ahead ? this.bodyAhead(record, ahead) : null;
    let got = ahead;
    if (!body) {
      got = await this.fetch(part.uri, part.byteRange);
      body = this.arrived(got, part.byteRange);
    }
    if (!body) {
      this.r.add({ rule: 31, text: `part ${part.uri} is listed and answers ${got.status}` });
      return null;
    }
    const late = this.speed(got, part.duration);
    if (late) {
      this.r.add({ rule: ahead === got ? 83 : 31,
        text: `part ${part.uri} trickled for ${late} ms` });
    }
    Object.assign(record, { status: got.status, size: body.length, sha1: sha1(body),
      headers: got.headers, sentAt: got.sentAt, headAt: got.headAt, doneAt: got.doneAt,
        samples: [] });
    if (!encrypted) await this.readPart(record, body);
    return record;
  }

  // What a request on a hint brought of the part; an open range may bring more.
  bodyAhead({ ranged, part }, got) {
    if (got.status === 200 && !ranged) return this.arrived(got, part.byteRange);
    const n = part.byteRange?.length;
    return got.status === 206 && ranged && n <= got.body.length ? got.body.subarray(0, n) : null;
  }

  async readPart(record, body) {
    const { part } = record;
    const init = record.map ? await this.init(record.map, record.mapRange) : null;
    const { media, init: own, format } = readMedia(body, init);
    const where = `part ${record.index} of MSN ${record.msn}`;
    record.samples = media.samples.map((s) => s.sha1);
    record.faulty = media.faults.length > 0;
    rules.checkType(format, record.headers, 'a part').forEach((f) => this.r.add(f));
    rules.checkIndependent(part, media, where).forEach((f) => this.r.add(f));
    if (own) rules.checkPartDuration(part, media, own, where).forEach((f) => this.r.add(f));
  }

  // Rules 83 and 85: what became of a request that was made on a hint.
  checkAhead(record, got) {
    const { uri } = record;
    const ranged = record.ranged;
    const ok = got.status === 200 || (ranged && got.status === 206);
    // Rule 97: what is held for three target durations may be refused, though it comes in the end.
    const heldLong = got.status === 503
      && got.headAt - got.sentAt >= 3000 * (this.r.list?.targetDuration ?? Infinity) - 100;
    if (heldLong) return;
    if (!ok) {
      const said = got.status ? `was answered ${got.status}` : 'was never answered';
      this.r.add({ rule: ranged && got.status === 416 ? 85 : 83,
        text: `${uri} was hinted, and asking for it ${said}, but it came` });
      return;
    }
    if (ranged && record.offset > 0 && got.status === 200) {
      this.r.add({ rule: 85,
        text: `${uri} was hinted from byte ${record.offset}, and an open range `
        + 'was answered with the whole' });
    }
    const late = got.headAt - record.listed.at - got.stalledMs;
    if (late > 1000) {
      this.r.add({ rule: 83,
        text: `${uri} was answered ${Math.round(late)} ms after it was listed` });
    }
  }

  // Rule 79, once all parts of a whole segment are here.
  async compareParts(kept, body) {
    const records = kept.parts.map((p) => this.parts.get(keyOf(p.uri, p.byteRange?.offset)));
    if (!kept.allParts || !records.length || records.some((x) => !x?.done)) return;
    await Promise.all(records.map((x) => x.done));
    if (records.some((x) => x.sha1 === undefined)) return;
    rules.checkParts(kept, records, (from, size) => sha1(body.subarray(from, from + size)))
      .forEach((f) => this.r.add(f));
  }
}
