// What may change between two reloads of a media playlist: rules 9, 13, 16–18, 21–23, 26, 30, 55.
// SPDX-License-Identifier: MIT
import { lengthOf } from '../hls.mjs';
import { checkSameBytes } from './syntax.mjs';

// slept: the reader may have missed whole windows in between.
export function checkReload(before, after, { slept = false } = {}) {
  const out = [];
  const fault = (rule, text, level) => out.push({ rule, text, level });
  if (after.targetDuration !== before.targetDuration) {
    fault(13, `TARGETDURATION went from ${before.targetDuration} to ${after.targetDuration}`);
  }
  if (before.endList && !after.endList) fault(21, 'ENDLIST was taken back');
  if (after.mediaSequence < before.mediaSequence) {
    fault(16, `MEDIA-SEQUENCE went back from ${before.mediaSequence} to ${after.mediaSequence}`);
    return out;
  }
  if (before.type === 'VOD' && before.text !== after.text) fault(30, 'a VOD playlist changed');
  if (before.type === 'EVENT' && after.mediaSequence > before.mediaSequence) {
    fault(30, 'an EVENT playlist lost segments');
  }
  const last = before.segments.at(-1)?.msn;
  if (!slept && before.segments.length && after.segments[0]?.msn > last + 1) {
    fault(16, `MSN jumped from ${last} to ${after.segments[0].msn}`);
  }
  const kept = new Map(after.segments.map((s) => [s.msn, s]));
  for (const s of before.segments) {
    const now = kept.get(s.msn);
    if (!now && s.msn >= after.mediaSequence) fault(21, `MSN ${s.msn} vanished from the list`);
    else if (now) checkUnchanged(s, now, s.msn === after.mediaSequence, fault);
  }
  checkRemoval(before, after, fault);
  checkParts(before, after, fault);
  checkDateRanges(before, after, fault);
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
  if (Boolean(was.gap) !== Boolean(is.gap)) fault(21, `EXT-X-GAP of MSN ${was.msn} came or went`);
  if (was.date !== undefined && is.date !== undefined && was.date !== is.date) {
    fault(21, `PROGRAM-DATE-TIME of MSN ${was.msn} changed by ${is.date - was.date} ms`);
  }
  if (was.dsn !== is.dsn) {
    fault(18, `discontinuity sequence of MSN ${was.msn} was ${was.dsn}, is ${is.dsn}`);
  }
}

function checkRemoval(before, after, fault) {
  if ((after.discontinuitySequence ?? 0) < (before.discontinuitySequence ?? 0)) {
    fault(18, 'EXT-X-DISCONTINUITY-SEQUENCE went back');
  }
  if (!before.segments.some((s) => s.msn < after.mediaSequence)) return;
  const left = lengthOf(after);
  if (left < 3 * after.targetDuration) {
    fault(23, `${left.toFixed(3)} s left after a removal, TD is ${after.targetDuration}`);
  }
  if (after.segments.length < 6) fault(23, `${after.segments.length} segments after a removal`);
}

const partsByMsn = (list) => new Map([...list.segments, list.open].map((s) => [s.msn, s.parts]));
const keyOf = (p) => `${p.uri} ${p.byteRange?.offset ?? ''}`;

// Parts are appended to the open segment, never changed, and leave from the front (rule 26).
function checkParts(before, after, fault) {
  const now = partsByMsn(after);
  for (const [msn, was] of partsByMsn(before)) {
    const is = now.get(msn);
    if (!is?.length || !was.length) continue;
    const from = was.findIndex((p) => keyOf(p) === keyOf(is[0]));
    if (from < 0) { fault(21, `the parts of MSN ${msn} were replaced`); continue; }
    if (msn === after.open.msn && from > 0) fault(26, `MSN ${msn} lost parts before it was whole`);
    was.slice(from).forEach((p, i) => comparePart(msn, from + i, p, is[i], fault));
  }
  const listed = [...after.segments, after.open].map((s) => [s.msn, s.parts.length]);
  const first = listed.findIndex(([, n]) => n > 0);
  for (const s of after.segments.slice(Math.max(first, 0) + 1)) {
    const had = partsByMsn(before).get(s.msn)?.length;
    if (first >= 0 && had && !s.parts.length) {
      fault(26, `the parts of MSN ${s.msn} left before those of MSN ${listed[first][0]}`, 'must');
    }
  }
}

function comparePart(msn, index, was, is, fault) {
  if (!is) { fault(21, `part ${index} of MSN ${msn} vanished`); return; }
  if (keyOf(was) !== keyOf(is)) {
    fault(21, `part ${index} of MSN ${msn} was ${was.uri}, is ${is.uri}`);
  } else if (was.text !== is.text) {
    const same = checkSameBytes(`part ${index} of MSN ${msn}`, was.attributes, is.attributes);
    if (same.length) same.forEach((f) => fault(f.rule, f.text));
    else fault(21, `part ${index} of MSN ${msn} was "${was.text}", is "${is.text}"`);
  }
}

// All that a list says of each date range.
const byId = (list) => list.dateRanges.reduce((all, a) => all.set(a.get('ID')?.value,
  new Map([...a, ...all.get(a.get('ID')?.value) ?? []])), new Map());

// Rule 55: what was said of a date range stays, as long as it maps to a listed segment.
function checkDateRanges(before, after, fault) {
  const start = after.segments.find((s) => s.date !== undefined)?.date;
  const said = byId(after);
  for (const [id, a] of byId(before)) {
    const now = said.get(id);
    const begins = Date.parse(a.get('START-DATE')?.value);
    const ends = begins + 1000 * Number(a.get('DURATION')?.raw ?? 0);
    if (!now && start !== undefined && ends > start) {
      fault(55, `DATERANGE ${id} was removed while it maps to a listed segment`);
    }
    for (const [name, { raw }] of a) {
      const other = now?.get(name)?.raw ?? raw;
      if (other !== raw) fault(55, `DATERANGE ${id}: ${name} was ${raw}, is ${other}`);
    }
  }
}

// Rules 27 and 28: ms between two appearances, what may be late of it already taken away.
export function checkPace(gapMs, targetDuration, msn) {
  const limit = 1500 * targetDuration;
  return gapMs <= limit || !targetDuration ? []
    : [{ rule: 27, text: `MSN ${msn} came ${gapMs} ms after the last, allowed are ${limit}` }];
}

export function checkPartPace(gapMs, partTarget, where) {
  const limit = Math.round(1000 * partTarget);
  return gapMs <= limit ? []
    : [{ rule: 28, text: `${where} came ${gapMs} ms after the last part, allowed are ${limit}` }];
}

// Rule 22: answers to simultaneous requests; each is the same list a moment sooner or later. known:
// the list as it was read before.
export function checkAtomic(lists, known) {
  const faults = (a, b) => checkReload(a, b).filter((f) => f.level !== 'note');
  const out = [];
  for (let i = 1; i < lists.length; i++) {
    const [a, b] = [lists[i - 1], lists[i]];
    const wrong = [faults(a, b), faults(b, a)];
    const torn = [a, b].find((l) => (l.faults.length && !known.faults.length)
      || !l.targetDuration !== !known.targetDuration);
    if (torn || wrong.every((w) => w.length)) {
      out.push({ rule: 22, text: 'two answers at one moment are not two states of one list: '
        + `${torn ? 'one is torn' : wrong[0][0].text}` });
    }
  }
  return out;
}
