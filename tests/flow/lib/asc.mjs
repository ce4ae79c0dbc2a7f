// AudioSpecificConfig, ISO/IEC 14496-3 1.6.2.1, as far as rule 44 asks.
// SPDX-License-Identifier: MIT
import { Bits } from './bits.mjs';

export const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000,
  11025, 8000, 7350];

const objectType = (b) => {
  const type = b.u(5);
  return type === 31 ? 32 + b.u(6) : type;
};
const rate = (b) => {
  const i = b.u(4);
  return i === 15 ? b.u(24) : AAC_RATES[i];
};

// → {objectType, sampleRate, channels, sbr, ps}: sbr and ps only where explicitly signalled.
export function readAsc(bytes) {
  const b = new Bits(bytes);
  const out = { objectType: objectType(b), sampleRate: rate(b), channels: b.u(4), sbr: false,
    ps: false };
  if (out.objectType === 5 || out.objectType === 29) {
    return { ...out, sbr: true, ps: out.objectType === 29 };
  }
  // Backward compatible signalling: syncExtensionType 0x2b7 behind GASpecificConfig.
  b.skip(3);
  for (; b.left >= 16; b.at++) {
    const from = b.at;
    if (b.u(11) === 0x2b7 && objectType(b) === 5 && b.flag()) {
      rate(b);
      return { ...out, sbr: true, ps: b.left >= 12 && b.u(11) === 0x548 && b.flag() };
    }
    b.at = from;
  }
  return out;
}
