// Follows one media playlist: reloads it as it allows, judges each state, has its media fetched.
// SPDX-License-Identifier: MIT
import { gunzipSync } from 'node:zlib';
import { Downloads, sha1 } from './downloads.mjs';
import { isBehind, lengthOf, parsePlaylist, rangeKey, reach } from './hls.mjs';
import * as rules from './rules.mjs';

// Every so many delta updates a whole list is fetched beside it.
const COMPARE_EVERY = 3;
// A first window may be long; only so much of it is fetched when samples are not kept.
const HISTORY = 12;

export const plain = (r) => (r.headers['content-encoding'] === 'gzip' ? gunzipSync(r.body)
  : r.body);

// A URL with the protocol's directives, in the order that makes one cache key (rule 100).
export function withDirectives(url, directives) {
  const u = new URL(url);
  for (const [name, value] of Object.entries(directives).sort()) {
    if (value !== undefined) u.searchParams.set(name, value);
  }
  return u.href;
}

export class Rendition {
  constructor(name, url, follower, { iframes = false } = {}) {
    Object.assign(this, { name, url, follower, iframes, segments: new Map(), list: null, reloads: 0,
      deltas: 0, longest: 0, last: null, lastNewAt: null, lastPartAt: null, whole: new Map(),
      states: [], removed: [], tooSoon: new Set(), plainNext: false, noDelta: false, blocked: false,
        early: null, ranges: new Map() });
    this.downloads = new Downloads(this);
    this.inits = this.downloads.inits;
    this.parts = this.downloads.parts;
  }

  add(fault) { this.follower.findings.add(fault.rule, this.name, fault.text, fault.level); }

  addAll(faults) { faults.forEach((f) => this.add(f)); }

  get clock() { return this.follower.clock; }

  // Until the follower stops: blocking where that is offered, else at the follower's pace.
  async run() {
    while (this.follower.running) {
      const before = this.list;
      const ok = await this.step();
      const blocks = this.list?.control?.blocks && this.follower.publishing;
      if (!(ok && this.list !== before && blocks)) {
        await this.clock.sleep(this.follower.pollMs, this.follower.ending);
      }
    }
  }

  // A server that is away for a moment is an error to note, not the follower's end.
  async step() {
    try {
      return await this.reload(this.nextAsked());
    } catch (e) {
      this.follower.failed(e);
      return false;
    }
  }

  nextAsked() {
    const { list } = this;
    if (!list?.control?.blocks || list.endList || this.plainNext || !this.follower.publishing) {
      return null;
    }
    const { msn, parts } = reach(list);
    // Beyond the last part of a segment means the first of the next: both ways are asked (rule 93).
    const last = list.segments.at(-1);
    if (list.partTarget && parts === 0 && last?.parts.length && this.blocked && this.reloads % 2) {
      return { msn: last.msn, part: last.parts.length };
    }
    return list.partTarget ? { msn, part: parts } : { msn };
  }

  // One reload, waiting for `asked` ({msn, part}) when given; true when a playlist came back.
  async reload(asked = null) {
    const before = this.list;
    const skip = asked && !this.noDelta && before.control.skipUntil !== undefined
      && this.reloads % 3
      ? (before.control.skipsDateRanges && this.reloads % 2 ? 'v2' : 'YES') : undefined;
    const { got, list } = await this.request(asked, skip);
    this.plainNext = false;
    if (asked && !(skip && list)) this.judgeWait(asked, got, list);
    if (!list) {
      this.plainNext = true;
      this.follower.missed(this.url, got.status);
      return false;
    }
    this.follower.facts.add('list');
    const whole = skip ? this.merge(before, list, skip, got.sentAt) : list;
    if (!whole
      || (whole.merged && this.deltas++ % COMPARE_EVERY === 0 && !await this.same(whole, before))) {
      return this.reload(null);
    }
    if (skip) this.judgeWait(asked, got, whole);
    this.take(whole, got, asked);
    return true;
  }

