// Sequence parameter sets of H.264 and HEVC: size, level, scan, transfer characteristics.
// SPDX-License-Identifier: MIT
//
// ISO/IEC 14496-10 7.3.2.1.1 and E.1.1; ISO/IEC 23008-2 7.3.2.2 and E.2.1.
import { Bits, unescape } from './bits.mjs';

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function skipScalingList(b, size) {
  let last = 8;
  for (let i = 0, next = 8; i < size; i++) {
    if (next) next = (last + b.se() + 256) % 256;
    last = next || last;
  }
}

// Both VUIs begin alike. → {transfer: number | null (not said)}
function readVui(b) {
  if (b.flag() && b.u(8) === 255) b.skip(32);
  if (b.flag()) b.skip(1);
  if (!b.flag()) return { transfer: null };
  b.skip(4);
  if (!b.flag()) return { transfer: null };
  b.skip(8);
  return { transfer: b.u(8) };
}

function avcSps(nal) {
  const b = new Bits(unescape(nal));
  b.skip(8);
  const out = { codec: 'h264', profile: b.u(8), constraints: b.u(8), level: b.u(8) };
  b.ue();
  let chroma = 1;
  if (HIGH_PROFILES.has(out.profile)) {
    chroma = b.ue();
    if (chroma === 3) b.skip(1);
    out.depth = 8 + b.ue();
    b.ue();
    b.skip(1);
    if (b.flag()) {
      for (let i = 0; i < (chroma === 3 ? 12 : 8); i++) if (b.flag()) skipScalingList(b, i < 6 ? 16
        : 64);
    }
  }
  b.ue();
  const order = b.ue();
  if (order === 0) b.ue();
  else if (order === 1) {
    b.skip(1);
    b.se();
    b.se();
    for (let n = b.ue(); n > 0 && b.left > 0; n--) b.se();
  }
  b.ue();
  b.skip(1);
  const width = 16 * (b.ue() + 1);
  const mapUnits = b.ue() + 1;
  const frames = b.flag();
  if (!frames) b.skip(1);
  b.skip(1);
  const crop = b.flag() ? [b.ue(), b.ue(), b.ue(), b.ue()] : [0, 0, 0, 0];
  const [sx, sy] = [chroma === 1 || chroma === 2 ? 2 : 1, (chroma === 1 ? 2 : 1) * (frames ? 1
    : 2)];
  return { ...out, interlaced: !frames, chroma, width: width - sx * (crop[0] + crop[1]),
    height: 16 * mapUnits * (frames ? 1 : 2) - sy * (crop[2] + crop[3]),
    transfer: b.flag() ? readVui(b).transfer : null };
}

function hevcTierLevel(b, subLayers) {
  const from = b.at / 8;
  const tier = b.bytes.subarray(from, from + 12);
  b.skip(3);
  const out = { tier: tier[0] & 32 ? 'high' : 'main', profile: tier[0] & 31, level: tier[11],
    general: tier, interlaced: (tier[5] & 0xc0) === 0x40 };
  b.at = (from + 12) * 8;
  const present = Array.from({ length: subLayers }, () => [b.flag(), b.flag()]);
  if (subLayers) b.skip(2 * (8 - subLayers));
  for (const [profile, level] of present) b.skip((profile ? 88 : 0) + (level ? 8 : 0));
  return out;
}

function hevcScalingLists(b) {
  for (let size = 0; size < 4; size++) {
    for (let i = 0; i < 6; i += size === 3 ? 3 : 1) {
      if (!b.flag()) { b.ue(); continue; }
      if (size > 1) b.se();
      for (let n = Math.min(64, 1 << (4 + (size << 1))); n > 0; n--) b.se();
    }
  }
}

// st_ref_pic_set(i), 7.3.7; only its length matters. sets: NumDeltaPocs of those before.
function hevcRefPicSet(b, i, sets) {
  if (i && b.flag()) {
    b.skip(1);
    b.ue();
    let n = 0;
    for (let j = 0; j <= sets[i - 1]; j++) {
      const used = b.flag();
      if (used || b.flag()) n++;
    }
    sets.push(n);
    return;
  }
  const [negative, positive] = [b.ue(), b.ue()];
  for (let n = Math.min(32, negative + positive); n > 0; n--) { b.ue(); b.skip(1); }
  sets.push(negative + positive);
}

function hevcSps(nal) {
  const b = new Bits(unescape(nal));
  b.skip(20);
  const subLayers = b.u(3);
  b.skip(1);
  const out = { codec: 'hevc', ...hevcTierLevel(b, subLayers) };
  b.ue();
  const chroma = b.ue();
  if (chroma === 3) b.skip(1);
  const [width, height] = [b.ue(), b.ue()];
  const crop = b.flag() ? [b.ue(), b.ue(), b.ue(), b.ue()] : [0, 0, 0, 0];
  out.depth = 8 + b.ue();
  b.ue();
  const pocBits = b.ue() + 4;
  for (let i = b.flag() ? 0 : subLayers; i <= subLayers; i++) { b.ue(); b.ue(); b.ue(); }
  for (let i = 0; i < 6; i++) b.ue();
  if (b.flag() && b.flag()) hevcScalingLists(b);
  b.skip(2);
  if (b.flag()) { b.skip(8); b.ue(); b.ue(); b.skip(1); }
  const sets = [];
  const count = Math.min(64, b.ue());
  for (let i = 0; i < count; i++) hevcRefPicSet(b, i, sets);
  if (b.flag()) for (let n = Math.min(32, b.ue()); n > 0; n--) b.skip(pocBits + 1);
  b.skip(2);
  const [sx, sy] = [chroma === 1 || chroma === 2 ? 2 : 1, chroma === 1 ? 2 : 1];
  return { ...out, chroma, width: width - sx * (crop[0] + crop[1]),
    height: height - sy * (crop[2] + crop[3]), transfer: b.flag() ? readVui(b).transfer : null };
}

// → {codec, profile, level, tier, depth, chroma, width, height, interlaced, transfer}
export const readSps = (codec, nal) => (codec === 'hevc' ? hevcSps(nal) : avcSps(nal));
export const isSps = (codec, type) => type === (codec === 'hevc' ? 33 : 7);

// SEI messages of one unit (7.3.2.3). → [{type, payload}]
export function readSei(codec, nal) {
  const b = unescape(nal);
  const out = [];
  let p = codec === 'hevc' ? 2 : 1;
  const coded = () => {
    let v = 0;
    while (b[p] === 255) { v += 255; p++; }
    return v + (b[p++] ?? 0);
  };
  while (p + 2 < b.length) {
    const type = coded();
    const size = coded();
    out.push({ type, payload: b.subarray(p, p + size) });
    p += size;
  }
  return out;
}
export const isSei = (codec, type) => (codec === 'hevc' ? type === 39 : type === 6);

// CEA-608/708 in a registered user data message: ITU-T T.35, ATSC A/53 part 4 6.2.3.
export function hasCaptions(sei) {
  const b = sei.payload;
  if (sei.type !== 4 || b.length < 10 || b[0] !== 0xb5 || b.readUInt16BE(1) !== 0x31
    || b.toString('latin1', 3, 7) !== 'GA94' || b[7] !== 3) return false;
  for (let i = 0, p = 10; i < (b[8] & 31) && p + 3 <= b.length; i++, p += 3) {
    // cc_valid, and something other than padding with its parity bits taken away.
    if (b[p] & 4 && ((b[p + 1] & 0x7f) || (b[p + 2] & 0x7f))) return true;
  }
  return false;
}
