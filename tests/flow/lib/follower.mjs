// Follows a room's live playlists like a player: reads every reload, fetches every segment once.
// SPDX-License-Identifier: MIT
import os from 'node:os';
import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { get, keepAlive, sleep } from './http.mjs';
import { parsePlaylist } from './hls.mjs';
import { readInit, readSegment } from './fmp4.mjs';
import { nalFacts, splitLengthPrefixed } from './nal.mjs';
import { hashUnits } from './ts.mjs';
import * as rules from './rules.mjs';

const POLL_MS = 200;
// Rule 27 is timed from here: our polling, the encoder's own hiccups and a busy machine add to it.
const PACE_SLACK_MS = 1500;
const paceSlack = () => PACE_SLACK_MS * Math.max(1, os.loadavg()[0] / os.cpus().length);
// A segment appeared earlier than we fetched it.
const REMOVAL_SLACK_MS = 800;
const NOTHING = { samples: [], fragments: [], faults: [], end: 0 };
const sha1 = (bytes) => createHash('sha1').update(bytes).digest('hex');

const plain = (r) => (r.headers['content-encoding'] === 'gzip' ? gunzipSync(r.body) : r.body);

// A sample as ledger.mjs compares it: its NAL units, or the one AAC frame.
function unitsOf(init, sample) {
  if (init.kind !== 'video') return [sample.bytes];
  return splitLengthPrefixed(sample.bytes) ?? [sample.bytes];
}

class Rendition {
  constructor(name, url, follower) {
    Object.assign(this, { name, url, follower, segments: new Map(), inits: new Map(),
      list: null, reloads: 0, lastNewAt: null, stalledMs: 0,
      longest: 0 });
  }

  add(fault) { this.follower.findings.add(fault.rule, this.name, fault.text); }

  // One reload; true when it answered with a playlist.
  async reload() {
    const gzip = this.reloads % 2 === 1;
    const r = await this.follower.fetch(this.url, gzip ? { 'accept-encoding': 'gzip' } : {});
    if (r.status !== 200) { this.follower.misses.push(`${this.url} ${r.status}`); return false; }
    this.reloads++;
    const bytes = plain(r);
    rules.checkText(bytes, r.headers['content-type'], new URL(this.url).pathname)
      .forEach((f) => this.add(f));
    const text = bytes.toString('utf8');
    if (this.list?.text === text) return true;
    const list = parsePlaylist(text);
    [...rules.checkSyntax(list), ...rules.checkMedia(list)].forEach((f) => this.add(f));
    if (this.list) {
      rules.checkReload(this.list, list).forEach((f) => this.add(f));
    }
    const before = this.list;
    this.list = list;
    this.longest = Math.max(this.longest, list.segments.reduce((n, s) => n + s.duration, 0));
    await this.takeNew(list);
    if (before) await this.checkRemoved(before, list);
    return true;
  }

  // Rule 24: for its own duration and that of the longest playlist, counted from its appearance.
  async checkRemoved(before, after) {
    for (const { msn } of before.segments.filter((s) => s.msn < after.mediaSequence && !s.gap)) {
      const s = this.segments.get(msn);
      const left = s ? s.at + (s.duration + this.longest) * 1000 - Date.now() : 0;
      if (left < REMOVAL_SLACK_MS) continue;
      const { status } = await this.follower.fetch(s.url);
      if (status !== 200) {
        this.add({ rule: 24, text: `${s.uri} answers ${status}, ${Math.round(left)} ms too soon` });
      }
    }
  }

  async takeNew(list) {
    const fresh = list.segments.filter((s) => !this.segments.has(s.msn));
    if (fresh.length && this.lastNewAt !== null && this.follower.publishing
      && !fresh.some((s) => s.discontinuity)) {
      const stalled = this.follower.stalledMs - this.stalledMs;
      const waited = Math.round(Date.now() - this.lastNewAt - stalled - paceSlack());
      rules.checkPace(waited, list.targetDuration, fresh[0].msn).forEach((f) => this.add(f));
    }
    if (fresh.length) {
      this.lastNewAt = Date.now();
      this.stalledMs = this.follower.stalledMs;
    }
    for (const s of fresh) {
      this.segments.set(s.msn, null);
      await this.takeSegment(s);
    }
  }

  async takeSegment(s) {
    const init = s.map ? await this.takeInit(s.map) : null;
    const url = new URL(s.uri, this.url).href;
    if (s.gap) {
      // Rule 32: what was never received is listed, and nobody may ask for it.
      this.segments.set(s.msn, { ...s, url, init, at: Date.now(), media: { ...NOTHING } });
      return;
    }
    const r = await this.follower.fetch(url);
    if (r.status !== 200) {
      this.add({ rule: 31, text: `${s.uri} is listed and answers ${r.status}` });
      return;
    }
    if (Number(r.headers['content-length']) !== r.body.length) {
      this.add({ rule: 31, text: `${s.uri}: Content-Length ${r.headers['content-length']}, got `
        + r.body.length });
    }
    const kept = { ...s, url, init, etag: r.headers.etag, sha1: sha1(r.body),
      size: r.body.length, headers: r.headers, at: Date.now() };
    kept.media = init?.timescale ? readSegment(r.body, init)
      : { ...NOTHING, faults: [{ rule: 37, text: 'no usable init' }] };
    for (const sample of kept.media.samples) {
      const units = unitsOf(init, sample);
      sample.sha1 = hashUnits(units);
      sample.units = units;
      sample.idr = init.kind === 'video' ? nalFacts(init.codec, units).idr : true;
    }
    kept.firstIsIdr = kept.media.samples[0]?.idr;
    this.segments.set(s.msn, kept);
  }