  async request(asked, skip, options = {}) {
    const url = withDirectives(this.url, { _HLS_msn: asked?.msn, _HLS_part: asked?.part,
      _HLS_skip: skip });
    const gzip = this.reloads % 2 === 1;
    const got = await this.follower.fetch(url, { headers: gzip ? { 'accept-encoding': 'gzip' } : {},
      ...asked ? { timeoutMs: this.follower.holdMs(), signal: this.follower.patience.signal } : {},
        ...options });
    if (got.status !== 200) return { got, list: null };
    const bytes = plain(got);
    this.addAll(rules.checkText(bytes, got.headers, new URL(this.url).pathname));
    const text = bytes.toString('utf8');
    if (!asked && !skip) this.follower.roundTrip(got.headAt - got.sentAt);
    if (text === this.list?.text && !skip) return { got, list: this.list };
    const list = parsePlaylist(text, { url: this.url, known: this.follower.variables });
    this.addAll(rules.checkSyntax(list));
    list.saysIframes = list.iframesOnly;
    list.iframesOnly ||= this.iframes;
    return { got, list };
  }

  judgeWait(asked, got, list) {
    this.follower.facts.add('blocks');
    const waitedMs = got.headAt - got.sentAt - got.stalledMs;
    if (got.status === 200 && waitedMs > this.follower.slackMs()) this.blocked = true;
    if (waitedMs > 3000 * this.list.targetDuration) this.follower.facts.add('stall');
    const hinted = this.downloads.answeredAt(this.list.hints.find((h) => h.type === 'PART'));
    const faults = rules.checkBlocking({ asked, list, before: this.list, exchange: {
      status: got.status, waitedMs: Math.round(waitedMs) }, slackMs: this.follower.slackMs(),
    aheadMs: hinted === undefined ? undefined : got.headAt - hinted });
    // A 503 before its time is right when the stream itself has broken off: what follows tells.
    if (got.status === 503) this.early = { faults, at: got.doneAt };
    else this.addAll(faults);
  }

  judgeEarly(list, now) {
    const { faults, at } = this.early ?? { faults: [] };
    if (list.control?.blocks && now - at < 1500 * list.targetDuration) this.addAll(faults);
    this.early = null;
  }

  merge(before, delta, skip, askedAt) {
    this.follower.facts.add('skips');
    const seen = new Map([...this.ranges].map(([key, at]) => [key, (askedAt - at) / 1000]));
    const { faults, merged } = rules.checkDelta(before, delta, skip, seen);
    this.addAll(faults);
    this.noDelta ||= faults.some((f) => f.rule === 88);
    return this.noDelta ? null : merged;
  }

  // Is a merged list what a whole one says? After the first that is not, no more are asked for.
  async same(merged, before) {
    let { list } = await this.request(null);
    // Another thread of the server may be some milliseconds behind.
    for (let i = 0; i < 5 && list && isBehind(reach(list), reach(merged)); i++) {
      await this.clock.sleep(20, this.follower.ending);
      ({ list } = await this.request(null));
    }
    const faults = list && !list.skip ? rules.checkMerge(merged, list, before) : [];
    this.addAll(faults);
    this.noDelta ||= faults.length > 0;
    return faults.length === 0;
  }

  // A new state of the list (or the old one again).
  take(list, got, asked) {
    this.reloads++;
    const before = this.list;
    const fresh = list !== before && list.text !== before?.text;
    const seen = { at: got.doneAt, doubtMs: before ? this.doubt(list, got, asked) : Infinity,
      earliest: this.last?.sentAt ?? -Infinity };
    this.addAll(rules.checkPlaylistHeaders(got, { targetDuration: list.targetDuration,
      live: !list.endList, blocking: Boolean(asked), fresh: fresh && before !== null }));
    if (fresh) {
      this.judgeEarly(list, got.doneAt);
      this.judge(before, list, got);
      this.list = list;
      this.longest = Math.max(this.longest, lengthOf(list));
      if (before) this.follower.facts.add('reloads');
      this.takeNew(before, list, seen);
      if (before) this.takeRemoved(before, list, got);
    }
    this.noteRanges(list, got.doneAt);
    this.last = { sentAt: got.sentAt, doneAt: got.doneAt };
    this.states.push({ ...reach(list), list, sentAt: got.sentAt, doneAt: got.doneAt,
      since: seen.earliest });
    if (this.states.length > 40) this.states.shift();
    if (fresh) this.follower.moved(this);
  }

