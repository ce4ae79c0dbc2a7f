// Rules 12 to 19 and 34 to 41: the segments of one rendition in order, against their playlist.
// SPDX-License-Identifier: MIT
import { checkContinuity } from '../ts-segment.mjs';

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

const isMuxed = (s) => (s.media.others?.size ?? 0) > 0;

// Each segment: {msn, duration, discontinuity, map, init, media (of readMedia), firstIsIdr}.
// lowLatency: the list has parts, so that every segment must hold an IDR (rule 81).
// Segments whose media could not be read only tell why.
export function checkTimeline(segments, targetDuration, frameSeconds = 0, lowLatency = false) {
  const out = [];
  const fault = (rule, text, level) => out.push({ rule, text, level });
  let run = null;
  let last = null;
  for (const s of segments) {
    out.push(...s.media.faults.map((f) => ({ ...f, text: `MSN ${s.msn}: ${f.text}` })));
    const first = s.media.samples[0];
    if (!first) { last = null; run = null; continue; }
    const follows = last && last.msn + 1 === s.msn && !s.discontinuity;
    const timescale = s.init?.timescale;
    checkLength(s, first, targetDuration, fault);
    checkIdr(s, lowLatency, fault);
    if (last && !s.discontinuity) checkInits(last, s, fault);
    if (s.init.ts) {
      const breaks = follows && last.init?.ts ? checkContinuity(last, s, `MSN ${s.msn}`) : [];
      if (breaks.length) run = null;
      out.push(...breaks);
    } else if (follows && !last.init.ts) checkDecodeTimes(last, s, first, fault);
    if (!follows || !run || s.init.ts !== last.init.ts) {
      run = { from: s.msn, start: first.dts, sum: 0 };
    }
    run.sum += s.duration;
    const drift = run.sum - (s.media.end - run.start) / timescale;
    const own = median(s.media.samples.map((x) => x.duration)) / timescale;
    const slack = Math.max(frameSeconds, own) * (s.init.ts ? 2 : 1) + 0.002;
    if (Math.abs(drift) > slack && !(s.init.ts && Math.abs(drift) > 40000)) {
      fault(isMuxed(s) && Math.abs(s.duration - (s.media.end - first.dts) / timescale) > slack ? 15
        : 14, `EXTINF of MSN ${run.from} to ${s.msn}: ${drift.toFixed(4)} s more than media`);
      run = null;
    }
    last = s;
  }
  return out;
}

function checkLength(s, first, targetDuration, fault) {
  const real = (s.media.end - first.dts) / s.init.timescale;
  if (targetDuration && real > targetDuration + 0.5 && real < 40000) {
    fault(12, `MSN ${s.msn} lasts ${real.toFixed(3)} s, TD ${targetDuration}`);
  }
}

function checkIdr(s, lowLatency, fault) {
  if (s.init.kind !== 'video' || s.firstIsIdr) return;
  if (lowLatency && s.media.samples.every((x) => x.idr === false && !x.access)) {
    fault(81, `MSN ${s.msn} holds no IDR`);
  } else fault(35, `MSN ${s.msn} starts without an IDR`);
}

function checkInits(last, s, fault) {
  const same = last.init?.sha1 !== undefined && last.init.sha1 === s.init?.sha1;
  if (last.map !== s.map && !same) fault(37, `MSN ${s.msn} has a new MAP without DISCONTINUITY`);
}

function checkDecodeTimes(last, s, first, fault) {
  if (last.media.end !== first.dts) {
    fault(40, `MSN ${s.msn} starts at ${first.dts}, expected ${last.media.end}`);
  }
  for (const [id, other] of s.media.others ?? []) {
    const before = last.media.others?.get(id)?.end;
    if (before !== undefined && other.samples[0] && before !== other.samples[0].dts) {
      fault(40, `MSN ${s.msn}, track ${id} starts at ${other.samples[0].dts}, expected ${before}`);
    }
  }
  const [was, is] = [last.media.fragments.at(-1), s.media.fragments[0]];
  if (was && is && was.sequence >= is.sequence) {
    fault(39, `MSN ${s.msn}: mfhd sequence ${is.sequence} does not rise`);
  }
}

// Rule 79: a whole segment and its parts, {msn, index, sha1, size, samples: [sha1]} in order.
// pieces(from, size) → sha1 of that run of the segment's bytes.
export function checkParts(segment, parts, pieces) {
  let at = 0;
  const bytewise = parts.every((p) => {
    const same = pieces(at, p.size) === p.sha1;
    at += p.size;
    return same;
  });
  if (bytewise && at === segment.size) return [];
  // Equal samples are what the rule asks; equal bytes merely prove it at once.
  const theirs = parts.flatMap((p) => p.samples).join();
  const own = segment.media.samples.map((s) => s.sha1).join();
  if (theirs && theirs === own) return [];
  const wrong = bytewise ? `${parts.length} parts have ${at} bytes, the segment ${segment.size}`
    : `the bytes of its ${parts.length} parts are not those of the segment`;
  return [{ rule: 79, text: `MSN ${segment.msn}: ${wrong}` }];
}

// Rule 78: INDEPENDENT=YES where, and only where, a part holds a frame that needs no other.
export function checkIndependent(part, media, where) {
  if (!media.samples.length) return [];
  const independent = media.samples.some((s) => s.idr || s.access);
  const sure = media.samples.some((s) => s.idr);
  if (part.independent && !independent) {
    return [{ rule: 78, text: `${where} says INDEPENDENT=YES and holds no IDR`, level: 'must' }];
  }
  return !part.independent && sure
    ? [{ rule: 78, text: `${where} holds an IDR and lacks INDEPENDENT=YES`, level: 'should' }] : [];
}

// Rule 72 for the media itself, and 14: what a part says of its duration, to a frame.
export function checkPartDuration(part, media, init, where) {
  const first = media.samples[0];
  if (!first || init.ts || part.duration === undefined) return [];
  const real = (media.end - first.dts) / init.timescale;
  const own = median(media.samples.map((x) => x.duration)) / init.timescale;
  return Math.abs(real - part.duration) > own + 0.002
    ? [{ rule: 14,
      text: `${where}: DURATION ${part.duration}, its samples last ${real.toFixed(4)} s` }]
    : [];
}
