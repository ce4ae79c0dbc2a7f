// Follows a presentation like a low-latency player: every reload, segment and part, once each.
// SPDX-License-Identifier: MIT
import { setMaxListeners } from 'node:events';
import os from 'node:os';
import { Clock } from './clock.mjs';
import { parsePlaylist } from './hls.mjs';
import { checkPresentation } from './presentation-check.mjs';
import { Prober } from './probes.mjs';
import { plain, Rendition } from './rendition.mjs';
import * as rules from './rules.mjs';
import { Transport } from './transport.mjs';

const POLL_MS = 200;
// Rules 27, 28 and 99 are timed from here: the encoder's own hiccups and a busy machine add to it.
const PACE_SLACK_MS = 1500;
const REDIRECTS = 5;

export class Follower {
  // base: "http://127.0.0.1:8080"; room: its name. start() before the publisher does. Options:
  // url (any playlist, instead of base and room), pollMs, paceSlackMs, slackMs, keep (samples, for
  // the ledger), parallel (simultaneous requests at the end), probes (questions about HTTP at the
  // end), clock and transport (virtual ones in the checker's own tests).
  constructor(base, room, options = {}) {
    const { url, pollMs = POLL_MS, paceSlackMs = PACE_SLACK_MS, slackMs = 800, keep = true,
      parallel = 4, probes = true, clock = new Clock() } = options;
    Object.assign(this, { base, room, pollMs, keep, parallel, probes, clock,
      baseSlackMs: slackMs, paceSlackMs,
        transport: options.transport ?? new Transport(clock, options),
      findings: new rules.Findings(), facts: new Set(), remarks: new Set(), renditions: new Map(),
      iframes: new Map(), misses: [], errors: [], publishing: true, running: false, index: null,
      firstIndexAt: null, variables: new Map(), trips: [], timers: new Set(), absences: [] });
    this.root = room === null || room === undefined ? null
      : `${base}/live/${encodeURIComponent(room)}/`;
    this.url = url ?? `${this.root}index.m3u8`;
    this.abort = new AbortController();
    this.ending = this.abort.signal;
    setMaxListeners(0, this.ending);
    this.patience = new AbortController();
  }

  // ---- what the renditions use

  // Rule 69: a redirect is followed, and said.
  async fetch(url, options = {}) {
    let at = url;
    for (let i = 0; i < REDIRECTS; i++) {
      const got = await this.transport.fetch(at, options);
      if (got.status < 300 || got.status > 399 || !got.headers.location || got.status === 304) {
        return got;
      }
      const to = new URL(got.headers.location, at).href;
      if (url !== this.url) this.findings.add(69, 'HTTP', `${new URL(url).pathname} is redirected`);
      else this.url = to;
      at = to;
    }
    throw new Error(`${url} is redirected in a circle`);
  }

  failed(e) {
    if (e.name === 'AbortError') return;
    this.errors.push(`${e.code ?? e.message}`);
    this.lastError = e;
  }

  missed(url, status) { this.misses.push(`${url} ${status}`); }

  note(text) { this.remarks.add(text); }

  roundTrip(ms) { if (this.trips.length < 200) this.trips.push(ms); }

