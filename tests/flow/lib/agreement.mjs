// What every reader of a room saw, held against what every other one saw.
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { parsePlaylist, reach } from './hls.mjs';

const CONSTANT = ['version', 'targetDuration', 'partTarget', 'independent'];
const sha = (bytes) => createHash('sha1').update(bytes).digest('hex');

export class Agreement {
  constructor() {
    Object.assign(this, { faults: [], facts: new Map(), texts: new Map(), updates: 0, reads: 0,
      gaps: 0 });
  }

  fault(text) { if (this.faults.length < 20) this.faults.push(text); }

  // A name means one thing, for everybody and for ever.
  holds(name, value) {
    const before = this.facts.get(name);
    if (before === undefined) this.facts.set(name, value);
    else if (before !== value) this.fault(`${name}: "${before}", then "${value}"`);
  }

  // Parts of a segment that is still open are the first ones of the whole segment.
  parts(rendition, segment) {
    for (const [i, part] of segment.parts.entries()) {
      this.holds(`${rendition} part ${segment.msn}.${i}`, part.text);
    }
  }

  segment(rendition, s) {
    const name = `${rendition} segment ${s.msn}`;
    if (s.gap && !this.facts.has(name)) this.gaps++;
    this.holds(name, JSON.stringify([s.uri, s.durationText, s.date, s.map, !!s.gap]));
    // Which EXT-X-DISCONTINUITY stands before the first one is in the sequence number alone.
    this.holds(`${name} discontinuities`, s.dsn);
    this.holds(`address ${s.uri}`, name);
    if (s.parts.length) {
      this.holds(`${name} number of parts`, s.parts.length);
      this.parts(rendition, s);
    }
  }

  // A text that nobody saw before. → {list, end}
  learn(rendition, text) {
    const list = parsePlaylist(text);
    for (const f of list.faults) this.fault(`${rendition}: rule ${f.rule}: ${f.text}`);
    for (const key of CONSTANT) this.holds(`${rendition} ${key}`, list[key]);
    this.holds('EXT-X-SERVER-CONTROL', list.control.text);
    // Of a delta update the discontinuities that it leaves out are not known.
    if (!list.skip) {
      for (const s of list.segments) this.segment(rendition, s);
      this.holds(`${rendition} first ${list.mediaSequence}`, list.discontinuitySequence);
    } else {
      for (const s of list.segments) this.holds(`address ${s.uri}`, `${rendition} segment ${s.msn}`);
    }
    this.parts(rendition, list.open);
    this.updates += list.skip ? 0 : 1;
    return { list, end: reach(list) };
  }

  // A playlist that was read. before: what the same reader had last of the same rendition.
  playlist(rendition, reply, before) {
    this.reads++;
    const text = reply.body.toString();
    const key = sha(text);
    this.holds(`${rendition} text of ETag ${reply.headers.etag}`, key);
    let known = this.texts.get(rendition + key);
    if (!known) this.texts.set(rendition + key, known = this.learn(rendition, text));
    const { list, end } = known;
    if (before && (list.mediaSequence < before.list.mediaSequence
        || list.discontinuitySequence < before.list.discontinuitySequence
        || end.msn < before.end.msn || (end.msn === before.end.msn && end.parts < before.end.parts))) {
      this.fault(`${rendition}: ${JSON.stringify(end)} after ${JSON.stringify(before.end)}`);
    }
    return known;
  }

  // Bytes that were read under an address (of a range of it).
  bytes(uri, reply) {
    this.reads++;
    this.holds(`bytes of ${uri}`, sha(reply.body));
    this.holds(`headers of ${uri}`, JSON.stringify([reply.headers.etag,
      reply.headers['content-length'], reply.headers['content-type']]));
    if (!reply.headers.etag) this.fault(`${uri}: no ETag`);
  }
}
