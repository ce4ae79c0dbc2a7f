// The rules of HLS that can be checked from outside, by number; each check returns its findings.
// SPDX-License-Identifier: MIT
//
// A finding is {rule, text}. Numbers are those of the project's conformance list, which cites
// draft-pantos-hls-rfc8216bis and Apple's authoring specification for each. Checks are pure:
// they see texts, parsed playlists, parsed media and times, and do no I/O. follower.mjs feeds
// them; another follower may as well.
import { MEDIA_TAGS, MULTIVARIANT_TAGS, SEGMENT_TAGS } from './hls.mjs';

const CONTENT_TYPES = new Set(['application/vnd.apple.mpegurl', 'audio/mpegurl']);

export class Findings {
  constructor() { this.list = []; this.seen = new Set(); }

  // The same sentence once only: a playlist is read many times.
  add(rule, where, text) {
    const key = `${rule} ${where} ${text}`;
    if (!this.seen.has(key)) this.list.push({ rule, where, text });
    this.seen.add(key);
  }

  takeAll(where, faults) { for (const f of faults) this.add(f.rule, where, f.text); }

  toString() {
    return this.list.map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`).join('\n');
  }
}

// Rules 1–3: what the bytes of any playlist must be. → findings
export function checkText(bytes, contentType, path) {
  const out = [];
  const text = bytes.toString('utf8');
  if (!/^#EXTM3U(\r?\n|$)/.test(text)) out.push({ rule: 1, text: '#EXTM3U is not the first line' });
  if (!Buffer.from(text, 'utf8').equals(bytes)) out.push({ rule: 2, text: 'is not UTF-8' });
  if (text !== text.normalize('NFC')) out.push({ rule: 2, text: 'is not NFC' });
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/.test(text)) {
    out.push({ rule: 2, text: 'holds a BOM or control characters' });
  }
  const type = (contentType ?? '').split(';')[0].trim().toLowerCase();
  if (!CONTENT_TYPES.has(type)) out.push({ rule: 3, text: `Content-Type is ${contentType}` });
  if (!path.endsWith('.m3u8')) out.push({ rule: 3, text: `path ${path} does not end in .m3u8` });
  return out;
}

// Rule 4: what Section 8 demands of EXT-X-VERSION.
export function neededVersion(list) {
  const has = (name) => list.tags.some((t) => t.name === name);
  let need = 1;
  const atLeast = (v, condition) => { if (condition) need = Math.max(need, v); };
  atLeast(3, list.segments.some((s) => s.durationText?.includes('.')));
  atLeast(4, has('EXT-X-BYTERANGE') || has('EXT-X-I-FRAMES-ONLY'));
  atLeast(5, has('EXT-X-MAP'));
  atLeast(6, has('EXT-X-MAP') && !has('EXT-X-I-FRAMES-ONLY'));
  atLeast(7, list.media.some((m) => m.get('INSTREAM-ID')?.value.startsWith('SERVICE')));
  atLeast(8, has('EXT-X-DEFINE'));
  atLeast(9, has('EXT-X-SKIP'));
  return need;
}

// Rules 4–8: one playlist of either kind, by itself.
export function checkSyntax(list) {
  const out = [...list.faults];
  const count = (name) => list.tags.filter((t) => t.name === name).length;
  if (count('EXT-X-VERSION') > 1) out.push({ rule: 4, text: 'EXT-X-VERSION twice' });
  const need = neededVersion(list);
  if ((list.version ?? 1) < need) {
    out.push({ rule: 4, text: `EXT-X-VERSION ${list.version}, needs ${need}` });
  }
  if ((list.version ?? 1) > Math.max(need, 6)) {
    out.push({ rule: 4, text: `EXT-X-VERSION ${list.version} exceeds the need, ${need}` });
  }
  if (count('EXT-X-ALLOW-CACHE')) out.push({ rule: 5, text: 'EXT-X-ALLOW-CACHE' });
  const names = list.tags.map((t) => t.name);
  const media = names.find((n) => MEDIA_TAGS.has(n) || SEGMENT_TAGS.has(n));
  const multi = names.find((n) => MULTIVARIANT_TAGS.has(n));
  if (media && multi) out.push({ rule: 6, text: `${media} and ${multi} in one playlist` });
  for (const name of MEDIA_TAGS) {
    if (count(name) > 1) out.push({ rule: 7, text: `${name} ${count(name)} times` });
  }
  return out;
}

// Rules 10–55 as far as one live media playlist shows them.
export function checkMedia(list) {
  const out = [];
  const fault = (rule, text) => out.push({ rule, text });
  const td = list.targetDuration;
  if (!td) fault(10, 'EXT-X-TARGETDURATION is missing or 0');
  for (const s of list.segments) {
    if (td && Math.round(s.duration) > td) {
      fault(11, `EXTINF ${s.duration} of MSN ${s.msn} > TD ${td}`);
    }
    if (!s.map) fault(37, `no EXT-X-MAP in force for MSN ${s.msn}`);
  }
  checkOrder(list, fault);
  if (list.mediaSequence === null) fault(16, 'no EXT-X-MEDIA-SEQUENCE');
  if (list.discontinuitySequence === null) fault(18, 'no EXT-X-DISCONTINUITY-SEQUENCE');
  if (list.tags.some((t) => t.name === 'EXT-X-PLAYLIST-TYPE') && list.mediaSequence > 0) {
    fault(30, 'a sliding playlist carries EXT-X-PLAYLIST-TYPE');
  }
  checkDates(list, fault);
  return out;
}

// The two sequences stand before the first segment (and the second before any DISCONTINUITY).
function checkOrder(list, fault) {
  const line = (name) => list.tags.find((t) => t.name === name)?.line ?? 0;
  const firstUri = list.tags.find((t) => t.uri)?.line ?? Infinity;
  const firstBreak = line('EXT-X-DISCONTINUITY') || Infinity;
  if (line('EXT-X-MEDIA-SEQUENCE') > firstUri) fault(16, 'EXT-X-MEDIA-SEQUENCE after a segment');
  if (line('EXT-X-DISCONTINUITY-SEQUENCE') > Math.min(firstUri, firstBreak)) {
    fault(18, 'EXT-X-DISCONTINUITY-SEQUENCE after a segment or EXT-X-DISCONTINUITY');
  }
}

function checkDates(list, fault) {
  if (list.segments.length && !list.segments.some((s) => s.date !== undefined)) {
    fault(51, 'no EXT-X-PROGRAM-DATE-TIME');
  }
  let end = null;
  let broken = false;
  for (const s of list.segments) {
    broken ||= s.discontinuity;
    if (broken && s.date === undefined) fault(52, `MSN ${s.msn} follows a DISCONTINUITY undated`);
    if (s.date !== undefined && end !== null && s.date - end < -1000) {
      fault(53, `MSN ${s.msn} begins ${Math.round(end - s.date)} ms before its predecessor ends`);
    }
    end = s.date !== undefined ? s.date + s.duration * 1000
      : end === null ? null : end + s.duration * 1000;
  }
  const ranges = list.tags.filter((t) => t.name === 'EXT-X-DATERANGE');
  const ids = new Map();
  for (const t of ranges) {
    const id = t.attributes.get('ID')?.value;
    if (!list.segments.some((s) => s.date !== undefined)) fault(55, 'DATERANGE without a PDT');
    // Two tags of one ID may add to each other; what both say must be the same.
    const known = ids.get(id) ?? new Map();
    for (const [name, { raw }] of t.attributes) {
      if (known.has(name) && known.get(name) !== raw) {
        fault(55, `DATERANGE ${id} changed its values: ${name}`);
      }
      known.set(name, raw);
    }
    ids.set(id, known);
  }
}

// Rules 13, 16–18, 21, 23: what may change between two reloads of one media playlist.
export function checkReload(before, after) {
  const out = [];
  const fault = (rule, text) => out.push({ rule, text });
  if (after.targetDuration !== before.targetDuration) {
    fault(13, `TARGETDURATION went from ${before.targetDuration} to ${after.targetDuration}`);
  }
  if (before.endList && !after.endList) fault(21, 'ENDLIST was taken back');
  if (after.mediaSequence < before.mediaSequence) {
    fault(16, `MEDIA-SEQUENCE went back from ${before.mediaSequence} to ${after.mediaSequence}`);
    return out;
  }
  const removed = before.segments.filter((s) => s.msn < after.mediaSequence);
  if (after.mediaSequence - before.mediaSequence > removed.length && before.segments.length
    && after.segments[0]?.msn > before.segments.at(-1).msn + 1) {
    // Legal when the reader slept; a follower that polls fast calls this a jump.
    fault(16, `MSN jumped from ${before.segments.at(-1).msn} to ${after.segments[0].msn}`);
  }
  const kept = new Map(after.segments.map((s) => [s.msn, s]));
  for (const s of before.segments) {
    const now = kept.get(s.msn);
    if (!now && s.msn >= after.mediaSequence) fault(21, `MSN ${s.msn} vanished from the middle`);
    else if (now) checkUnchanged(s, now, s.msn === after.mediaSequence, fault);
  }
  checkRemoval(before, after, removed, fault);
  return out;
}

// EXT-X-MAP and metadata may move when the segment becomes the first of the list.
function checkUnchanged(was, is, isFirst, fault) {
  if (was.uri !== is.uri) fault(17, `MSN ${was.msn} was ${was.uri}, is ${is.uri}`);
  if (was.map !== is.map) fault(17, `MAP of MSN ${was.msn} was ${was.map}, is ${is.map}`);
  if (was.durationText !== is.durationText) {
    fault(21, `EXTINF of MSN ${was.msn} was ${was.durationText}, is ${is.durationText}`);
  }
  if (Boolean(was.discontinuity) !== Boolean(is.discontinuity) && !isFirst) {
    fault(21, `EXT-X-DISCONTINUITY of MSN ${was.msn} came or went`);
  }
  if (was.date !== undefined && is.date !== undefined && was.date !== is.date) {
    fault(21, `PROGRAM-DATE-TIME of MSN ${was.msn} changed by ${is.date - was.date} ms`);
  }
  if (was.dsn !== is.dsn) {
    fault(18, `discontinuity sequence of MSN ${was.msn} was ${was.dsn}, is ${is.dsn}`);
  }
}

function checkRemoval(before, after, removed, fault) {
  if ((after.discontinuitySequence ?? 0) < (before.discontinuitySequence ?? 0)) {
    fault(18, 'EXT-X-DISCONTINUITY-SEQUENCE went back');
  }
  if (!removed.length) return;
  const left = after.segments.reduce((sum, s) => sum + s.duration, 0);
  if (left < 3 * after.targetDuration) {
    fault(23, `${left.toFixed(3)} s left after a removal, TD is ${after.targetDuration}`);
  }
  if (after.segments.length < 6) fault(23, `${after.segments.length} segments after a removal`);
}

// Rule 27: ms between the appearances of two segments.
export function checkPace(gapMs, targetDuration, msn) {
  const limit = 1500 * targetDuration;
  return gapMs <= limit ? []
    : [{ rule: 27, text: `MSN ${msn} came ${gapMs} ms after the last, allowed are ${limit}` }];
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

// Rules 12, 14, 35, 39–41 over one rendition's segments in order. Each segment:
// {msn, duration, discontinuity, map, init, media (of readSegment), firstIsIdr}.
export function checkTimeline(segments, targetDuration, frameSeconds = 0) {
  const out = [];
  const fault = (rule, text) => out.push({ rule, text });
  let run = null;
  let last = null;
  for (const s of segments) {
    out.push(...s.media.faults.map((f) => ({ rule: f.rule, text: `MSN ${s.msn}: ${f.text}` })));
    const { timescale } = s.init;
    const first = s.media.samples[0];
    if (!first) { last = null; run = null; continue; }
    const real = (s.media.end - first.dts) / timescale;
    if (real > targetDuration + 0.5) {
      fault(12, `MSN ${s.msn} lasts ${real} s, TD ${targetDuration}`);
    }
    if (s.init.kind === 'video' && !s.firstIsIdr) fault(35, `MSN ${s.msn} starts without an IDR`);
    if (last && last.map !== s.map && !s.discontinuity) {
      fault(37, `MSN ${s.msn} has a new MAP without DISCONTINUITY`);
    }
    if (s.discontinuity || !last || last.msn + 1 !== s.msn) {
      run = { from: s.msn, start: first.dts, sum: 0 };
    } else if (last.media.end !== first.dts) {
      fault(40, `MSN ${s.msn} starts at ${first.dts}, expected ${last.media.end}`);
    }
    if (last && last.msn + 1 === s.msn && last.media.fragments.at(-1).sequence
      >= s.media.fragments[0].sequence && !s.discontinuity) {
      fault(39, `MSN ${s.msn}: mfhd sequence ${s.media.fragments[0].sequence} does not rise`);
    }
    run.sum += s.duration;
    const drift = run.sum - (s.media.end - run.start) / timescale;
    const own = median(s.media.samples.map((x) => x.duration)) / timescale;
    if (Math.abs(drift) > Math.max(frameSeconds, own) + 0.002) {
      fault(14, `EXTINF of MSN ${run.from} to ${s.msn}: ${drift.toFixed(4)} s more than media`);
    }
    last = s;
  }
  return out;
}

// Rules 20 and 54 across the renditions of one room: [{name, segments}] as in checkTimeline,
// segments dated. A segment's date names its first sample in presentation order.
export function checkAlignment(renditions, toleranceMs) {
  const out = [];
  const epochs = new Map();
  for (const r of renditions) {
    for (const s of r.segments) {
      if (s.date === undefined || !s.media.samples.length) continue;
      const first = Math.min(...s.media.samples.map((x) => x.pts)) / s.init.timescale;
      const epoch = s.date - first * 1000;
      const known = epochs.get(s.dsn);
      if (!known) epochs.set(s.dsn, { epoch, name: r.name, msn: s.msn });
      else if (Math.abs(known.epoch - epoch) > toleranceMs) {
        out.push({ rule: 54, text: `${r.name} MSN ${s.msn}: date minus media time differs by `
          + `${(epoch - known.epoch).toFixed(1)} ms from ${known.name} MSN ${known.msn}` });
      }
    }
  }
  return out.concat(checkBreaks(renditions));
}

// The same DISCONTINUITY must carry the same number everywhere: its dates must agree.
function checkBreaks(renditions) {
  const out = [];
  const breaks = new Map();
  for (const r of renditions) {
    for (const s of r.segments.filter((x) => x.discontinuity && x.date !== undefined)) {
      const known = breaks.get(s.dsn);
      if (!known) breaks.set(s.dsn, { date: s.date, name: r.name });
      else if (Math.abs(known.date - s.date) > 4000) {
        out.push({ rule: 20, text: `discontinuity ${s.dsn} lies ${s.date - known.date} ms apart in `
          + `${known.name} and ${r.name}` });
      }
    }
  }
  return out;
}

// Rules 58–65 of the multivariant playlist; inits: Map of URI of a media playlist → its init.
export function checkMultivariant(list, inits) {
  const out = [];
  const fault = (rule, text) => out.push({ rule, text });
  if (!list.variants.length) fault(58, 'no EXT-X-STREAM-INF');
  for (const { attributes: a, uri } of list.variants) {
    for (const [rule, name] of [[58, 'BANDWIDTH'], [59, 'AVERAGE-BANDWIDTH'], [60, 'CODECS']]) {
      if (!a.has(name)) fault(rule, `${uri} has no ${name}`);
    }
    // The hexadecimal digits of avc1 and hvc1 may be written in either case (RFC 6381 3.3).
    const codecs = (a.get('CODECS')?.value ?? '').toLowerCase().split(',');
    const group = a.get('AUDIO')?.value;
    const audio = list.media.filter((m) => m.get('TYPE')?.value === 'AUDIO'
      && m.get('GROUP-ID')?.value === group).map((m) => m.get('URI')?.value);
    const init = inits.get(uri);
    for (const i of [init, ...audio.filter(Boolean).map((u) => inits.get(u))]) {
      if (i && !codecs.includes(i.rfc6381.toLowerCase())) {
        fault(60, `CODECS ${codecs} lack ${i.rfc6381}`);
      }
    }
    if (group && !audio.length) fault(60, `AUDIO group ${group} does not exist`);
    if (init?.kind === 'video') {
      const size = a.get('RESOLUTION')?.value;
      if (size !== `${init.width}x${init.height}`) {
        fault(61, `RESOLUTION ${size}, init says ${init.width}x${init.height}`);
      }
      const rate = a.get('FRAME-RATE')?.raw;
      if (rate !== undefined && !/^\d+\.\d{3}$/.test(rate)) fault(61, `FRAME-RATE ${rate}`);
    }
  }
  checkGroups(list, fault);
  return out;
}

function checkGroups(list, fault) {
  const names = new Set();
  const defaults = new Map();
  for (const m of list.media) {
    const group = m.get('GROUP-ID')?.value;
    const name = `${group}/${m.get('NAME')?.value}`;
    if (names.has(name)) fault(63, `NAME ${name} twice`);
    names.add(name);
    if (m.get('DEFAULT')?.raw === 'YES') {
      defaults.set(group, (defaults.get(group) ?? 0) + 1);
      if (m.has('AUTOSELECT') && m.get('AUTOSELECT').raw !== 'YES') {
        fault(63, 'DEFAULT=YES without AUTOSELECT=YES');
      }
    }
    if (m.get('TYPE')?.raw === 'AUDIO' && !m.has('CHANNELS')) fault(63, `${name} lacks CHANNELS`);
    if (!m.has('LANGUAGE')) fault(64, `${name} lacks LANGUAGE`);
    if (m.get('FORCED')) fault(63, 'FORCED outside of SUBTITLES');
  }
  for (const [group, n] of defaults) if (n > 1) fault(63, `${n} DEFAULT=YES in group ${group}`);
}