  // A round trip as it usually is, at most.
  trip() {
    const sorted = [...this.trips].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.9)] ?? 0;
  }

  bestRate() { return Math.max(0, ...this.all().map((r) => r.downloads.bestRate)); }

  // How long a request may be held, and what is not worth mentioning.
  holdMs() {
    const td = Math.max(1, ...this.all().map((r) => r.list?.targetDuration ?? 0));
    return 3000 * td + this.baseSlackMs + 5000;
  }

  slackMs() { return this.baseSlackMs; }

  paceSlack() {
    return this.paceSlackMs * Math.max(1, os.loadavg()[0] / os.cpus().length);
  }

  // Who knows that nothing could reach the server for a while says so: rules 27, 28 and 99
  // are about what a server does with what it has. The rest of the time counts as ever.
  sourceAway() { this.absences.push({ from: this.clock.now(), to: Infinity }); }

  sourceBack() { this.absences.at(-1).to = this.clock.now(); }

  absentMs(from, to) {
    return this.absences.reduce((n, a) => n + Math.max(0, Math.min(to, a.to)
      - Math.max(from, a.from)), 0);
  }

  later(ms, work) {
    const controller = new AbortController();
    this.timers.add(controller);
    this.clock.sleep(ms, controller.signal).then(() => {
      this.timers.delete(controller);
      if (!controller.signal.aborted && this.running) work();
    });
  }

  all() { return [...this.renditions.values(), ...this.iframes.values()]; }

  // URLs that a rendition must report on: the other media playlists, not those of I-frames.
  others(rendition) {
    return [...this.renditions.values()].filter((r) => r !== rendition && !r.list?.endList
      && r.kind !== 'SUBTITLES').map((r) => r.url);
  }

  // Rule 86: reports about a list, and of it, are held against what the list itself showed.
  moved(rendition) {
    const state = rendition.states.at(-1);
    const newest = (s) => (s.parts > 0 ? { msn: s.msn, part: s.parts - 1 }
      : { msn: s.msn - 1, part: Math.max(0, (s.list.segments.at(-1)?.parts.length ?? 0) - 1) });
    const other = (uri, from) => [...this.renditions.values()]
      .find((r) => r !== from && r.url === new URL(uri, from.url).href);
    const marginMs = 1000 * (rendition.list.partTarget ?? 0);
    for (const report of rendition.list.reports.filter((x) => x.uri)) {
      const about = other(report.uri, rendition);
      const known = about?.states.findLast((s) => s.doneAt <= state.since - marginMs);
      if (known) rendition.addAll(rules.checkReportTime(report, newest(known), null));
    }
    for (const r of this.renditions.values()) {
      const theirs = r === rendition ? null : r.states.findLast((s) => s.doneAt + marginMs
        + this.slackMs() <= state.sentAt);
      const report = theirs?.list.reports.find((x) => x.uri && other(x.uri, r) === rendition);
      if (report) r.addAll(rules.checkReportTime(report, null, newest(state)));
    }
  }

  // ---- its life

  start() {
    this.running = true;
    this.loop = this.run();
    return this;
  }

  async run() {
    while (this.running) {
      await this.reloadIndex().catch((e) => this.failed(e));
      const known = this.renditions.size > 0;
      await this.clock.sleep(this.pollMs * (known ? 5 : 1), this.ending);
    }
  }

  async reloadIndex() {
    if (this.index === 'media') return;
    const got = await this.fetch(this.url);
    if (got.status !== 200) {
      this.missed(this.url, got.status);
      if ([404, 410].includes(got.status) && this.index) await this.checkGone();
      return;
    }
    this.firstIndexAt ??= Date.now();
    const add = (faults) => this.findings.takeAll('index', faults);
    const list = parsePlaylist(plain(got).toString('utf8'), { url: this.url });
    if (list.kind === 'media') {
      this.index = 'media';
      this.follow('media', this.url);
      return;
    }
    add(rules.checkText(plain(got), got.headers, new URL(this.url).pathname));
    add(rules.checkSyntax(list));
    this.facts.add('multi');
    this.index = list;
    this.onIndex?.(list);
    this.variables = list.variables;
    this.followAll(list);
  }

  followAll(list) {
    const media = list.media.filter((m) => m.has('URI'));
    for (const v of list.variants) this.follow(nameOf(v.uri), new URL(v.uri, this.url).href);
    for (const m of media) {
      const r = this.follow(nameOf(m.get('URI').value), new URL(m.get('URI').value, this.url).href);
      r.kind ??= m.get('TYPE')?.value;
    }
    for (const a of list.iframes.filter((x) => x.has('URI'))) {
      const uri = a.get('URI').value;
      this.follow(nameOf(uri), new URL(uri, this.url).href, true);
    }
  }

  follow(name, url, iframes = false) {
    const into = iframes ? this.iframes : this.renditions;
    if (!into.has(name)) {
      const r = new Rendition(name, url, this, { iframes });
      into.set(name, r);
      if (this.renditions.size > 1) this.facts.add('several');
      r.loop = this.running ? r.run() : Promise.resolve();
    }
    return into.get(name);
  }

  // Rule 33, once: what was listed last is still there.
  async checkGone() {
    if (this.facts.has('gone')) return;
    this.facts.add('gone');
    for (const r of this.renditions.values()) {
      const s = r.ordered().filter((x) => !x.gap).at(-1);
      if (!s || r.last.doneAt + r.longest * 1000 < this.clock.now()) continue;
      const { status } = await r.downloads.fetch(s.uri, s.byteRange);
      if (![200, 206].includes(status)) {
        r.add({ rule: 33, text: `${s.uri} answers ${status} as soon as the presentation is gone` });
      }
    }
  }

  // The publisher has left: nothing need come any more, and nobody waits for it.
  left() {
    this.publishing = false;
    this.patience.abort();
    this.patience = new AbortController();
  }

  // One more round, then the verdict over everything seen. → Findings
  async stop() {
    this.running = false;
    this.abort.abort();
    this.patience.abort();
    for (const timer of this.timers) timer.abort();
    await this.loop;
    await Promise.all(this.all().map((r) => r.loop));
    await this.round();
    await Promise.all(this.all().map((r) => r.downloads.settled()));
    if (this.probes) await new Prober(this).run().catch((e) => this.failed(e));
    for (const r of this.renditions.values()) await r.checkStored().catch((e) => this.failed(e));
    await checkPresentation(this).catch((e) => this.failed(e));
    this.transport.close?.();
    this.clock.close?.();
    return this.findings;
  }

  async round() {
    await this.reloadIndex().catch((e) => this.failed(e));
    await Promise.all(this.all().map((r) => r.reload(null).catch((e) => this.failed(e))));
  }

  coverage() { return rules.coverage(this.facts); }

  tracks() { return [...this.renditions.values()].map((r) => r.track()); }

  track(name) { return this.renditions.get(name)?.track() ?? { name, samples: [] }; }
}

const nameOf = (uri) => uri.replace(/\.m3u8.*$/, '');
