// Reads an MPEG transport stream into access units: what an encoder really sent.
// SPDX-License-Identifier: MIT
//
// Independent of libavformat and of the relay's own code, so that both can be judged by it.
// ISO/IEC 13818-1 (TS, PES), 14496-10 annex B; audio.mjs has the audio.
import { createHash } from 'node:crypto';
import { FRAME_READERS, audioOf } from './audio.mjs';
import { CODEC_OF_STREAM_TYPE, nalFacts, splitAnnexB } from './nal.mjs';

const PACKET = 188;
const WRAP = 2 ** 33;

// CRC of ISO/IEC 13818-1 annex A: a section with its CRC_32 gives 0.
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte << 24;
  for (let bit = 0; bit < 8; bit++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c >>> 0;
});
export function crc32Mpeg(bytes) {
  let c = 0xffffffff;
  for (const b of bytes) c = ((c << 8) ^ CRC_TABLE[((c >>> 24) ^ b) & 255]) >>> 0;
  return c;
}

// The value nearest to `last` that is `raw` modulo 2^33.
export function unwrap(raw, last) {
  if (last === null) return raw;
  const base = Math.round((last - raw) / WRAP) * WRAP;
  return raw + base;
}

const timestamp = (b, o) => (b[o] >> 1 & 7) * 2 ** 30 + (b[o + 1] << 22) + (b[o + 2] >> 1 << 15)
  + (b[o + 3] << 7) + (b[o + 4] >> 1);

// One unit's identity: its pieces' lengths and bytes, whatever framing carried them.
export function hashUnits(units) {
  const h = createHash('sha1');
  const length = Buffer.alloc(4);
  for (const u of units) {
    length.writeUInt32BE(u.length);
    h.update(length).update(u);
  }
  return h.digest('hex');
}

function parsePat(section) {
  const programs = [];
  for (let p = 8; p + 4 <= section.length - 4; p += 4) {
    const number = section.readUInt16BE(p);
    if (number !== 0) programs.push({ number, pmtPid: section.readUInt16BE(p + 2) & 0x1fff });
  }
  return programs;
}

function parsePmt(section) {
  const streams = [];
  let p = 12 + (section.readUInt16BE(10) & 0xfff);
  while (p + 5 <= section.length - 4) {
    const type = section[p];
    const pid = section.readUInt16BE(p + 1) & 0x1fff;
    const infoLength = section.readUInt16BE(p + 3) & 0xfff;
    const descriptors = section.subarray(p + 5, p + 5 + infoLength);
    streams.push({ pid, type, language: languageOf(descriptors),
      audio: audioOf(type, descriptors) });
    p += 5 + infoLength;
  }
  return streams;
}

// ISO_639_language_descriptor, 2.6.18.
function languageOf(descriptors) {
  for (let p = 0; p + 2 <= descriptors.length; p += 2 + descriptors[p + 1]) {
    if (descriptors[p] === 0x0a) return descriptors.toString('latin1', p + 2, p + 5);
  }
  return '';
}

class Reader {
  constructor() {
    this.faults = [];
    this.continuity = new Map();
    this.sections = new Map();
    this.pmtPids = new Set();
    this.streams = new Map();
    this.lastDts = null;
    this.versions = { pat: new Set(), pmt: new Set() };
  }

  packet(p, index) {
    const pid = p.readUInt16BE(1) & 0x1fff;
    const start = (p[1] & 0x40) !== 0;
    const control = p[3] >> 4 & 3;
    if (p[1] & 0x80) this.faults.push(`packet ${index}: transport_error_indicator`);
    if (pid === 0x1fff || !(control & 1)) return;
    const adaptation = control & 2 ? p[4] + 1 : 0;
    const jumpAllowed = control & 2 && p[4] > 0 && p[5] & 0x80;
    this.checkContinuity(pid, p[3] & 15, jumpAllowed, index);
    const payload = p.subarray(4 + adaptation);
    if (pid === 0 || this.pmtPids.has(pid)) this.section(pid, payload, start, index);
    else if (this.streams.has(pid)) this.pes(this.streams.get(pid), payload, start);
  }

  checkContinuity(pid, counter, jumpAllowed, index) {
    const last = this.continuity.get(pid);
    if (last !== undefined && !jumpAllowed && counter !== ((last + 1) & 15)) {
      this.faults.push(`packet ${index}: PID ${pid} counter ${counter} after ${last}`);
    }
    this.continuity.set(pid, counter);
  }

  section(pid, payload, start, index) {
    if (start) this.sections.set(pid, Buffer.from(payload.subarray(1 + payload[0])));
    else if (this.sections.has(pid)) {
      this.sections.set(pid, Buffer.concat([this.sections.get(pid), payload]));
    } else return;
    const s = this.sections.get(pid);
    if (s.length < 3) return;
    const length = 3 + (s.readUInt16BE(1) & 0xfff);
    if (s.length < length) return;
    this.sections.delete(pid);
    const whole = s.subarray(0, length);
    if (crc32Mpeg(whole) !== 0) this.faults.push(`packet ${index}: CRC of PID ${pid} is wrong`);
    else if (pid === 0 && whole[0] === 0) this.takePat(whole);
    else if (whole[0] === 2) this.takePmt(whole);
  }

