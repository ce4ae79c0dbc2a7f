// Rules 87 to 91: delta updates, and what a client makes of them.
// SPDX-License-Identifier: MIT
import { lengthOf, mergeDelta, openLength, rangeKey } from '../hls.mjs';

// asked: 'YES' or 'v2'; before: the last whole list; seen: key of a date range → how many seconds
// before the request it was known at least. → {faults, merged (null: not to be used)}
export function checkDelta(before, delta, asked, seen = new Map()) {
  const faults = [];
  const fault = (rule, text, level) => faults.push({ rule, text, level });
  const skips = delta.tags.filter((t) => t.name === 'EXT-X-SKIP').length;
  const boundary = before.control?.skipUntil;
  if (boundary === undefined || before.endList) {
    if (skips) fault(87, '_HLS_skip was obeyed though nothing offers it');
    return { faults, merged: skips ? null : delta };
  }
  if (!skips) {
    // Segments that lie wholly behind the boundary, one part or segment of doubt left aside.
    if (skippable(delta, boundary + delta.targetDuration) > 0 && !delta.endList) {
      fault(87, `_HLS_skip=${asked} brought the whole list though ${boundary} s may be skipped`);
    }
    return { faults, merged: delta };
  }
  if (skips > 1) fault(88, `${skips} EXT-X-SKIP`);
  if (delta.skip.count === 0) {
    fault(89, 'SKIPPED-SEGMENTS=0: with nothing to skip the whole list is due');
    return { faults, merged: delta };
  }
  if (delta.segments[0] && !delta.segments[0].map && before.segments.some((s) => s.map)) {
    fault(90, 'no EXT-X-MAP for the first segment after EXT-X-SKIP', 'should');
  }
  if (asked === 'v2') checkRanges(delta, boundary, seen, fault);
  const merged = mergeDelta(before, delta, asked);
  if (!merged) {
    if (delta.mediaSequence < before.mediaSequence) {
      fault(88, `MEDIA-SEQUENCE ${delta.mediaSequence} of a delta is older than the list`);
    } else if (delta.mediaSequence + delta.skip.count > before.open.msn + 1) {
      fault(88, `SKIPPED-SEGMENTS=${delta.skip.count} reaches past every segment there is`);
    }
    return { faults, merged: null };
  }
  const newest = merged.segments.findLast((s) => s.msn < delta.mediaSequence + delta.skip.count);
  const distance = merged.segments.filter((s) => s.msn >= newest.msn)
    .reduce((n, s) => n + s.duration, 0) + openLength(merged);
  if (distance <= boundary) {
    fault(88,
      `MSN ${newest.msn}, ${distance.toFixed(1)} s before the end, was skipped; the boundary `
      + `is ${boundary} s`);
  }
  return { faults, merged };
}

// 6.2.5.1: no date range that was there for longer than the boundary; a target duration of doubt.
function checkRanges(delta, boundary, seen, fault) {
  if (delta.skip.removed === undefined) {
    fault(91, '_HLS_skip=v2 was answered without RECENTLY-REMOVED-DATERANGES', 'must');
  }
  for (const a of delta.dateRanges) {
    const age = seen.get(rangeKey(a));
    if (age > boundary + delta.targetDuration) {
      fault(91, `_HLS_skip=v2 brought DATERANGE ${a.get('ID')?.value} again after `
        + `${age.toFixed(1)} s`, 'must');
    }
  }
}

// How many segments end further than `seconds` from the end of the last one.
function skippable(list, seconds) {
  let behind = lengthOf(list);
  return list.segments.filter((s) => {
    behind -= s.duration;
    return behind > seconds;
  }).length;
}

// Rule 88: the merged list and a whole one fetched beside it say the same of every segment that
// both hold. They may be some parts apart.
export function checkMerge(merged, full, before) {
  const out = [];
  const fault = (text) => out.push({ rule: 88,
    text: `a delta laid over the list before it: ${text}` });
  if (merged.targetDuration !== full.targetDuration) {
    fault(`TARGETDURATION is ${merged.targetDuration}, in the whole list ${full.targetDuration}`);
  }
  if (full.mediaSequence < merged.mediaSequence) {
    fault(`MEDIA-SEQUENCE is ${merged.mediaSequence}, in the whole list ${full.mediaSequence}`);
  }
  const [ours, whole] = [merged, full].map((l) => new Set(l.dateRanges.map(rangeKey)));
  for (const key of (before?.dateRanges ?? []).map(rangeKey)) {
    if (whole.has(key) && !ours.has(key)) fault(`DATERANGE ${key} is lost`);
    if (!whole.has(key) && ours.has(key) && isShown(key, full)) fault(`DATERANGE ${key} stays`);
  }
  const theirs = new Map(full.segments.map((s) => [s.msn, s]));
  for (const s of merged.segments) {
    const other = theirs.get(s.msn);
    if (!other) {
      if (s.msn >= full.mediaSequence) fault(`MSN ${s.msn} is not in the whole list`);
      continue;
    }
    for (const key of ['uri', 'map', 'durationText', 'date', 'dsn', 'gap']) {
      if ((s[key] ?? null) !== (other[key] ?? null)) {
        fault(`${key} of MSN ${s.msn} is ${s[key]}, in the whole list ${other[key]}`);
        return out;
      }
    }
  }
  return out;
}

// Is a date range about what a list shows? Others may leave it at any moment.
function isShown(key, list) {
  const [, date] = /START-DATE="([^"]*)"/.exec(key) ?? [];
  return Date.parse(date) > (list.segments.find((s) => s.date !== undefined)?.date ?? Infinity);
}
