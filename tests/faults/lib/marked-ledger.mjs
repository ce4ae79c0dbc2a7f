// INV (a): what mark_push sent, against what a follower found in the segments.
// SPDX-License-Identifier: MIT
//
// An access unit says its number and a CRC-32 of itself (marked_unit.h). Every one that was sent
// whole and is due must be in exactly one segment, with that CRC, in order. Not due is what comes
// before the first IDR of a session, and sound that ends before that IDR is decoded.
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const UUID = Buffer.from('roomcast-faults!');
const SEI = { h264: 6, hevc: 39 };
const WRAP = 2 ** 33;
const AAC_TICKS = 1920;
const SHOWN = 6;

// The signed distance nearest to zero between two 33-bit timestamps.
export function distance(from, to) {
  const d = ((to - from) % WRAP + WRAP) % WRAP;
  return d < WRAP / 2 ? d : d - WRAP;
}

// → {sessions: [[unit]], says: [text], ended}
export function readLedger(file) {
  const ledger = { sessions: [], ended: false };
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [word, kind, number, crc, pts, dts, flags] = line.split(' ');
    if (word === 'session') ledger.sessions.push([]);
    else if (word === 'end') ledger.ended = true;
    else if (word === 'au' && flags) {
      ledger.sessions.at(-1).push({ kind, number: Number(number), crc, pts: Number(pts),
        dts: Number(dts), idr: flags.includes('k'), cra: flags.includes('c'),
        damaged: flags.includes('d') });
    }
  }
  return ledger;
}

// What of a ledger must come out. → {v: [unit], a: [unit]}
export function dueOf(ledger) {
  const due = { v: [], a: [] };
  for (const units of ledger.sessions) {
    const first = units.find((u) => u.kind === 'v' && u.idr && !u.damaged);
    const from = first ? units.indexOf(first) : units.some((u) => u.kind === 'v') ? Infinity : 0;
    due.v.push(...units.filter((u, i) => u.kind === 'v' && i >= from && !u.damaged));
    due.a.push(...units.filter((u, i) => u.kind === 'a' && !u.damaged && (i >= from
      || (first && distance(first.dts, u.pts + AAC_TICKS) > 0))));
  }
  return due;
}

// The mark of a sample, and whether its bytes are what it says. null: it has none.
export function markOf(sample, codec) {
  const units = sample.units ?? [sample.bytes];
  for (const unit of units) {
    const at = unit.indexOf(UUID);
    if (at < 0) continue;
    const text = unit.toString('latin1', at + UUID.length, at + UUID.length + 17);
    const m = /^([0-9a-f]{8}) ([0-9a-f]{8})$/.exec(text);
    if (!m) return null;
    const is = SEI[codec] ? crcOfNals(units, codec)
      : crc32(unit.subarray(at + UUID.length + 17, at + UUID.length + 17 + unit[1] - 33));
    return { number: parseInt(m[1], 16), crc: m[2],
      whole: (is >>> 0).toString(16).padStart(8, '0') === m[2] };
  }
  return null;
}

function crcOfNals(units, codec) {
  let crc = 0;
  for (const unit of units) {
    const type = codec === 'h264' ? unit[0] & 0x1f : unit[0] >> 1 & 0x3f;
    if (type !== SEI[codec]) crc = crc32(unit, crc);
  }
  return crc;
}

// Every sample of a rendition with its mark, and what its timeline does. → {got, faults}
function readRendition(r) {
  const got = [];
  const faults = [];
  let end = -Infinity;
  let date = -Infinity;
  for (const s of r.ordered()) {
    if (s.date < date) faults.push(`PROGRAM-DATE-TIME goes back ${date - s.date} ms at ${s.msn}`);
    date = s.date ?? date;
    if (Math.round(s.duration) > r.list.targetDuration) {
      faults.push(`EXTINF ${s.duration} of ${s.msn}, TARGETDURATION ${r.list.targetDuration}`);
    }
    for (const sample of s.media.samples) {
      const dts = sample.dts / s.init.timescale;
      if (dts < end - 1e-4) faults.push(`decode time goes back to ${dts} s in ${s.msn}`);
      end = dts + sample.duration / s.init.timescale;
      got.push({ ...markOf(sample, s.init.codec), msn: s.msn, dts, map: s.map });
    }
  }
  return { got, faults };
}

const list = (units) => `${units.length} (${units.slice(0, SHOWN).map((u) => u.number).join(', ')}`
  + `${units.length > SHOWN ? ', ...' : ''})`;

// A damaged unit may come out with a mark that is damaged too: so many samples may be anything.
function compareTrack(name, due, known, got, lossy) {
  const faults = [];
  const seen = new Map();
  let last = -1;
  const allowed = [...known.values()].filter((u) => u.damaged).length;
  const strays = got.filter((g) => !g.whole || !known.has(g.number));
  if (strays.length > allowed) {
    const n = strays.length;
    faults.push(`${name}: ${n} samples are not what was sent, as in ${strays[0].msn}`);
  }
  for (const g of got.filter((x) => x.whole && known.has(x.number))) {
    if (known.get(g.number).crc !== g.crc) faults.push(`${name} ${g.number} has another mark`);
    if (seen.has(g.number)) {
      faults.push(`${name} ${g.number} is in ${seen.get(g.number)} and ${g.msn}`);
    }
    if (g.number < last) faults.push(`${name} ${g.number} came after ${last}`);
    last = g.number;
    seen.set(g.number, g.msn);
  }
  const missing = due.filter((u) => !seen.has(u.number));
  if (missing.length && !lossy) faults.push(`${name}: of ${due.length} these never came: ${list(missing)}`);
  return { faults: faults.slice(0, 2 * SHOWN), missing };
}

// follower: stopped or not. lossy: what never came is no fault, but only in .missing.
// → {faults: [text], units, discontinuities, maps: [of video], missing: {v: [unit], a: [unit]}}
export function checkMarked(ledger, follower, { lossy = false } = {}) {
  const due = dueOf(ledger);
  const faults = ledger.ended ? [] : ['the publisher did not come to its end'];
  const known = { v: new Map(), a: new Map() };
  for (const u of ledger.sessions.flat()) known[u.kind].set(u.number, u);
  const all = [...follower.renditions.values()];
  const result = { faults, units: due.v.length + due.a.length, discontinuities: 0, maps: [],
    missing: { v: due.v, a: due.a } };
  for (const [key, kind, name] of [['v', 'video', 'picture'], ['a', 'audio', 'sound']]) {
    const renditions = all.filter((r) => r.ordered().some((s) => s.init?.kind === kind));
    if (renditions.length > 1) faults.push(`${renditions.length} renditions of ${kind}`);
    if (!renditions.length && !due[key].length) continue;
    if (!renditions.length) { faults.push(`no rendition of ${kind}`); continue; }
    const read = readRendition(renditions[0]);
    faults.push(...read.faults.map((f) => `${kind}: ${f}`));
    const track = compareTrack(name, due[key], known[key], read.got, lossy);
    faults.push(...track.faults);
    result.missing[key] = track.missing;
    if (kind === 'audio' && due.v.length) continue;
    const segments = renditions[0].ordered();
    result.discontinuities = segments.filter((s) => s.discontinuity).length;
    result.maps = segments.filter((s, i) => s.map !== segments[i - 1]?.map);
  }
  return result;
}