  takePat(section) {
    this.versions.pat.add(section[5] >> 1 & 31);
    for (const program of parsePat(section)) this.pmtPids.add(program.pmtPid);
  }

  takePmt(section) {
    this.versions.pmt.add(section[5] >> 1 & 31);
    for (const s of parsePmt(section)) {
      if (this.streams.has(s.pid)) continue;
      const codec = s.audio.codec ?? CODEC_OF_STREAM_TYPE[s.type] ?? null;
      const kind = s.audio.codec ? 'audio' : codec ? 'video' : 'other';
      this.streams.set(s.pid, { ...s, ...s.audio, codec, kind, pes: [], open: null });
    }
  }

  pes(stream, payload, start) {
    if (start) {
      if (payload.length < 9 || payload.readUIntBE(0, 3) !== 1) {
        this.faults.push(`PID ${stream.pid}: no PES start code where one was announced`);
        stream.open = null;
        return;
      }
      const flags = payload[7];
      const pts = flags & 0x80 ? timestamp(payload, 9) : null;
      const dts = flags & 0x40 ? timestamp(payload, 14) : pts;
      stream.open = { pts, dts, chunks: [payload.subarray(9 + payload[8])] };
      stream.pes.push(stream.open);
    } else if (stream.open) stream.open.chunks.push(payload);
  }
}

function videoUnits(stream, clock, faults) {
  const aus = [];
  for (const pes of stream.pes) {
    const nals = splitAnnexB(Buffer.concat(pes.chunks));
    const facts = nalFacts(stream.codec, nals);
    if (facts.pictures !== 1) {
      faults.push(`PID ${stream.pid}: PES ${aus.length} holds ${facts.pictures} pictures`);
    }
    const dts = clock(pes.dts);
    aus.push({ pts: unwrap(pes.pts, dts), dts, ptsRaw: pes.pts, dtsRaw: pes.dts,
      units: nals, key: facts.idr, nalTypes: facts.types });
  }
  return aus;
}

// A PES's timestamp is that of the first frame that begins in it (2.4.3.7).
function audioUnits(stream, clock, faults) {
  const bytes = Buffer.concat(stream.pes.flatMap((p) => p.chunks));
  const starts = [];
  let at = 0;
  for (const p of stream.pes) {
    starts.push({ at, pts: p.pts });
    at += p.chunks.reduce((n, c) => n + c.length, 0);
  }
  const aus = [];
  let base = null;
  let passed = 0;
  for (let p = 0; p + 8 <= bytes.length;) {
    const frame = FRAME_READERS[stream.codec](bytes, p, stream);
    if (frame === undefined) break;
    if (frame === null) {
      faults.push(`PID ${stream.pid}: no ${stream.codec} frame at byte ${p}`);
      p++;
      continue;
    }
    while (starts.length && starts[0].at <= p) {
      const { pts } = starts.shift();
      if (pts !== null) { base = clock(pts); passed = 0; }
    }
    stream.sampleRate = frame.sampleRate;
    stream.channels = frame.channels;
    stream.frameSamples = frame.samples;
    const pts = base + passed * 90000 / frame.sampleRate;
    aus.push({ pts, dts: pts, units: frame.units, key: true });
    passed += frame.samples;
    p += frame.size;
  }
  return aus;
}

// → {streams: [{pid, type, kind, codec, language, aus}], faults, versions}
// An access unit: {pts, dts (90 kHz, unwrapped), units (NAL units or one audio frame), key, sha1}.
export function readTs(bytes) {
  const r = new Reader();
  const whole = bytes.length - bytes.length % PACKET;
  if (whole !== bytes.length) r.faults.push(`${bytes.length - whole} bytes after the last packet`);
  for (let o = 0, i = 0; o < whole; o += PACKET, i++) {
    if (bytes[o] !== 0x47) r.faults.push(`packet ${i}: no sync byte`);
    else r.packet(bytes.subarray(o, o + PACKET), i);
  }
  const streams = [...r.streams.values()].filter((s) => s.codec);
  let last = null;
  for (const s of streams) {
    const clock = (raw) => (last = unwrap(raw, last));
    s.aus = s.kind === 'video' ? videoUnits(s, clock, r.faults) : audioUnits(s, clock, r.faults);
    for (const au of s.aus) au.sha1 = hashUnits(au.units);
    last = s.aus[0]?.dts ?? last;
    delete s.pes;
    delete s.open;
  }
  return { streams, faults: r.faults, versions: r.versions };
}