  // Since when each date range has been known.
  noteRanges(list, at) {
    const keys = list.dateRanges.map(rangeKey);
    this.ranges = new Map(keys.map((key) => [key, this.ranges.get(key) ?? at]));
  }

  // How much earlier than its answer came a state may have begun. Only of an answer that was waited
  // for, and that brought no more than was asked for, is that known closely.
  doubt(list, got, asked) {
    const trip = this.follower.trip();
    const waited = got.headAt - got.sentAt;
    const exact = asked && !isBehind(rules.wanted(list, asked), reach(list));
    return exact && waited > 2 * trip + 20 ? got.stalledMs + trip
      : got.doneAt - (this.last?.sentAt ?? got.sentAt);
  }

  judge(before, list, got) {
    this.note(list);
    this.addAll(rules.checkMedia(list));
    if (!this.iframes) this.addAll(rules.checkLowLatency(list));
    if (list.partTarget && !list.endList && !this.iframes) {
      this.addAll(rules.checkReports(list, this.url, this.follower.others(this)));
    }
    if (!before) return;
    const slept = got.doneAt - this.last.sentAt > 500 * lengthOf(before);
    this.addAll(rules.checkReload(before, list, { slept }));
    this.addAll(rules.checkConstants(before, list));
    if (!slept) this.addAll(rules.checkHintKept(before, list));
    const news = reach(before).msn !== reach(list).msn || reach(before).parts !== reach(list).parts;
    this.addAll(rules.checkAge(got.headers, news ? got.doneAt - this.last.sentAt : null));
  }

  note(list) {
    const { facts } = this.follower;
    if (!list.endList) facts.add('live');
    else facts.add('ended');
    if (list.partTarget) facts.add('ll');
    if (list.dateRanges.length) facts.add('dateRanges');
    if (list.control?.skipUntil !== undefined) facts.add('skips');
    if (list.segments.some((s) => s.byteRange || s.mapRange)) facts.add('ranges');
    if (this.iframes) {
      facts.add('iframes');
      if (list.control?.blocks) facts.add('iframesBlock');
    }
  }

  takeNew(before, list, seen) {
    this.takeParts(before, list, seen);
    this.first ??= list.mediaSequence ?? 0;
    // What is older than all that was ever listed is a list gone back (rule 16), and not new.
    let fresh = list.segments.filter((s) => !this.segments.has(s.msn) && s.msn >= this.first);
    if (fresh.length) this.pace(before, list, fresh, seen);
    if (!before && !this.follower.keep && fresh.length > HISTORY) {
      this.follower.note(`${this.name}: of ${fresh.length} segments in the first list the newest `
        + `${HISTORY} were fetched`);
      for (const s of fresh.slice(0, -HISTORY)) this.segments.set(s.msn, null);
      fresh = fresh.slice(-HISTORY);
    }
    for (const s of fresh) {
      this.segments.set(s.msn, null);
      if (this.iframes) continue;
      const open = before?.open.msn === s.msn ? before.open.parts : null;
      const sum = s.parts.reduce((n, p) => n + p.duration, 0);
      const allParts = s.parts.length > 0 && (before ? s.msn > before.open.msn || open !== null
        : sum > s.duration - 0.5 * (list.partTarget ?? 0));
      if (before && !s.gap) this.whole.set(s.msn, { ...seen, date: s.date });
      this.downloads.segment({ ...s, allParts }, { at: seen.at, earliest: seen.earliest });
    }
  }

  takeParts(before, list, seen) {
    if (this.iframes) return;
    const fresh = rules.listParts(list).filter(({ part }) => !this.parts.get(
      `${part.uri} ${part.byteRange?.offset ?? 0}`)?.listed);
    for (const p of fresh) this.downloads.listed(p, seen);
    if (fresh.length) {
      const [first] = fresh;
      if (before && this.lastPartAt !== null && this.follower.publishing && !first.part.gap
        && !first.segment.discontinuity && list.partTarget) {
        const gap = this.paced(this.lastPartAt, seen);
        this.addAll(rules.checkPartPace(gap, list.partTarget,
          `part ${first.index} of MSN ${first.msn}`));
      }
      this.lastPartAt = seen.at;
    }
    for (const h of list.hints) {
      if (h.type === 'PART' && !list.endList && this.follower.running) this.downloads.hint(h);
    }
  }

