// The bytes of one Media Segment or part, whatever its format, as the rules see them.
// SPDX-License-Identifier: MIT
import { readSegment } from './fmp4.mjs';
import { av1IsKey, isRandomAccess, nalFacts, splitLengthPrefixed } from './nal.mjs';
import { hashUnits } from './ts.mjs';
import { readTsSegment } from './ts-segment.mjs';

export const NOTHING = Object.freeze({ samples: [], fragments: [], faults: [], end: 0,
  others: new Map() });

const FMP4_BOXES = new Set(['styp', 'moof', 'sidx', 'emsg', 'prft', 'ftyp', 'free']);

// → 'ts', 'fmp4', 'packed' (elementary audio), 'text' or 'unknown'
export function formatOf(bytes) {
  if (bytes[0] === 0x47 && (bytes.length < 189 || bytes[188] === 0x47)) return 'ts';
  if (FMP4_BOXES.has(bytes.toString('latin1', 4, 8))) return 'fmp4';
  if (bytes.toString('latin1', 0, 3) === 'ID3' || (bytes.length > 1
    && (bytes.readUInt16BE(0) & 0xfff6) === 0xfff0)) return 'packed';
  if (bytes.toString('utf8', 0, 9).replace('\ufeff', '').startsWith('WEBVTT')) return 'text';
  return 'unknown';
}

const NAL_CODECS = new Set(['h264', 'hevc']);

// A sample as ledger.mjs compares it: its NAL units, or the one audio frame.
function describe(sample, init) {
  const nals = NAL_CODECS.has(init.codec);
  sample.units = (nals ? splitLengthPrefixed(sample.bytes) : null) ?? [sample.bytes];
  sample.sha1 = hashUnits(sample.units);
  if (nals) {
    const facts = nalFacts(init.codec, sample.units);
    sample.idr = facts.idr;
    sample.access = facts.types.some((type) => isRandomAccess(init.codec, type));
  } else {
    sample.idr = init.codec === 'av1' ? av1IsKey(sample.bytes) : init.kind === 'audio'
      || sample.key;
    sample.access = sample.idr;
  }
}

const RULE_OF = { ts: 36, fmp4: 39, packed: 50 };

// init: of readInit, or null where there is no EXT-X-MAP. → {format, init, media}
export function readMedia(bytes, init) {
  const format = formatOf(bytes);
  try {
    return { format, ...readAs(format, bytes, init) };
  } catch (e) {
    const faults = [{ rule: RULE_OF[format], text: `cannot be read: ${e.message}` }];
    return { format, init: null, media: { ...NOTHING, faults } };
  }
}

function readAs(format, bytes, init) {
  if (format === 'ts') {
    const read = readTsSegment(bytes);
    for (const s of read.media.samples) s.access = s.idr;
    return read;
  }
  if (format === 'packed') return { init: null, media: readPacked(bytes) };
  if (format !== 'fmp4') return { init: null, media: { ...NOTHING } };
  if (!init?.timescale) {
    return { init: null, media: { ...NOTHING, faults: [{ rule: 37, text: 'no usable init' }] } };
  }
  const media = readSegment(bytes, init);
  for (const sample of media.samples) describe(sample, init);
  return { init, media };
}

const PRIV = 'com.apple.streaming.transportStreamTimestamp\0';

// Rule 50: packed audio begins with its timestamp.
function readPacked(bytes) {
  const size = bytes.length > 10 && bytes.toString('latin1', 0, 3) === 'ID3'
    ? (bytes[6] << 21 | bytes[7] << 14 | bytes[8] << 7 | bytes[9]) + 10 : 0;
  const at = bytes.subarray(0, size).indexOf(PRIV);
  const whole = at >= 0 && at + PRIV.length + 8 <= size;
  const faults = [];
  if (!whole) faults.push({ rule: 50, text: 'packed audio without its ID3 timestamp' });
  else if (bytes.readUInt32BE(at + PRIV.length) > 1) {
    faults.push({ rule: 50, text: 'the ID3 timestamp has more than 33 bits' });
  }
  return { ...NOTHING, faults };
}
