// Reads fragmented MP4 as a strict player would: init segments, fragments, samples, and faults.
// SPDX-License-Identifier: MIT
//
// ISO/IEC 14496-12 (boxes), 14496-15 (avcC, hvcC), 14496-14 (esds), TS 102 366 annex F (dac3, dec3),
// Opus in ISO BMFF (dOps). A fault is {rule, text} with
// the number of the rule in conformance terms, as in rules.mjs.

import { all, child, readBoxes } from './boxes.mjs';
import { audioEntry, videoEntry } from './sample-entry.mjs';

export { child, readBoxes };

// mvhd, tkhd, mdhd: version 1 has 64-bit times.
function header(body, idAfterTimes) {
  const long = body[0] === 1;
  let p = long ? 20 : 12;
  const first = body.readUInt32BE(p);
  p += 4 + idAfterTimes;
  const duration = long ? Number(body.readBigUInt64BE(p)) : body.readUInt32BE(p);
  return { first, duration };
}

function checkInitBoxes(boxes, fault) {
  const names = boxes.map((b) => b.type).join(' ');
  if (boxes[0]?.type !== 'ftyp' || boxes[1]?.type !== 'moov') fault(38, `boxes are ${names}`);
  if (boxes.some((b) => b.type === 'mdat' || b.type === 'moof')) fault(38, 'holds sample data');
  const ftyp = boxes.find((b) => b.type === 'ftyp')?.body ?? Buffer.alloc(0);
  const brands = [];
  for (let p = 0; p + 4 <= ftyp.length; p += 4) {
    if (p !== 4) brands.push(ftyp.toString('latin1', p, p + 4));
  }
  if (!brands.some((b) => /^iso[6-9a-c]$/.test(b) || /^cm/.test(b))) {
    fault(38, `brands ${brands.join(' ')} lack iso6 or later`);
  }
  return brands;
}

function checkTrack(trak, moov, fault) {
  const trex = all(child(moov, 'mvex')?.children ?? [], 'trex').map((b) => b.body.readUInt32BE(4));
  const id = header(child(trak, 'tkhd').body, 4).first;
  if (!trex.includes(id)) fault(38, `track ${id} has no trex`);
  if (header(child(trak, 'tkhd').body, 4).duration !== 0) fault(38, 'tkhd duration is not 0');
  if (child(trak, 'edts', 'elst')) {
    fault(38, 'has an edit list, which Firefox applies in MSE', 'should');
  }
  const stbl = child(trak, 'mdia', 'minf', 'stbl');
  for (const [name, offset] of [['stts', 4], ['stsc', 4], ['stco', 4], ['stsz', 8]]) {
    const box = child(stbl, name);
    if (box && box.body.readUInt32BE(offset) !== 0) fault(38, `${name} is not empty`);
  }
  const dref = child(trak, 'mdia', 'minf', 'dinf', 'dref');
  if (dref) {
    for (const ref of readBoxes(dref.body, 8)) {
      if (!(ref.body[3] & 1)) fault(39, 'external data reference');
    }
  }
  return id;
}

function readTrack(trak, moov, fault) {
  const trackId = checkTrack(trak, moov, fault);
  const kind = { vide: 'video', soun: 'audio' }[
    child(trak, 'mdia', 'hdlr').body.toString('latin1', 8, 12)] ?? 'other';
  const entries = readBoxes(child(trak, 'mdia', 'minf', 'stbl', 'stsd').body, 8);
  if (entries.length !== 1) fault(38, `${entries.length} sample entries`);
  const [{ type, body }] = entries;
  const entry = kind === 'video' ? videoEntry(type, body)
    : kind === 'audio' ? audioEntry(type, body) : { entry: type, codec: type, rfc6381: type };
  const trex = all(child(moov, 'mvex')?.children ?? [], 'trex').map((b) => b.body)
    .find((b) => b.readUInt32BE(4) === trackId);
  const defaults = trex ? { duration: trex.readUInt32BE(12), size: trex.readUInt32BE(16),
    flags: trex.readUInt32BE(20) } : { duration: 0, size: 0, flags: 0 };
  return { kind, trackId, defaults, ...entry,
    timescale: header(child(trak, 'mdia', 'mdhd').body, 0).first };
}