  async takeInit(uri) {
    if (this.inits.has(uri)) return this.inits.get(uri);
    const r = await this.follower.fetch(new URL(uri, this.url).href);
    const init = r.status === 200 ? readInit(r.body)
      : { faults: [{ rule: 37, text: `MAP ${uri} answers ${r.status}` }] };
    init.faults.forEach((f) => this.add(f));
    this.inits.set(uri, init);
    return init;
  }

  // Segments in order, those that were fetched.
  ordered() {
    return [...this.segments.entries()].sort((a, b) => a[0] - b[0]).map((e) => e[1])
      .filter(Boolean);
  }

  // Every sample in order, with where it came from: what ledger.mjs takes.
  track() {
    const segments = this.ordered();
    const samples = segments.flatMap((s) => s.media.samples.map((x, i) => ({ ...x,
      where: `${s.uri} #${i}`, discontinuity: Boolean(s.discontinuity) && i === 0,
      first: i === 0 })));
    const init = segments.find((s) => s.init)?.init;
    return { name: this.name, kind: init?.kind, timescale: init?.timescale, codec: init?.codec,
      samples };
  }
}

export class Follower {
  // base: "http://127.0.0.1:8080"; room: its name. start() before the publisher does.
  constructor(base, room, { pollMs = POLL_MS } = {}) {
    Object.assign(this, { base, room, pollMs, agent: keepAlive(), findings: new rules.Findings(),
      renditions: new Map(), misses: [], publishing: true, running: false, index: null,
      firstIndexAt: null, errors: [], stalledMs: 0 });
    this.root = `${base}/live/${encodeURIComponent(room)}/`;
  }

  fetch(url, headers = {}) { return get(url, { headers, agent: this.agent }); }

  start() {
    this.running = true;
    this.loop = this.run();
    return this;
  }

  async run() {
    while (this.running) {
      await this.round();
      const began = Date.now();
      await sleep(this.pollMs);
      this.stalledMs += Math.max(0, Date.now() - began - this.pollMs - 10);
    }
  }

  // A relay that is away for a moment is an error to note, not the follower's end.
  async round() {
    try {
      await this.reloadIndex();
      await Promise.all([...this.renditions.values()].map((r) => r.reload()));
    } catch (e) {
      this.errors.push(`${e.code ?? e.message}`);
    }
  }

  async reloadIndex() {
    const url = `${this.root}index.m3u8`;
    const r = await this.fetch(url);
    if (r.status !== 200) { this.misses.push(`${url} ${r.status}`); return; }
    this.firstIndexAt ??= Date.now();
    rules.checkText(plain(r), r.headers['content-type'], new URL(url).pathname)
      .forEach((f) => this.findings.add(f.rule, 'index', f.text));
    const list = parsePlaylist(plain(r).toString('utf8'));
    this.findings.takeAll('index', rules.checkSyntax(list));
    this.index = list;
    this.onIndex?.(list);
    const uris = [...list.variants.map((v) => v.uri),
      ...list.media.map((m) => m.get('URI')?.value).filter(Boolean)];
    for (const uri of uris) {
      const name = uri.replace(/\.m3u8.*$/, '');
      if (!this.renditions.has(name)) {
        this.renditions.set(name, new Rendition(name, new URL(uri, url).href, this));
      }
    }
  }

  // The publisher has left: segments need not come any more.
  left() { this.publishing = false; }

  // One more round, then the verdict over everything seen. → Findings
  async stop() {
    this.running = false;
    await this.loop;
    await this.round();
    await this.checkStored();
    this.judge();
    this.agent.destroy();
    return this.findings;
  }

  // Rule 17: the newest segment has the same bytes again.
  async checkStored() {
    for (const r of this.renditions.values()) {
      const newest = r.ordered().filter((s) => !s.gap).at(-1);
      if (newest) {
        const again = await this.fetch(newest.url);
        if (again.status !== 200 || sha1(again.body) !== newest.sha1) {
          this.findings.add(17, r.name, `${newest.uri} gave other bytes the second time`);
        }
      }
    }
  }

  judge() {
    const renditions = [...this.renditions.values()].map((r) => ({ name: r.name, list: r.list,
      segments: r.ordered() })).filter((r) => r.segments.length);
    const video = renditions.find((r) => r.segments[0].init.kind === 'video');
    const frame = video ? nominalFrame(video.segments) : 0;
    for (const r of renditions) {
      this.findings.takeAll(r.name,
        rules.checkTimeline(r.segments, r.list.targetDuration, frame));
      if (video === r && !r.list.independent && !this.index?.independent) {
        this.findings.add(35, r.name, 'no EXT-X-INDEPENDENT-SEGMENTS anywhere');
      }
      if (r.list.targetDuration !== renditions[0].list.targetDuration) {
        this.findings.add(65, r.name, 'TARGETDURATION differs between renditions');
      }
    }
    this.findings.takeAll('renditions', rules.checkAlignment(renditions, 2 + frame * 1000));
    if (this.index) {
      const inits = new Map([...this.renditions.values()].map((r) => [`${r.name}.m3u8`,
        r.ordered().at(-1)?.init]));
      this.findings.takeAll('index', rules.checkMultivariant(this.index, inits));
    }
  }

  tracks() { return [...this.renditions.values()].map((r) => r.track()); }

  track(name) { return this.renditions.get(name)?.track() ?? { name, samples: [] }; }
}

// The longest time a frame is shown, gaps of a second and more aside.
function nominalFrame(segments) {
  const { timescale } = segments[0].init;
  const durations = segments.flatMap((s) => s.media.samples.map((x) => x.duration / timescale));
  return Math.max(...durations.filter((d) => d < 1), 0);
}
