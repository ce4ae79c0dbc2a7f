// Reads fragmented MP4 as a strict player would: init segments, fragments, samples, and faults.
// SPDX-License-Identifier: MIT
//
// ISO/IEC 14496-12 (boxes), 14496-15 (avcC, hvcC), 14496-14 (esds), TS 102 366 annex F (dac3, dec3),
// Opus in ISO BMFF (dOps). A fault is {rule, text} with
// the number of the rule in conformance terms, as in rules.mjs.

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'dinf', 'mvex', 'moof',
  'traf', 'edts']);

// → [{type, start, end, body, children}]; throws when a size leaves its parent.
export function readBoxes(bytes, from = 0, to = bytes.length) {
  const boxes = [];
  let p = from;
  while (p < to) {
    if (to - p < 8) throw new Error(`${to - p} bytes at ${p} are no box`);
    let size = bytes.readUInt32BE(p);
    const type = bytes.toString('latin1', p + 4, p + 8);
    let head = 8;
    if (size === 1 && to - p >= 16) {
      size = Number(bytes.readBigUInt64BE(p + 8));
      head = 16;
    }
    if (size < head || p + size > to) throw new Error(`box ${type} at ${p} has size ${size}`);
    const box = { type, start: p, end: p + size, body: bytes.subarray(p + head, p + size) };
    if (CONTAINERS.has(type)) box.children = readBoxes(bytes, p + head, p + size);
    boxes.push(box);
    p += size;
  }
  return boxes;
}

export const child = (box, ...path) => path.reduce(
  (b, type) => b?.children?.find((c) => c.type === type), box);
const all = (boxes, type) => boxes.filter((b) => b.type === type);

// mvhd, tkhd, mdhd: version 1 has 64-bit times.
function header(body, idAfterTimes) {
  const long = body[0] === 1;
  let p = long ? 20 : 12;
  const first = body.readUInt32BE(p);
  p += 4 + idAfterTimes;
  const duration = long ? Number(body.readBigUInt64BE(p)) : body.readUInt32BE(p);
  return { first, duration };
}

function descriptor(b, p) {
  const tag = b[p++];
  let size = 0;
  let byte;
  do { byte = b[p++]; size = size << 7 | byte & 0x7f; } while (byte & 0x80);
  return { tag, body: p, end: p + size };
}

// ES_Descriptor (14496-1 7.2.6.5) → DecoderConfig → DecoderSpecificInfo, which MP3 has none of.
function audioSpecificConfig(esds) {
  const es = descriptor(esds, 4);
  const dc = descriptor(esds, es.body + 3);
  const info = dc.body + 13 < dc.end ? descriptor(esds, dc.body + 13) : null;
  return { objectType: esds[dc.body], config: info ? esds.subarray(info.body, info.end) : null };
}

const AUDIO_RECORDS = { 'ac-3': ['dac3', 'ac3'], 'ec-3': ['dec3', 'eac3'], Opus: ['dOps', 'opus'] };

function audioEntry(type, body) {
  const boxes = readBoxes(body, 28);
  const entry = { channels: body.readUInt16BE(16), sampleRate: body.readUInt32BE(24) / 65536 };
  if (AUDIO_RECORDS[type]) {
    const [name, codec] = AUDIO_RECORDS[type];
    return { ...entry, codec, rfc6381: type, config: boxes.find((b) => b.type === name).body };
  }
  const esds = boxes.find((b) => b.type === 'esds');
  const { objectType, config } = esds ? audioSpecificConfig(esds.body) : {};
  if (objectType === 0x6b || objectType === 0x69) { // MP3, by the name that HLS players know
    return { ...entry, codec: 'mp3', rfc6381: 'mp4a.40.34', objectType, config };
  }
  return { ...entry, codec: objectType === 0x40 ? 'aac' : type, config: config ?? null,
    rfc6381: `mp4a.40.${(config?.[0] ?? 0) >> 3}` };
}