const isCmaf = (brands) => brands.some((b) => /^cm[f2]/.test(b));

// → the leading track (video, if there is one) as {kind, codec, rfc6381, timescale, trackId, width,
//    height, sampleRate, channels, config, defaults}, with {tracks: all of them, brands, faults}
export function readInit(bytes) {
  const faults = [];
  const fault = (rule, text, level) => faults.push({ rule, text: `init: ${text}`, level });
  try {
    const boxes = readBoxes(bytes);
    const brands = checkInitBoxes(boxes, fault);
    const moov = boxes.find((b) => b.type === 'moov');
    const traks = all(moov?.children ?? [], 'trak');
    if (traks.length !== 1 && isCmaf(brands)) {
      fault(41, `a CMAF brand and ${traks.length} tracks in one file`, 'should');
    }
    if (!child(moov, 'mvex')) fault(38, 'no mvex');
    if (!traks.length) return { faults, tracks: [] };
    if (header(child(moov, 'mvhd').body, 0).duration !== 0) fault(38, 'mvhd duration is not 0');
    const tracks = traks.map((t) => readTrack(t, moov, fault));
    const lead = tracks.find((t) => t.kind === 'video') ?? tracks.find((t) => t.kind === 'audio')
      ?? tracks[0];
    return { ...lead, tracks, brands, faults };
  } catch (e) {
    return { faults: [...faults, { rule: 38, text: `init: ${e.message}` }], tracks: [] };
  }
}

function readTfhd(body, track, fault) {
  const flags = body.readUIntBE(1, 3);
  let p = 8;
  if (flags & 0x1) { fault(39, 'tfhd carries a base-data-offset'); p += 8; }
  if (!(flags & 0x20000)) fault(39, 'tfhd is not default-base-is-moof');
  if (flags & 0x2) p += 4;
  const d = { ...track.defaults };
  if (flags & 0x8) { d.duration = body.readUInt32BE(p); p += 4; }
  if (flags & 0x10) { d.size = body.readUInt32BE(p); p += 4; }
  if (flags & 0x20) d.flags = body.readUInt32BE(p);
  return d;
}

function readTrun(body, defaults) {
  const flags = body.readUIntBE(1, 3);
  const count = body.readUInt32BE(4);
  let p = 8;
  const run = { dataOffset: null, samples: [] };
  if (flags & 0x1) { run.dataOffset = body.readInt32BE(p); p += 4; }
  let firstFlags = null;
  if (flags & 0x4) { firstFlags = body.readUInt32BE(p); p += 4; }
  for (let i = 0; i < count; i++) {
    const s = { ...defaults, cts: 0 };
    if (flags & 0x100) { s.duration = body.readUInt32BE(p); p += 4; }
    if (flags & 0x200) { s.size = body.readUInt32BE(p); p += 4; }
    if (flags & 0x400) { s.flags = body.readUInt32BE(p); p += 4; }
    else if (i === 0 && firstFlags !== null) s.flags = firstFlags;
    if (flags & 0x800) {
      s.cts = body[0] === 0 ? body.readUInt32BE(p) : body.readInt32BE(p);
      p += 4;
    }
    run.samples.push(s);
  }
  if (p !== body.length) throw new Error(`trun of ${count} samples uses ${p} of ${body.length}`);
  return run;
}

const readTfdt = (box) => (box.body[0] === 1 ? Number(box.body.readBigUInt64BE(4))
  : box.body.readUInt32BE(4));