  // How long nothing new came, at least, while there was something to come.
  paced(since, { at, doubtMs }) {
    const { follower } = this;
    return Math.round(at - doubtMs - since - follower.absentMs(since, at) - follower.paceSlack());
  }

  pace(before, list, fresh, seen) {
    if (before && this.lastNewAt !== null && this.follower.publishing && !this.iframes
      && !fresh.some((s) => s.discontinuity)) {
      const gap = this.paced(this.lastNewAt, seen);
      this.addAll(rules.checkPace(gap, list.targetDuration, fresh[0].msn));
    }
    this.lastNewAt = seen.at;
  }

  // Nobody knows how long the segments of the first list had been there: they are left alone.
  // Rules 24 and 25: asked for at once, and once more shortly before the time is over.
  takeRemoved(before, after, got) {
    const gone = before.segments.filter((s) => s.msn < after.mediaSequence && !s.gap);
    if (gone.length) this.follower.facts.add('removal');
    for (const { msn } of gone) {
      const s = this.segments.get(msn);
      if (!s || this.iframes) continue;
      this.removed.push(s);
      const until = s.earliest + (s.duration + this.longest) * 1000;
      this.stays({ rule: 24, uri: s.uri, range: s.byteRange, until });
    }
    const left = new Set(rules.listParts(after).map((p) => `${p.part.uri} ${p.part.byteRange?.offset
      ?? 0}`));
    const out = rules.listParts(before).map((p) => p.part).filter((p) => !p.gap
      && !left.has(`${p.uri} ${p.byteRange?.offset ?? 0}`));
    if (!out.length) return;
    this.follower.facts.add('partRemoval');
    const until = this.last.sentAt + 3000 * after.targetDuration;
    const [p] = out;
    if (got.doneAt < until) this.stays({ rule: 25, uri: p.uri, range: p.byteRange, until });
  }

  stays({ rule, uri, range, until }) {
    const ask = async () => {
      const got = await this.downloads.fetch(uri, range);
      const left = Math.round(until - got.doneAt);
      if (![200, 206].includes(got.status) && left > 0) {
        this.tooSoon.add(uri);
        this.add({ rule, text: `${uri} answers ${got.status}, ${left} ms too soon` });
      }
    };
    if (until - this.clock.now() < this.follower.slackMs()) return;
    this.downloads.job(ask());
    this.follower.later(until - this.clock.now() - this.follower.slackMs(), () =>
      this.downloads.job(ask()));
  }

  // Rule 17: the newest segment has the same bytes again. Rule 106: the oldest lives as long as
  // it was said to.
  async checkStored() {
    const newest = this.ordered().filter((s) => !s.gap && s.sha1).at(-1);
    if (newest && !this.plainNext) {
      const again = await this.downloads.fetch(newest.uri, newest.byteRange);
      const body = this.downloads.arrived(again, newest.byteRange);
      if (!body && this.list.segments.some((s) => s.msn === newest.msn)) {
        this.add({ rule: 31, text: `${newest.uri} is listed and answers ${again.status}` });
      } else if (body && sha1(body) !== newest.sha1) {
        this.add({ rule: 17, text: `${newest.uri} gave other bytes the second time` });
      }
    }
    const [oldest] = this.removed;
    if (!oldest || this.plainNext || this.tooSoon.size) return;
    const { status, doneAt } = await this.downloads.fetch(oldest.uri, oldest.byteRange);
    const left = (rules.maxAge(oldest.headers) ?? 0) * 1000 - (doneAt - oldest.fetchedAt);
    if ([404, 410].includes(status) && left > 2000) {
      this.add({ rule: 106, text: `${oldest.uri} is gone ${Math.round(left / 1000)} s before its `
        + 'lifetime ends' });
    }
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
