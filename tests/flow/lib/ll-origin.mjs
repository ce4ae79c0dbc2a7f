// A scripted live origin: a low-latency (or classic) presentation as a function of time.
// SPDX-License-Identifier: MIT
//
// Right by itself; `wrong` holds functions that make one thing of it wrong. It needs only a clock
// with now() and sleep(), so that it serves in virtual time as well as over sockets.
import { answer, refusal } from './answer.mjs';
import { fmp4Source } from './ll-media.mjs';

const TD = 2;
export const SEGMENT_MS = 2000;
export const PART_MS = 400;
const PARTS = SEGMENT_MS / PART_MS;
const EPOCH = Date.UTC(2026, 0, 1);
export const FIRST = 100;
const TYPE = 'application/vnd.apple.mpegurl';

const seconds = (ms) => (ms / 1000).toFixed(5);

// Options: ll (true), window and history (segments), names, iframes (false), skip (true), blocks,
// breakAt (number of the segment behind a DISCONTINUITY), gapAt, endAt (ms after the start), ranges
// (parts as byte ranges), media (a source as in ll-media.mjs), wrong: {text, answer, at, bytes}.
export class LlOrigin {
  constructor(clock, options = {}) {
    Object.assign(this, { clock, ll: true, window: 12, history: 13, names: ['video', 'audio'],
      iframes: false, skip: true, blocks: true, breakAt: Infinity, gapAt: -1, endAt: Infinity,
      ranges: false, wrong: {}, extension: 'm4s', ...options });
    this.media = options.media ?? fmp4Source(this);
    this.began = clock.now();
    this.cache = new Map();
  }

  // When part p of a rendition (counted from 0 over all segments) can be had.
  availableAt(name, p) {
    const at = this.began + (p + 1 - this.history * PARTS) * PART_MS;
    return this.wrong.at?.(name, p - this.history * PARTS, at) ?? at;
  }

  // → {parts: how many there are, whole: of them in whole segments, ended}
  state(name, now = this.clock.now()) {
    const ended = now >= this.began + this.endAt;
    const until = Math.min(now, this.began + this.endAt);
    let parts = (this.history - 1) * PARTS;
    while (this.availableAt(name, parts) <= until) parts++;
    if (ended) parts -= parts % PARTS;
    return { parts, segments: Math.floor(parts / PARTS), ended };
  }

  partUri(name, p) {
    const [k, i] = [Math.floor(p / PARTS), p % PARTS];
    return this.ranges ? `${name}/${FIRST + k}.${this.extension}`
      : `${name}/p${1000 + k * PARTS + i}.m4s`;
  }

  bytes(kind, name, n) {
    const key = `${kind} ${name} ${n}`;
    if (!this.cache.has(key)) {
      const made = this.media[kind](name, n);
      this.cache.set(key, this.wrong.bytes?.(made, { kind, name, n }) ?? made);
    }
    return this.cache.get(key);
  }

  map(k) { return k >= this.breakAt ? 1 : 0; }

