// Writes small fragmented MP4 by hand, so that the checker's own tests can get each byte wrong.
// SPDX-License-Identifier: MIT

const u16 = (...n) => { const b = Buffer.alloc(2 * n.length); n.forEach((v, i) => b.writeUInt16BE(v,
  2 * i)); return b; };
const u32 = (...n) => { const b = Buffer.alloc(4 * n.length); n.forEach((v,
  i) => b.writeUInt32BE(v >>> 0, 4 * i)); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };

export function box(type, ...bodies) {
  const body = Buffer.concat(bodies);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body]);
}
const full = (type, version, flags, ...bodies) => box(type, u32(version * 2 ** 24 + flags),
  ...bodies);

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

// avcC and hvcC as x264 and x265 wrote them for 320x180.
const hex = (text) => Buffer.from(text, 'hex');
export const AVCC = hex('0164000cffe1001c6764000cacd941419f9f016a020202800000030080000019078a14cb01'
  + '000668ebe3cb22c0fdf8f800');
export const AVCC_PQ = hex('0164000cffe1001c6764000cacd941419f9f016a122012800000030080000019078a14'
  + 'cb01000668ebe3cb22c0fdf8f800');
export const AVCC_INTERLACED = hex('01640015ffe1001967640015acd941433f260220000003002000000643e285'
  + '32c001000668fba3cb22c0fdf8f800');
const HEVC_HEAD = hex('0102200000009000000000003cf000fcfdfafa00000f');
const HEVC_SETS = [[32, '40010c01ffff02200000030090000003000003003c959809'],
  [33, '42010102200000030090000003000003003ca00a080b9f6d96566924caf016a1220120800000030080'
    + '00000c84'], [34, '4401c172b46240']];
const MASTERING = [39, '4e01891833c286c41d4c0bb884d03e803d13404200989680000003000180'];

// Main 10 with PQ; with or without its mastering display SEI.
export function hvcc(mastering = true) {
  const sets = mastering ? [...HEVC_SETS, MASTERING] : HEVC_SETS;
  const arrays = sets.map(([type, text]) => {
    const nal = hex(text);
    return Buffer.concat([Buffer.from([0x80 | type]), u16(1, nal.length), nal]);
  });
  return Buffer.concat([HEVC_HEAD, Buffer.from([arrays.length]), ...arrays]);
}

// AudioSpecificConfig: AAC-LC 48 kHz stereo; the same with explicit SBR.
export const ASC_LC = hex('1190');
export const ASC_SBR = hex('2b098800');

function esds(asc) {
  const d = (tag, ...bodies) => {
    const body = Buffer.concat(bodies);
    return Buffer.concat([Buffer.from([tag, body.length]), body]);
  };
  return full('esds', 0, 0, d(3, u16(1), Buffer.from([0]),
    d(4, Buffer.from([0x40, 0x15, 0, 0, 0]), u32(96000, 96000), d(5, asc)),
      d(6, Buffer.from([2]))));
}

const sampleEntry = (t) => (t.kind === 'video'
  ? box(t.entry, Buffer.alloc(6), u16(1), Buffer.alloc(16), u16(t.width, t.height),
    u32(0x480000, 0x480000, 0), u16(1), Buffer.alloc(32), u16(24, 0xffff),
    box(/^hev|^hvc/.test(t.entry) ? 'hvcC' : 'avcC', t.config))
  : box('mp4a', Buffer.alloc(6), u16(1), Buffer.alloc(8), u16(t.channels ?? 2, 16, 0, 0),
    u32(48000 * 65536), esds(t.config)));

function trak(t) {
  const video = t.kind === 'video';
  return box('trak', full('tkhd', 0, 7, u32(0, 0, t.id, 0, t.tkhdDuration ?? 0), Buffer.alloc(16),
    MATRIX, u32((t.width ?? 0) * 65536, (t.height ?? 0) * 65536)),
  box('mdia', full('mdhd', 0, 0, u32(0, 0, t.timescale, 0), u16(0x55c4, 0)),
    full('hdlr', 0, 0, u32(0), Buffer.from(video ? 'vide' : 'soun'), Buffer.alloc(13)),
    box('minf', video ? full('vmhd', 0, 1, Buffer.alloc(8)) : full('smhd', 0, 0, Buffer.alloc(4)),
      box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, t.external ? 0 : 1))),
      box('stbl', full('stsd', 0, 0, u32(1), sampleEntry(t)), full('stts', 0, 0, u32(0)),
        full('stsc', 0, 0, u32(0)), full('stsz', 0, 0, u32(0, 0)), full('stco', 0, 0, u32(0))))));
}

export const VIDEO = { kind: 'video', id: 1, timescale: 90000, width: 320, height: 180,
  entry: 'avc1',
  config: AVCC };
export const AUDIO = { kind: 'audio', id: 1, timescale: 48000, config: ASC_LC };

// tracks: like VIDEO and AUDIO, with ids of their own.
export const makeInit = (tracks, { brands = ['iso6', 'mp41'], mvex = true } = {}) => Buffer.concat([
  box('ftyp', Buffer.from('iso6'), u32(0), Buffer.from(brands.join(''))),
  box('moov', full('mvhd', 0, 0, u32(0, 0, 1000, 0, 0x10000), u16(0x100), Buffer.alloc(10), MATRIX,
    Buffer.alloc(24), u32(tracks.length + 1)), ...tracks.map(trak),
  ...mvex ? [box('mvex', ...tracks.map((t) => full('trex', 0, 0, u32(t.id, 1, 0, 0, 0))))] : [])]);

const KEY = 0x2000000;
const DELTA = 0x1010000;

// One moof and mdat. runs: [{id, tfdt, samples: [{bytes, duration, key, cts}]}]
export function makeFragment(sequence, runs) {
  const make = (at) => box('moof', full('mfhd', 0, 0, u32(sequence)), ...runs.map((r, i) => {
    const before = runs.slice(0, i).reduce((n, x) => n
      + x.samples.reduce((m, s) => m + s.bytes.length,
      0), 0);
    return box('traf', full('tfhd', 0, 0x20000, u32(r.id)), full('tfdt', 1, 0, u64(r.tfdt)),
      full('trun', 0, 0xf01, u32(r.samples.length, at + before), ...r.samples.map((s) => u32(
        s.duration, s.bytes.length, s.key ? KEY : DELTA, s.cts ?? 0))));
  }));
  const moof = make(make(0).length + 8);
  return Buffer.concat([moof, box('mdat', ...runs.flatMap((r) => r.samples.map((s) => s.bytes)))]);
}

// Bytes that hold no start code and differ from sample to sample.
export function filler(seed, size) {
  const b = Buffer.alloc(size);
  let x = seed * 2654435761 >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    b[i] = 0x10 + ((x >>> 0) % 0xe0);
  }
  return b;
}

// A sample of one NAL unit: an IDR or a slice that follows it; HEVC on demand.
export function picture(seed, key, hevc = false) {
  const head = hevc ? [key ? 0x26 : 0x02, 0x01, 0x80] : [key ? 0x65 : 0x41, 0x88];
  const nal = Buffer.concat([Buffer.from(head), filler(seed, key ? 400 : 90)]);
  return Buffer.concat([u32(nal.length), nal]);
}
