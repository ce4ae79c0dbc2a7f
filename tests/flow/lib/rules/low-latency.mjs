// Rules 71 to 82 and 91: what a low-latency playlist says, by itself and against the one before it.
// SPDX-License-Identifier: MIT
import { lengthOf, openLength } from '../hls.mjs';
import { checkSameBytes } from './syntax.mjs';

// Decimals are compared as written; this only forgives binary rounding.
const EPSILON = 1e-6;

export function checkLowLatency(list) {
  const out = [];
  const fault = (rule, text, level) => out.push({ rule, text, level });
  const groups = [...list.segments, list.open];
  const parts = groups.flatMap((s) => s.parts);
  if (parts.length && !list.partTarget) fault(71, 'EXT-X-PART without EXT-X-PART-INF:PART-TARGET');
  checkControl(list, fault);
  if (!list.partTarget) return out;
  for (const s of groups) checkDurations(list, s, fault);
  checkHints(list, parts, fault);
  checkListed(list, fault);
  return out;
}

// Rules 74, 75, 87, 91.
function checkControl(list, fault) {
  const { control, partTarget, targetDuration: td } = list;
  if (partTarget) {
    if (control?.partHoldBack === undefined) fault(74, 'PART-INF without PART-HOLD-BACK');
    else if (control.partHoldBack < 3 * partTarget - EPSILON) {
      fault(74, `PART-HOLD-BACK ${control.partHoldBack} is less than three times PART-TARGET `
        + `${partTarget}`);
    }
    if (partTarget > td) fault(72, `PART-TARGET ${partTarget} is more than TD ${td}`);
  }
  if (control?.holdBack !== undefined && control.holdBack < 3 * td - EPSILON) {
    fault(75, `HOLD-BACK ${control.holdBack} is less than three times TD ${td}`);
  }
  if (control?.skipUntil !== undefined && control.skipUntil < 6 * td - EPSILON) {
    fault(87, `CAN-SKIP-UNTIL ${control.skipUntil} is less than six times TD ${td}`);
  }
  if (partTarget && !list.endList && lengthOf(list) > 120 && control?.skipUntil === undefined) {
    fault(91, 'a window of more than 2 minutes and no CAN-SKIP-UNTIL', 'should');
  }
  if (partTarget && list.dateRanges.length && control?.skipUntil !== undefined
    && !control.skipsDateRanges) {
    fault(91, 'date ranges, CAN-SKIP-UNTIL and no CAN-SKIP-DATERANGES', 'should');
  }
}

// Rules 72, 73: the last part of a whole segment may be short, and one before a gap.
function checkDurations(list, s, fault) {
  const isOpen = s === list.open;
  s.parts.forEach((p, i) => {
    const what = `part ${i} of MSN ${s.msn} lasts ${p.duration}`;
    if (!(p.duration <= list.partTarget + EPSILON)) {
      fault(72, `${what}, PART-TARGET is ${list.partTarget}`);
    }
    const mayBeShort = p.independent || p.gap || i === s.parts.length - 1 || s.parts[i + 1].gap;
    if (!mayBeShort && p.duration < 0.85 * list.partTarget - EPSILON) {
      fault(73, `${what}, less than 85 % of ${list.partTarget}`);
    }
  });
  const sum = s.parts.reduce((n, p) => n + p.duration, 0);
  if (!isOpen && s.parts.length && sum > s.duration + list.partTarget) {
    fault(79, `the parts of MSN ${s.msn} sum to ${sum.toFixed(3)} s, EXTINF is ${s.duration}`);
  }
}

// Rule 82 within one list.
function checkHints(list, parts, fault) {
  for (const type of ['PART', 'MAP']) {
    const n = list.hints.filter((h) => h.type === type).length;
    if (n > 1) fault(82, `${n} EXT-X-PRELOAD-HINT of type ${type}`, 'should');
  }
  // 6.2.6: what is hinted at will be. Behind a part that never was nobody knows what comes.
  if (!list.endList && parts.length && !parts.at(-1).gap && !list.hints.some((h) => h.type === 'PART')) {
    fault(82, 'no EXT-X-PRELOAD-HINT for the next part');
  }
}

// Rule 26: parts belong near the end. A server may drop them segment by segment.
function checkListed(list, fault) {
  const td = list.targetDuration;
  let behind = openLength(list);
  for (const s of [...list.segments].reverse()) {
    if (s.parts.length && behind > 4 * td) {
      fault(26, `MSN ${s.msn} ends ${behind.toFixed(1)} s before the end and still lists parts`,
        'should');
    }
    behind += s.duration;
  }
}

const CONSTANTS = [['partTarget', 'PART-TARGET'], ['blocks', 'CAN-BLOCK-RELOAD'],
  ['partHoldBack', 'PART-HOLD-BACK'], ['holdBack', 'HOLD-BACK'], ['skipUntil', 'CAN-SKIP-UNTIL']];

// Rule 76, and 9 for the same values written otherwise. Ending or waiting may end the blocking.
export function checkConstants(before, after) {
  const out = [];
  if (after.endList || !before.control || !after.control) return out;
  const get = (list, key) => (key === 'partTarget' ? list.partTarget : list.control[key]);
  for (const [key, name] of CONSTANTS) {
    const [was, is] = [get(before, key), get(after, key)];
    if (was !== is && was !== undefined && is !== undefined && key !== 'blocks' && is !== null
      && was !== null) out.push({ rule: 76, text: `${name} went from ${was} to ${is}` });
  }
  const attributes = (list) => list.tags.find((t) => t.name === 'EXT-X-SERVER-CONTROL').attributes;
  return [...out, ...checkSameBytes('SERVER-CONTROL', attributes(before), attributes(after))];
}

// Every part that a list names, in order. → [{msn, index, part}]
export const listParts = (list) => [...list.segments, list.open]
  .flatMap((s) => s.parts.map((part, index) => ({ msn: s.msn, index, part, segment: s })));

// Rule 82 between two lists: the part that came next is the one that was hinted.
export function checkHintKept(before, after) {
  const hint = before.hints?.find((h) => h.type === 'PART');
  if (!hint || after.endList) return [];
  const { msn, parts: { length } } = before.open;
  const next = listParts(after).find((p) => p.msn > msn || (p.msn === msn && p.index >= length));
  if (!next || (next.msn === msn && next.index > length) || next.msn > msn + 1) return [];
  // What breaks off the stream may also break the promise.
  if (next.part.gap || next.segment.discontinuity || next.segment.gap) return [];
  const { uri, byteRange } = next.part;
  const out = [];
  if (uri !== hint.uri || (hint.start ?? 0) !== (byteRange?.offset ?? 0)) {
    // A segment that ended earlier than expected leaves its hint abandoned, which 6.2.6 allows for.
    const level = next.msn > msn && hint.start !== undefined ? 'should' : 'must';
    const from = hint.start === undefined ? '' : ` from byte ${hint.start}`;
    out.push({ rule: 82, level, text: `${hint.uri}${from} was hinted, the next part is ${uri}` });
  } else if (hint.length !== undefined && byteRange && hint.length !== byteRange.length) {
    out.push({ rule: 85, text: `${hint.uri} was hinted with ${hint.length} bytes and has `
      + `${byteRange.length}` });
  }
  return out;
}
