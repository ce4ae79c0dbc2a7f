// Questions that no player asks, put to a server once at the end: rules 22, 29, 84–89, 94–111.
// SPDX-License-Identifier: MIT
import { isBehind, parsePlaylist, reach } from './hls.mjs';
import { plain, withDirectives } from './rendition.mjs';
import * as rules from './rules.mjs';

const FAR = 1000;
const OPEN_END = 9007199254740991;
// A body that fits into one packet need not be compressed.
const WORTH_GZIP = 1000;
const CORS = { origin: 'https://player.example' };

export class Prober {
  constructor(follower) { this.follower = follower; }

  async run() {
    const { follower } = this;
    const renditions = [...follower.renditions.values()].filter((r) => r.list && !r.plainNext);
    for (const r of renditions) {
      await this.directives(r);
      await this.delivery(r, r.url, 'a playlist');
      await this.compression(r, r.url);
      if (follower.parallel > 1) await this.together(r);
      await this.media(r);
    }
    if (follower.index && follower.index !== 'media') {
      const index = { add: (f) => follower.findings.add(f.rule, 'index', f.text, f.level) };
      await this.delivery(index, follower.url, 'the multivariant playlist');
      await this.compression(index, follower.url);
    }
  }

  // status 0: no answer within limitMs, which for most questions is an answer too.
  async ask(url, { limitMs = 3000, ...options } = {}) {
    const { clock } = this.follower;
    const before = clock.stalledMs();
    try {
      return await this.follower.fetch(url, { timeoutMs: limitMs, ...options });
    } catch (e) {
      if (e.code === 'TIMEOUT') {
        return { status: 0, headers: {}, body: Buffer.alloc(0), waitedMs: limitMs };
      }
      throw e;
    } finally { this.stalledMs = clock.stalledMs() - before; }
  }

  read(got, r) {
    return got.status === 200 ? parsePlaylist(plain(got).toString('utf8'), { url: r.url }) : null;
  }

  said(got) { return got.status ? `was answered ${got.status}` : 'was not answered'; }

  // Rules 29, 87, 89, 94–96 and what 104 says of errors.
  async directives(r) {
    const { list } = r;
    const wait = (directives) => this.ask(withDirectives(r.url, directives));
    if (list.endList) {
      const got = await wait({ _HLS_msn: list.open.msn + 5, _HLS_part: 0 });
      const now = this.read(got, r);
      if (!now?.endList || now.segments.length !== list.segments.length) {
        r.add({ rule: 29, text: `a blocking reload of an ended playlist ${this.said(got)}` });
      }
    } else if (list.control?.blocks) await this.blocking(r, list, wait);
    await this.skipping(r, list, wait);
  }

  async blocking(r, list, wait) {
    const old = await wait({ _HLS_msn: Math.max(0, list.mediaSequence - 5),
      _HLS_part: list.partTarget
      ? 0 : undefined });
    const now = this.read(old, r);
    if (!now || (now.segments.length < list.segments.length && isBehind(reach(now), reach(list)))) {
      r.add({ rule: 94, text: `_HLS_msn of a segment that has left ${this.said(old)}${
        now ? ' with less than the whole list' : ''}` });
    }
    const open = list.open.msn;
    const refused = async (directives, rule, what) => {
      const got = await wait(directives);
      if (got.status !== 400) r.add({ rule, text: `${what} ${this.said(got)}, not 400` });
      rules.checkPlaylistHeaders(got, { targetDuration: list.targetDuration, live: true,
        blocking: true }).forEach((f) => r.add(f));
    };
    await refused({ _HLS_msn: open + FAR, _HLS_part: list.partTarget ? 0 : undefined }, 95,
      'an _HLS_msn far ahead');
    await refused({ _HLS_msn: 'none' }, 96, '_HLS_msn=none');
    if (!list.partTarget) return;
    // The questions before may have taken so long that the segment after `open` is there.
    const latest = this.read(await this.ask(r.url), r);
    if (!latest?.endList) {
      await refused({ _HLS_msn: (latest ?? list).open.msn + 1, _HLS_part: FAR }, 95,
        'an _HLS_part far ahead');
    }
    await refused({ _HLS_part: 0 }, 96, '_HLS_part without _HLS_msn');
  }

  async skipping(r, list, wait) {
    const asked = list.control?.skipsDateRanges ? 'v2' : 'YES';
    const whole = this.read(await this.ask(r.url), r);
    const got = await wait({ _HLS_skip: asked });
    const delta = this.read(got, r);
    if (!whole || !delta) {
      r.add({ rule: 87, text: `_HLS_skip=${asked} ${this.said(got)}` });
      return;
    }
    const { faults, merged } = rules.checkDelta(whole, delta, asked);
    faults.forEach((f) => r.add(f));
    if (merged) rules.checkMerge(merged, whole).filter(() => !isBehind(reach(whole), reach(merged)))
      .forEach((f) => r.add(f));
  }