// One traf. → {trackId, tfdt, samples, at: where its last sample ends}
function readTraf(bytes, { moof, mdat, from }, traf, init, fault) {
  const tfhd = child(traf, 'tfhd').body;
  const trackId = tfhd.readUInt32BE(4);
  const track = init.tracks.find((t) => t.trackId === trackId);
  if (!track) fault(38, `traf of unknown track ${trackId}`);
  const tfdtBox = child(traf, 'tfdt');
  if (!tfdtBox) fault(39, 'traf without tfdt');
  const tfdt = tfdtBox ? readTfdt(tfdtBox) : 0;
  const defaults = readTfhd(tfhd, track ?? init, fault);
  const out = { trackId, tfdt, samples: [], at: null };
  let dts = tfdt;
  for (const box of all(traf.children, 'trun')) {
    const run = readTrun(box.body, defaults);
    if (run.dataOffset !== null) out.at = moof.start + run.dataOffset;
    if (out.at === null) { fault(39, 'the first trun has no data_offset'); out.at = from; }
    for (const s of run.samples) {
      if (out.at < mdat.end - mdat.body.length || out.at + s.size > mdat.end) {
        throw new Error(`sample of ${s.size} bytes at ${out.at} is not inside its mdat`);
      }
      out.samples.push({ dts, pts: dts + s.cts, duration: s.duration, flags: s.flags,
        key: (s.flags & 0x10000) === 0, bytes: bytes.subarray(out.at, out.at + s.size) });
      out.at += s.size;
      dts += s.duration;
    }
  }
  return out;
}

function readFragment(bytes, moof, mdat, init, fault) {
  const trafs = all(moof.children, 'traf');
  if (trafs.length !== 1 && isCmaf(init.brands ?? [])) {
    fault(41, `a CMAF brand and ${trafs.length} traf in one moof`, 'should');
  }
  let from = mdat.start + 8;
  const tracks = trafs.map((traf) => {
    const t = readTraf(bytes, { moof, mdat, from }, traf, init, fault);
    from = t.at ?? from;
    return t;
  });
  const end = Math.max(...tracks.map((t) => t.at ?? 0));
  if (end !== mdat.end) fault(39, `samples end at ${end}, their mdat at ${mdat.end}`);
  const sequence = child(moof, 'mfhd').body.readUInt32BE(4);
  return tracks.map((t) => ({ ...t, sequence }));
}

const SEGMENT_BOXES = new Set(['styp', 'moof', 'mdat', 'sidx', 'prft', 'emsg', 'free']);

// Fragments of one track after one another: decode times must meet.
function join(out, fragments, fault) {
  for (const f of fragments) {
    if (out.end !== null && f.tfdt !== out.end) {
      fault(40, `tfdt ${f.tfdt} inside the segment, expected ${out.end}`);
    }
    const last = f.samples.at(-1);
    out.end = last ? last.dts + last.duration : f.tfdt;
    out.samples.push(...f.samples);
  }
}

// → the leading track's {fragments, samples, end (tfdt the next segment must have), faults}, and
//   others: Map of track id → {samples, end} for what is muxed with it
export function readSegment(bytes, init) {
  const faults = [];
  const fault = (rule, text, level) => faults.push({ rule, text, level });
  const out = { fragments: [], samples: [], end: null, others: new Map(), faults };
  const known = init.tracks ? init : { ...init, tracks: [init] };
  const rest = new Map();
  try {
    const boxes = readBoxes(bytes);
    for (const [i, box] of boxes.entries()) {
      if (!SEGMENT_BOXES.has(box.type)) fault(39, `box ${box.type} in a segment`);
      if (box.type !== 'moof') continue;
      if (boxes[i + 1]?.type !== 'mdat') throw new Error('a moof is not followed by its mdat');
      for (const f of readFragment(bytes, box, boxes[i + 1], known, fault)) {
        if (f.trackId === known.trackId) out.fragments.push(f);
        else rest.set(f.trackId, [...rest.get(f.trackId) ?? [], f]);
      }
    }
  } catch (e) {
    fault(39, e.message);
  }
  if (!out.fragments.length) fault(39, 'no fragment');
  join(out, out.fragments, fault);
  for (const [id, fragments] of rest) {
    const other = { samples: [], end: null };
    join(other, fragments, fault);
    out.others.set(id, other);
  }
  for (let i = 1; i < out.fragments.length; i++) {
    if (out.fragments[i].sequence <= out.fragments[i - 1].sequence) {
      fault(39, `mfhd sequence ${out.fragments[i].sequence} does not rise`);
    }
  }
  return out;
}