const hex2 = (n) => n.toString(16).padStart(2, '0');

// ISO/IEC 14496-15 annex E.3: profile, compatibility reversed, tier and level, constraints.
function hevcString(type, c) {
  const space = ['', 'A', 'B', 'C'][c[1] >> 6];
  let compat = 0;
  for (let bit = 0; bit < 32; bit++) compat |= (c.readUInt32BE(2) >>> bit & 1) << (31 - bit);
  const parts = [type, `${space}${c[1] & 31}`, (compat >>> 0).toString(16),
    `${c[1] & 32 ? 'H' : 'L'}${c[12]}`];
  const constraints = [...c.subarray(6, 12)];
  while (constraints.length && constraints.at(-1) === 0) constraints.pop();
  return parts.concat(constraints.map((n) => n.toString(16))).join('.');
}

function videoEntry(type, body) {
  const boxes = readBoxes(body, 78);
  const avcC = boxes.find((b) => b.type === 'avcC')?.body;
  const hvcC = boxes.find((b) => b.type === 'hvcC')?.body;
  const entry = { width: body.readUInt16BE(24), height: body.readUInt16BE(26),
    config: avcC ?? hvcC ?? null };
  if (avcC) {
    const rfc6381 = `${type}.${hex2(avcC[1])}${hex2(avcC[2])}${hex2(avcC[3])}`;
    return { ...entry, codec: 'h264', rfc6381, lengthSize: (avcC[4] & 3) + 1 };
  }
  if (hvcC) {
    return { ...entry, codec: 'hevc', rfc6381: hevcString(type, hvcC),
      lengthSize: (hvcC[21] & 3) + 1 };
  }
  return { ...entry, codec: type, rfc6381: type };
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
  if (child(trak, 'edts', 'elst')) fault(38, 'has an edit list, which Firefox applies in MSE');
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

// → {kind, codec, rfc6381, timescale, trackId, width, height, sampleRate, channels, config,
//    defaults, faults}
export function readInit(bytes) {
  const faults = [];
  const fault = (rule, text) => faults.push({ rule, text: `init: ${text}` });
  let boxes;
  try {
    boxes = readBoxes(bytes);
  } catch (e) {
    return { faults: [{ rule: 38, text: e.message }] };
  }
  const brands = checkInitBoxes(boxes, fault);
  const moov = boxes.find((b) => b.type === 'moov');
  const traks = all(moov?.children ?? [], 'trak');
  if (traks.length !== 1) fault(41, `${traks.length} tracks in one file`);
  if (!child(moov, 'mvex')) fault(38, 'no mvex');
  if (!traks.length) return { faults };
  if (header(child(moov, 'mvhd').body, 0).duration !== 0) fault(38, 'mvhd duration is not 0');
  const trak = traks[0];
  const trackId = checkTrack(trak, moov, fault);
  const kind = { vide: 'video', soun: 'audio' }[
    child(trak, 'mdia', 'hdlr').body.toString('latin1', 8, 12)];
  const stsd = child(trak, 'mdia', 'minf', 'stbl', 'stsd').body;
  const entries = readBoxes(stsd, 8);
  if (entries.length !== 1) fault(38, `${entries.length} sample entries`);
  const [{ type, body }] = entries;
  const entry = kind === 'video' ? videoEntry(type, body) : audioEntry(type, body);
  const trex = child(moov, 'mvex', 'trex')?.body;
  const defaults = trex ? { duration: trex.readUInt32BE(12), size: trex.readUInt32BE(16),
    flags: trex.readUInt32BE(20) } : { duration: 0, size: 0, flags: 0 };
  return { kind, entry: type, brands, trackId, defaults, faults, ...entry,
    timescale: header(child(trak, 'mdia', 'mdhd').body, 0).first };
}

function readTfhd(body, init, fault) {
  const flags = body.readUIntBE(1, 3);
  let p = 8;
  if (flags & 0x1) { fault(39, 'tfhd carries a base-data-offset'); p += 8; }
  if (!(flags & 0x20000)) fault(39, 'tfhd is not default-base-is-moof');
  if (flags & 0x2) p += 4;
  const d = { ...init.defaults };
  if (flags & 0x8) { d.duration = body.readUInt32BE(p); p += 4; }
  if (flags & 0x10) { d.size = body.readUInt32BE(p); p += 4; }
  if (flags & 0x20) d.flags = body.readUInt32BE(p);
  if (body.readUInt32BE(4) !== init.trackId) fault(38, `traf of unknown track`);
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

function readFragment(bytes, moof, mdat, init, fault) {
  const trafs = all(moof.children, 'traf');
  if (trafs.length !== 1) fault(41, `${trafs.length} traf in one moof`);
  const traf = trafs[0];
  const tfdtBox = child(traf, 'tfdt');
  if (!tfdtBox) fault(39, 'traf without tfdt');
  const tfdt = !tfdtBox ? 0 : tfdtBox.body[0] === 1
    ? Number(tfdtBox.body.readBigUInt64BE(4)) : tfdtBox.body.readUInt32BE(4);
  const defaults = readTfhd(child(traf, 'tfhd').body, init, fault);
  const fragment = { sequence: child(moof, 'mfhd').body.readUInt32BE(4), tfdt, samples: [] };
  let at = null;
  let dts = tfdt;
  for (const box of all(traf.children, 'trun')) {
    const run = readTrun(box.body, defaults);
    if (run.dataOffset !== null) at = moof.start + run.dataOffset;
    if (at === null) { fault(39, 'the first trun has no data_offset'); at = mdat.start + 8; }
    for (const s of run.samples) {
      if (at < mdat.end - mdat.body.length || at + s.size > mdat.end) {
        throw new Error(`sample of ${s.size} bytes at ${at} is not inside its mdat`);
      }
      fragment.samples.push({ dts, pts: dts + s.cts, duration: s.duration, flags: s.flags,
        key: (s.flags & 0x10000) === 0, bytes: bytes.subarray(at, at + s.size) });
      at += s.size;
      dts += s.duration;
    }
  }
  if (at !== mdat.end) fault(39, `samples end at ${at}, their mdat at ${mdat.end}`);
  return fragment;
}

const SEGMENT_BOXES = new Set(['styp', 'moof', 'mdat', 'sidx', 'prft', 'emsg', 'free']);

// → {fragments, samples, end (tfdt the next segment must have), faults}
export function readSegment(bytes, init) {
  const faults = [];
  const fault = (rule, text) => faults.push({ rule, text });
  const out = { fragments: [], samples: [], end: null, faults };
  try {
    const boxes = readBoxes(bytes);
    for (const [i, box] of boxes.entries()) {
      if (!SEGMENT_BOXES.has(box.type)) fault(39, `box ${box.type} in a segment`);
      if (box.type !== 'moof') continue;
      if (boxes[i + 1]?.type !== 'mdat') throw new Error('a moof is not followed by its mdat');
      out.fragments.push(readFragment(bytes, box, boxes[i + 1], init, fault));
    }
  } catch (e) {
    fault(39, e.message);
  }
  if (!out.fragments.length) fault(39, 'no fragment');
  for (const f of out.fragments) {
    if (out.end !== null && f.tfdt !== out.end) {
      fault(40, `tfdt ${f.tfdt} inside the segment, expected ${out.end}`);
    }
    const last = f.samples.at(-1);
    out.end = last ? last.dts + last.duration : f.tfdt;
    out.samples.push(...f.samples);
  }
  for (let i = 1; i < out.fragments.length; i++) {
    if (out.fragments[i].sequence <= out.fragments[i - 1].sequence) {
      fault(39, `mfhd sequence ${out.fragments[i].sequence} does not rise`);
    }
  }
  return out;
}
