// Cuts audio elementary streams, as transport streams carry them, into frames.
// SPDX-License-Identifier: MIT
//
// Independent of libavformat and of the relay's own code. Each reader gets (bytes, p, stream) and
// answers {size, units: [what an MP4 sample of it holds], samples, sampleRate, channels}, null when
// no frame begins at p, or undefined when its end is not there.

const ADTS_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025,
  8000, 7350];

// 14496-3 1.A.2
function adts(b, p) {
  if ((b.readUInt16BE(p) & 0xfff6) !== 0xfff0) return null;
  const header = b[p + 1] & 1 ? 7 : 9;
  const size = (b[p + 3] & 3) << 11 | b[p + 4] << 3 | b[p + 5] >> 5;
  if (size < header || p + size > b.length) return undefined;
  return { size, units: [b.subarray(p + header, p + size)], samples: 1024,
    sampleRate: ADTS_RATES[b[p + 2] >> 2 & 15], channels: (b[p + 2] & 1) << 2 | b[p + 3] >> 6 };
}

const AC3_RATES = [48000, 44100, 32000];
const AC3_KBPS = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576,
  640];
const ACMOD_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5];

// ETSI TS 102 366 clause 4.4.1 and table 4.13
function ac3(b, p) {
  if (b.readUInt16BE(p) !== 0x0b77) return null;
  const fscod = b[p + 4] >> 6;
  const kbps = AC3_KBPS[(b[p + 4] & 63) >> 1];
  const words = [2 * kbps, Math.floor(320 * kbps / 147) + (b[p + 4] & 1), 3 * kbps][fscod];
  const size = 2 * words;
  if (p + size > b.length) return undefined;
  return { size, units: [b.subarray(p, p + size)], samples: 1536, sampleRate: AC3_RATES[fscod],
    channels: ACMOD_CHANNELS[b[p + 6] >> 5] };
}

// ETSI TS 102 366 E.1.2.2: one syncframe's head
function eac3Head(b, p) {
  const rate = b[p + 4] >> 6;
  return { type: b[p + 2] >> 6, id: b[p + 2] >> 3 & 7,
    size: 2 * ((b[p + 2] & 7) << 8 | b[p + 3]) + 2, blocks: [1, 2, 3, 6][b[p + 4] >> 4 & 3],
    sampleRate: AC3_RATES[rate], channels: ACMOD_CHANNELS[b[p + 4] >> 1 & 7] + (b[p + 4] & 1) };
}

// Annex F.5.1: a sample is six blocks of every substream.
function eac3(b, p) {
  if (b.readUInt16BE(p) !== 0x0b77) return null;
  const first = eac3Head(b, p);
  let at = p;
  let blocks = 0;
  while (at + 6 <= b.length && b.readUInt16BE(at) === 0x0b77) {
    const head = eac3Head(b, at);
    const starts = head.type !== 1 && head.id === 0;
    if (starts && blocks === 6) break;
    if (at + head.size > b.length) return undefined;
    if (starts) blocks += head.blocks;
    at += head.size;
  }
  if (blocks !== 6) return at + 6 > b.length ? undefined : null;
  return { size: at - p, units: [b.subarray(p, at)], samples: 1536, sampleRate: first.sampleRate,
    channels: first.channels };
}