  // Rules 100, 108 and 111 of any playlist.
  async delivery(r, url, what) {
    const got = await this.ask(url, { headers: CORS });
    if (got.status !== 200) return;
    rules.checkCors(got.headers, what).forEach((f) => r.add(f));
    const other = await this.ask(withDirectives(url, { 'hls-check': '1' }));
    if (other.status !== 200 || !plain(other).includes('#EXTM3U')) {
      r.add({ rule: 100, text: `${what} with an unknown parameter ${this.said(other)}` });
    }
    const head = await this.ask(url, { method: 'HEAD' });
    if (head.status !== 200 || head.body.length) {
      r.add({ rule: 111, text: `HEAD of ${what} ${this.said(head)}` });
    }
    const post = await this.ask(url, { method: 'POST' });
    if (![403, 405, 501].includes(post.status)) {
      r.add({ rule: 111, text: `POST to ${what} ${this.said(post)}, not 405` });
    }
  }

  // Rule 101.
  async compression(r, url) {
    const [flat, zipped] = [await this.ask(url, { headers: { 'accept-encoding': 'identity' } }),
      await this.ask(url, { headers: { 'accept-encoding': 'gzip' } })];
    if (flat.status !== 200 || zipped.status !== 200) return;
    const encoding = zipped.headers['content-encoding'];
    if (encoding !== 'gzip') {
      if (flat.body.length >= WORTH_GZIP) {
        r.add({ rule: 101,
          text: `${flat.body.length} bytes came uncompressed though gzip was accepted` });
      }
    } else if (![flat, zipped].every((g) => /accept-encoding|\*/i.test(g.headers.vary ?? ''))) {
      r.add({ rule: 101, text: 'compressed or not by Accept-Encoding, without Vary' });
    }
    if (flat.headers['content-encoding']) {
      r.add({ rule: 101, text: 'compressed for one who does not accept it' });
    }
  }

  // Rule 22: answers of one moment, in the order in which they reach.
  async together(r) {
    this.follower.facts.add('parallel');
    const got = await Promise.all(Array.from({ length: this.follower.parallel }, (_, i) =>
      this.ask(withDirectives(r.url, {}),
        { headers: i % 2 ? { 'accept-encoding': 'gzip' } : {} })));
    const lists = got.map((g) => this.read(g, r)).filter(Boolean);
    lists.sort((a, b) => (isBehind(reach(a), reach(b)) ? -1 : isBehind(reach(b), reach(a)) ? 1
      : 0));
    rules.checkAtomic(lists, r.list).forEach((f) => r.add(f));
  }

  // Rules 84, 85, 103, 108 and 111 of segments.
  async media(r) {
    const s = r.ordered().filter((x) => !x.gap && x.sha1 && !x.byteRange).at(-1);
    if (!s) return;
    this.follower.facts.add('probes');
    const td = r.list.targetDuration;
    const none = s.url.replace(/([^/?]*?)(\.[^./?]*)?(\?.*)?$/, '$1-hls-check-none$2$3');
    const unknown = await this.ask(none, { headers: CORS });
    if (![404, 410].includes(unknown.status)) {
      r.add({ rule: 84, text: `a name that was never announced ${this.said(unknown)}` });
    }
    rules.checkErrorHeaders(unknown, td, 'an unknown segment').forEach((f) => r.add(f));
    if (unknown.status) rules.checkCors(unknown.headers,
      `a ${unknown.status}`).forEach((f) => r.add(f));
    const whole = await this.ask(s.url, { headers: CORS });
    if (whole.status !== 200) return;
    rules.checkCors(whole.headers, 'a segment').forEach((f) => r.add(f));
    await this.preflight(r, s.url);
    const head = await this.ask(s.url, { method: 'HEAD' });
    const length = head.headers['content-length'];
    if (head.status !== 200 || head.body.length || (length ?? `${whole.body.length}`)
      !== `${whole.body.length}`) {
      r.add({ rule: 111, text: `HEAD of a segment ${this.said(head)}, with length ${length}` });
    }
    await this.ranges(r, s.url, whole.body);
    const part = [...r.parts.values()].findLast((p) => p.size > 20 && !p.part?.byteRange);
    if (part) await this.openRange(r, part);
  }

  async preflight(r, url) {
    const got = await this.ask(url, { method: 'OPTIONS', headers: { ...CORS,
      'access-control-request-method': 'GET', 'access-control-request-headers': 'range' } });
    const allowed = got.headers['access-control-allow-headers'] ?? '';
    if (![200, 204].includes(got.status) || !got.headers['access-control-allow-origin']
      || !/range|\*/i.test(allowed)) {
      r.add({ rule: 108, text: `a preflight for Range ${this.said(got)}, allowing "${allowed}"` });
    }
  }

  async ranges(r, url, whole) {
    const needed = this.follower.facts.has('ranges');
    const n = whole.length;
    for (const [from, to, text] of [[0, 100, '0-99'], [n - 50, null, `${n - 50}-`],
      [n + 10, null, `${n + 10}-`]]) {
      const answer = await this.ask(url, { headers: { range: `bytes=${text}` } });
      rules.checkRange(answer, { whole, from, to, needed, what: `bytes=${text} of a segment` })
        .forEach((f) => r.add(f));
    }
  }

  // Rule 85 (RFC 8673): from somewhere to the largest number a script can hold.
  async openRange(r, part) {
    const url = new URL(part.uri, r.url).href;
    const got = await this.ask(url, { headers: { range: `bytes=10-${OPEN_END}` } });
    if (![200, 206, 404].includes(got.status)
      || (got.status === 206 && got.body.length !== part.size - 10)) {
      r.add({ rule: 85, text: `bytes=10-${OPEN_END} of a part ${this.said(got)} with `
        + `${got.body.length} bytes` });
    }
  }
}