  // Lines about segment k: all before its parts.
  head(name, k, first) {
    const lines = [];
    if (k === this.breakAt) lines.push('#EXT-X-DISCONTINUITY');
    if (this.media.init && (first || k === this.breakAt)) {
      lines.push(`#EXT-X-MAP:URI="${name}/init-${this.map(k)}.mp4"`);
    }
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(EPOCH + k * SEGMENT_MS).toISOString()}`);
    if (k === this.gapAt) lines.push('#EXT-X-GAP');
    return lines;
  }

  partLine(name, p) {
    const at = this.ranges ? `,BYTERANGE="${this.rangeOf(name, p).join('@')}"` : '';
    const independent = name === 'audio' || p % PARTS === 0 ? ',INDEPENDENT=YES' : '';
    const gap = Math.floor(p / PARTS) === this.gapAt ? ',GAP=YES' : '';
    return `#EXT-X-PART:DURATION=${seconds(PART_MS)},URI="${this.partUri(name, p)}"${at}`
      + `${independent}${gap}`;
  }

  // [length, offset] of a part in its segment.
  rangeOf(name, p) {
    const from = p - p % PARTS;
    let offset = 0;
    for (let q = from; q < p; q++) offset += this.bytes('part', name, q).length;
    return [this.bytes('part', name, p).length, offset];
  }

  hintLine(name, p) {
    const start = this.ranges ? p % PARTS ? this.rangeOf(name, p)[1] : 0 : null;
    return `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${this.partUri(name, p)}"${start === null ? ''
      : `,BYTERANGE-START=${start}`}`;
  }

  header(state, from) {
    const lines = ['#EXTM3U',
      `#EXT-X-VERSION:${this.ll && this.skip ? 9 : this.media.init ? 6 : 3}`,
      `#EXT-X-TARGETDURATION:${TD}`];
    const control = [...this.blocks ? ['CAN-BLOCK-RELOAD=YES'] : [], 'HOLD-BACK=6',
      'PART-HOLD-BACK=1.2', ...this.skip ? [`CAN-SKIP-UNTIL=${6 * TD}`] : []];
    if (this.ll) {
      lines.push(`#EXT-X-SERVER-CONTROL:${control.join(',')}`, '#EXT-X-PART-INF:PART-TARGET=0.4');
    }
    return [...lines, `#EXT-X-MEDIA-SEQUENCE:${FIRST + from}`,
      `#EXT-X-DISCONTINUITY-SEQUENCE:${from > this.breakAt ? 1 : 0}`];
  }

  // The text of a media playlist. delta: with EXT-X-SKIP as far as allowed.
  text(name, { delta = false, state = this.state(name) } = {}) {
    const from = Math.max(0, state.segments - this.window);
    const lines = this.header(state, from);
    let first = from;
    const open = state.parts - state.segments * PARTS;
    if (delta && this.skip) {
      const end = state.segments * SEGMENT_MS + open * PART_MS;
      while (end - (first + 1) * SEGMENT_MS >= 6000 * TD && first < state.segments) first++;
      if (first > from) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${first - from}`);
    }
    for (let k = first; k < state.segments; k++) {
      lines.push(...this.head(name, k, k === first));
      const behind = (state.segments - k - 1) * SEGMENT_MS + open * PART_MS;
      if (this.ll && behind <= 3000 * TD) {
        for (let i = 0; i < PARTS; i++) lines.push(this.partLine(name, k * PARTS + i));
      }
      lines.push(`#EXTINF:${seconds(SEGMENT_MS)},`, `${name}/${FIRST + k}.${this.extension}`);
    }
    if (state.ended) lines.push('#EXT-X-ENDLIST');
    else if (this.ll) this.tail(name, state, open, lines);
    return `${lines.join('\n')}\n`;
  }

  tail(name, state, open, lines) {
    if (open) lines.push(...this.head(name, state.segments, false));
    for (let i = 0; i < open; i++) lines.push(this.partLine(name, state.segments * PARTS + i));
    lines.push(this.hintLine(name, state.parts));
    for (const other of this.names.filter((n) => n !== name)) {
      const last = this.state(other).parts - 1;
      lines.push(`#EXT-X-RENDITION-REPORT:URI="${other}.m3u8",LAST-MSN=${FIRST
        + Math.floor(last / PARTS)},LAST-PART=${last % PARTS}`);
    }
  }

  // Every segment's first picture, as a range of the segment.
  iframeText(delta) {
    const state = this.state('video');
    const from = Math.max(0, state.segments - this.window);
    const first = delta && this.skip ? Math.max(from, state.segments - 3 * TD - 1) : from;
    const lines = this.header(state,
      from);
    lines.push('#EXT-X-I-FRAMES-ONLY');
    if (first > from) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${first - from}`);
    lines.push('#EXT-X-MAP:URI="video/init-0.mp4"');
    for (let k = first; k < state.segments; k++) {
      lines.push(`#EXTINF:${seconds(SEGMENT_MS)},`, `#EXT-X-BYTERANGE:${
        this.media.frameEnd(this.bytes('segment', 'video', k))}@0`, `video/${FIRST + k}.m4s`);
    }
    if (state.ended) lines.push('#EXT-X-ENDLIST');
    return `${lines.filter((l) => !l.startsWith('#EXT-X-PART-INF')).join('\n')}\n`;
  }

  listText(name, delta = false) {
    return name === 'iframes' ? this.iframeText(delta) : this.text(name, { delta });
  }

  index() {
    return this.media.index(this.names, this.iframes);
  }

  // Is there part `part` (undefined: all) of segment msn? One beyond the last is the next one's
  // first.
  holds(name, { msn, part }) {
    const { parts, segments } = this.state(name);
    const k = msn - FIRST;
    return part === undefined || name === 'iframes' ? segments > k
      : parts > k * PARTS + Math.min(part, PARTS);
  }

  // Waits until the list holds what the directives name. → a refusal, or null to go on
  async hold(name, query) {
    const [msn, part] = ['_HLS_msn', '_HLS_part'].map((n) => query.get(n));
    if (msn === null) return part === null ? null : refusal(400);
    if (!/^\d+$/.test(msn) || (part !== null && !/^\d+$/.test(part))) return refusal(400);
    const asked = { msn: Number(msn), ...part === null ? {} : { part: Number(part) } };
    const state = this.state(name);
    if (state.ended) return null;
    if (asked.msn > FIRST + state.segments + 2 || asked.part > 50) return refusal(400);
    const until = this.clock.now() + 3000 * TD;
    while (!this.holds(name, asked)) {
      const next = this.availableAt(name, this.state(name).parts);
      if (next > until || this.state(name).ended) {
        await this.clock.sleep(until - this.clock.now());
        return this.state(name).ended ? null : refusal(503);
      }
      await this.clock.sleep(next - this.clock.now());
    }
    return null;
  }

  async playlist(name, request) {
    const blocking = this.ll && this.blocks
      && [...request.query.keys()].some((k) => k.startsWith('_HLS_')
      && k !== '_HLS_skip');
    const asked = Object.fromEntries(request.query);
    const hold = this.wrong.hold ?? ((n, query) => this.hold(n, query));
    const refused = blocking ? await hold(name, request.query) : null;
    if (refused) return refused;
    const delta = request.query.has('_HLS_skip') && this.ll && !this.state(name).ended;
    let text = this.listText(name, delta);
    text = this.wrong.text?.(text, { name, asked, delta, origin: this }) ?? text;
    return answer(request, { type: TYPE, maxAge: blocking ? 6 * TD : 1, compress: true,
      body: Buffer.from(text) });
  }

  async part(name, p, request) {
    const { parts } = this.state(name);
    if (p > parts || (p === parts && !this.ll)) return refusal(404);
    if (p === parts) {
      const at = this.availableAt(name, p);
      await this.clock.sleep(at - this.clock.now());
    }
    return answer(request, { type: 'video/mp4', body: this.bytes('part', name, p) });
  }

  async segment(name, k, request) {
    const state = this.state(name);
    if (k < 0 || k > state.segments) return refusal(404);
    if (k === state.segments) return this.openRange(name, k, request);
    return answer(request, { type: this.media.type, body: this.bytes('segment', name, k) });
  }

  // In range mode the hinted part is asked for by where it begins in the segment that grows.
  async openRange(name, k, request) {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (!this.ll || !this.ranges || from === undefined) return refusal(404);
    const ranges = Array.from({ length: PARTS }, (_, i) => this.rangeOf(name, k * PARTS + i));
    const index = ranges.findIndex(([length, offset]) => offset + length > Number(from));
    if (index < 0) return refusal(416);
    const p = k * PARTS + index;
    if (p > this.state(name).parts) return refusal(404);
    await this.clock.sleep(this.availableAt(name, p) - this.clock.now());
    const [length, offset] = ranges[index];
    const range = `bytes=${from}-${Math.min(Number(to || Infinity), offset + length - 1)}`;
    return answer({ ...request, headers: { range } }, { type: this.media.type,
      body: this.bytes('segment', name, k) });
  }

  async handle(request) {
    const got = await this.route({ ...request, path: request.path.replace(/^\/live\/room\//, '') });
    return await this.wrong.answer?.(got, { ...request, origin: this }) ?? got;
  }

  async route(request) {
    const { path, method } = request;
    if (!['GET', 'HEAD'].includes(method)) return answer(request, null);
    const list = /^(\w+)\.m3u8$/.exec(path)?.[1];
    if (list === 'index') {
      const text = this.index();
      return answer(request, { type: TYPE, maxAge: 1, compress: true, body: Buffer.from(
        this.wrong.text?.(text, { name: 'index', origin: this, asked: {} }) ?? text) });
    }
    if (list && (this.names.includes(list) || (list === 'iframes' && this.iframes))) {
      return this.playlist(list, request);
    }
    const [, name, file] = /^(\w+)\/([\w-]+)\.\w+$/.exec(path) ?? [];
    if (!this.names.includes(name)) return refusal(404);
    if (/^init-[01]$/.test(file)) {
      return answer(request,
        { type: 'video/mp4', body: this.bytes('init', name, Number(file[5])) });
    }
    if (/^p\d+$/.test(file)) return this.part(name, Number(file.slice(1)) - 1000, request);
    return /^\d+$/.test(file) ? this.segment(name, Number(file) - FIRST, request) : refusal(404);
  }
}