// ISO/IEC 11172-3 2.4.2.3, 13818-3: layers II and III at the bit rates that the tests use
const MP_KBPS = { '1.2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1.3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] };

function mpegAudio(b, p) {
  const version = b[p + 1] >> 3 & 3;
  const layer = 4 - (b[p + 1] >> 1 & 3);
  if (b[p] !== 0xff || (b[p + 1] & 0xe0) !== 0xe0 || version === 1 || layer > 3) return null;
  const rate = [44100, 48000, 32000][b[p + 2] >> 2 & 3] / { 3: 1, 2: 2, 0: 4 }[version];
  const kbps = MP_KBPS[version === 3 ? `1.${layer}` : 2]?.[b[p + 2] >> 4];
  if (!kbps || !rate) return null;
  const samples = layer === 3 && version !== 3 ? 576 : 1152;
  const size = Math.floor(samples / 8 * kbps * 1000 / rate) + (b[p + 2] >> 1 & 1);
  if (p + size > b.length) return undefined;
  return { size, units: [b.subarray(p, p + size)], samples, sampleRate: rate, layer,
    channels: b[p + 3] >> 6 === 3 ? 1 : 2 };
}

// RFC 6716 section 3.1
function opusSamples(packet) {
  const config = packet[0] >> 3;
  const ms = config < 12 ? [10, 20, 40, 60][config & 3] : config < 16 ? [10, 20][config & 1]
    : [2.5, 5, 10, 20][config & 3];
  return ms * 48 * [1, 2, 2, packet[1] & 63][packet[0] & 3];
}

// opus_control_header, then the packet
function opus(b, p, stream) {
  const flags = b.readUInt16BE(p);
  if (flags >> 5 !== 0x3ff) return null;
  let at = p + 2;
  let length = 0;
  let more;
  do { more = b[at++]; length += more; } while (more === 255);
  if (flags & 0x10) at += 2;
  if (flags & 8) at += 2;
  if (flags & 4) at += 1 + b[at];
  if (!(at + length <= b.length)) return undefined;
  const packet = b.subarray(at, at + length);
  return { size: at + length - p, units: [packet], samples: opusSamples(packet), sampleRate: 48000,
    channels: stream.opusConfig & 0x7f };
}

class Bits {
  constructor(bytes, from, to) { Object.assign(this, { bytes, at: from * 8, end: to * 8 }); }

  u(n) {
    let value = 0;
    for (let i = 0; i < n; i++, this.at++) {
      value = value * 2 + (this.bytes[this.at >> 3] >> (7 - (this.at & 7)) & 1);
    }
    return value;
  }
}

// 14496-3 1.7.3.1 for what encoders write: version 0, one AAC program, with SBR (5) and PS (29) said
// in front (1.6.2.1), frames that say their length.
function latmConfig(r, stream) {
  if (r.u(1) !== 0 || r.u(1) !== 1) throw new Error('LATM: not as the test expects');
  if (r.u(6) !== 0 || r.u(7) !== 0) throw new Error('LATM: several frames or programs');
  let objectType = r.u(5);
  const config = { objectType, sampleRate: ADTS_RATES[r.u(4)], channels: r.u(4) };
  if (objectType === 5 || objectType === 29) {
    r.u(4);
    objectType = r.u(5);
  }
  if (objectType !== 2 || r.u(3) !== 0) throw new Error('LATM: not AAC-LC at its core');
  if (r.u(3) !== 0) throw new Error('LATM: frameLengthType is not 0');
  r.u(8);
  if (r.u(2) !== 0) throw new Error('LATM: other data or a CRC');
  stream.latm = config;
}

function latm(b, p, stream) {
  if ((b.readUInt16BE(p) & 0xffe0) !== 0x56e0) return null;
  const size = 3 + ((b[p + 1] & 31) << 8 | b[p + 2]);
  if (p + size > b.length) return undefined;
  const r = new Bits(b, p + 3, p + size);
  if (r.u(1) === 0) latmConfig(r, stream);
  let length = 0;
  let more;
  do { more = r.u(8); length += more; } while (more === 255);
  const frame = Buffer.from(Array.from({ length }, () => r.u(8)));
  return { size, units: [frame], samples: 1024, ...stream.latm };
}

export const FRAME_READERS = { aac: adts, latm, ac3, eac3, mpeg: mpegAudio, opus };

const REGISTERED = { 'AC-3': 'ac3', EAC3: 'eac3', Opus: 'opus' };
const BY_TYPE = { 0x03: 'mpeg', 0x04: 'mpeg', 0x0f: 'aac', 0x11: 'latm', 0x81: 'ac3', 0x87: 'eac3' };

// What a PMT entry announces: {codec, opusConfig}; codec null when it is no audio we know.
export function audioOf(type, descriptors) {
  let codec = BY_TYPE[type] ?? null;
  let opusConfig = 2;
  for (let p = 0; p + 2 <= descriptors.length; p += 2 + descriptors[p + 1]) {
    const body = descriptors.subarray(p + 2, p + 2 + descriptors[p + 1]);
    if (descriptors[p] === 0x7f && body[0] === 0x80) opusConfig = body[1];
    if (type !== 6) continue;
    if (descriptors[p] === 0x05) codec ??= REGISTERED[body.toString('latin1', 0, 4)] ?? null;
    if (descriptors[p] === 0x6a) codec = 'ac3';
    if (descriptors[p] === 0x7a) codec = 'eac3';
  }
  return { codec, opusConfig };
}
