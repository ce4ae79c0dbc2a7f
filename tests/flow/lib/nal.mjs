// What NAL units are: splitting, types, IDR, picture boundaries, for H.264 and HEVC.
// SPDX-License-Identifier: MIT

// ISO/IEC 13818-1 table 2-34.
export const CODEC_OF_STREAM_TYPE = { 0x1b: 'h264', 0x24: 'hevc' };

const START_CODE = Buffer.from([0, 0, 1]);

// ISO/IEC 14496-10 annex B. Zero bytes before a start code belong to no unit.
export function splitAnnexB(bytes) {
  const units = [];
  let at = bytes.indexOf(START_CODE);
  while (at >= 0) {
    const begin = at + 3;
    at = bytes.indexOf(START_CODE, begin);
    let end = at < 0 ? bytes.length : at;
    while (end > begin && bytes[end - 1] === 0) end--;
    if (end > begin) units.push(bytes.subarray(begin, end));
  }
  return units;
}

// Four-byte length prefixes (ISO/IEC 14496-15); null when they do not fill the sample exactly.
// A trailing zero byte belongs to no unit here either: libavformat may carry it over.
export function splitLengthPrefixed(sample) {
  const units = [];
  let p = 0;
  while (p + 4 <= sample.length) {
    const n = sample.readUInt32BE(p);
    if (n === 0 || p + 4 + n > sample.length) return null;
    const next = p + 4 + n;
    let end = next;
    while (end > p + 5 && sample[end - 1] === 0) end--;
    units.push(sample.subarray(p + 4, end));
    p = next;
  }
  return p === sample.length ? units : null;
}

export function nalType(codec, nal) {
  return codec === 'hevc' ? nal[0] >> 1 & 63 : nal[0] & 31;
}

// H.264 7.4.1: 1 and 5 are slices, 2 the first partition. HEVC 7.4.2.2: 0 to 31.
const isSlice = (codec, type) => (codec === 'hevc' ? type < 32 : type === 1 || type === 2
  || type === 5);
const isIdr = (codec, type) => (codec === 'hevc' ? type === 19 || type === 20 : type === 5);
// first_mb_in_slice 0 is the bit '1'; first_slice_segment_in_pic_flag is the first bit.
const startsPicture = (codec, nal) => (nal[codec === 'hevc' ? 2 : 1] & 0x80) !== 0;

// AV1: is the temporal unit's first frame a shown or hidden KEY_FRAME (5.5, 5.9.2)?
export function av1IsKey(sample) {
  for (let p = 0; p < sample.length;) {
    const type = sample[p] >> 3 & 15;
    const hasSize = sample[p] & 2;
    p += sample[p] & 4 ? 2 : 1;
    let size = sample.length - p;
    if (hasSize) {
      size = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        size += (sample[p] & 127) * 2 ** shift;
        if (!(sample[p++] & 128)) break;
      }
    }
    if (type === 3 || type === 6) return (sample[p] & 0xe0) === 0;
    p += size;
  }
  return false;
}

// HEVC: BLA, IDR and CRA pictures may begin decoding; of H.264 only IDR surely may.
export const isRandomAccess = (codec, type) => (codec === 'hevc' ? type >= 16 && type <= 21
  : type === 5);

export function nalFacts(codec, nals) {
  const types = nals.map((n) => nalType(codec, n));
  const slices = nals.filter((n, i) => isSlice(codec, types[i]));
  return {
    types,
    idr: types.some((t) => isIdr(codec, t)),
    pictures: slices.filter((n) => startsPicture(codec, n)).length,
  };
}
