// Sample entries of fMP4: which codec, what its RFC 6381 string is, what its configuration says.
// SPDX-License-Identifier: MIT
//
// ISO/IEC 14496-15 (avcC, hvcC), 14496-14 (esds), AV1-ISOBMFF 2.3, VP9 in ISOBMFF, RFC 6381.
import { readBoxes } from './boxes.mjs';
import { readAsc } from './asc.mjs';

function descriptor(b, p) {
  const tag = b[p++];
  let size = 0;
  let byte;
  do { byte = b[p++]; size = size << 7 | byte & 0x7f; } while (byte & 0x80);
  return { tag, body: p, end: p + size };
}

// ES_Descriptor (14496-1 7.2.6.5) → DecoderConfig → DecoderSpecificInfo.
function decoderConfig(esds) {
  const es = descriptor(esds, 4);
  const dc = descriptor(esds, es.body + 3);
  const objectType = esds[dc.body];
  if (dc.body + 13 >= dc.end) return { objectType, config: null };
  const info = descriptor(esds, dc.body + 13);
  return { objectType, config: esds.subarray(info.body, info.end) };
}

// Entries whose string is their own name, and how our other tools call the codec.
const PLAIN_AUDIO = { Opus: ['opus', 'Opus', 'dOps'], fLaC: ['flac', 'fLaC', 'dfLa'],
  'ac-3': ['ac3', 'ac-3', 'dac3'], 'ec-3': ['eac3', 'ec-3', 'dec3'], '.mp3': ['mp3', 'mp4a.40.34'], alac: ['alac', 'alac'] };

export function audioEntry(type, body) {
  const boxes = readBoxes(body, 28);
  const base = { entry: type, channels: body.readUInt16BE(16),
    sampleRate: body.readUInt32BE(24) / 65536, config: null };
  if (PLAIN_AUDIO[type]) {
    const [codec, rfc6381, record] = PLAIN_AUDIO[type];
    return { ...base, codec, rfc6381, config: boxes.find((b) => b.type === record)?.body ?? null };
  }
  const esds = boxes.find((b) => b.type === 'esds');
  const dc = esds ? decoderConfig(esds.body) : { objectType: 0, config: null };
  if (dc.objectType !== 0x40 || !dc.config) {
    const hex = dc.objectType.toString(16).padStart(2, '0').toUpperCase();
    if ([0x69, 0x6b].includes(dc.objectType)) { // MP3, by the name that HLS players know; or MP2
      return { ...base, codec: 'mp3', rfc6381: 'mp4a.40.34', also: [`mp4a.${hex}`, 'mp4a.40.33'],
        objectType: dc.objectType };
    }
    return { ...base, codec: type, rfc6381: `mp4a.${hex}` };
  }
  const asc = readAsc(dc.config);
  const also = asc.sbr ? [`mp4a.40.${asc.ps ? 29 : 5}`, 'mp4a.40.5', 'mp4a.40.2'] : [];
  return { ...base, codec: 'aac', config: dc.config, asc, rfc6381: `mp4a.40.${asc.objectType}`,
    also };
}

const hex2 = (n) => n.toString(16).padStart(2, '0');

// ISO/IEC 14496-15 annex E.3: profile, compatibility reversed, tier and level, constraints.
// c begins with the profile byte, as hvcC from its second byte on.
export function hevcString(type, c) {
  const space = ['', 'A', 'B', 'C'][c[0] >> 6];
  let compat = 0;
  for (let bit = 0; bit < 32; bit++) compat |= (c.readUInt32BE(1) >>> bit & 1) << (31 - bit);
  const parts = [type, `${space}${c[0] & 31}`, (compat >>> 0).toString(16),
    `${c[0] & 32 ? 'H' : 'L'}${c[11]}`];
  const constraints = [...c.subarray(5, 11)];
  while (constraints.length && constraints.at(-1) === 0) constraints.pop();
  return parts.concat(constraints.map((n) => n.toString(16))).join('.');
}

export const avcString = (type, sps) => `${type}.${hex2(sps[1])}${hex2(sps[2])}${hex2(sps[3])}`;

// AV1-ISOBMFF 2.3.3; the string of the AV1 codec's media type, short form.
function av1String(c) {
  const depth = c[2] & 0x40 ? (c[2] & 0x20 ? 12 : 10) : 8;
  const level = (c[1] & 31).toString().padStart(2, '0');
  const tier = c[2] & 0x80 ? 'H' : 'M';
  return `av01.${c[1] >> 5}.${level}${tier}.${depth.toString().padStart(2, '0')}`;
}

function vp9String(c) {
  const two = (n) => n.toString().padStart(2, '0');
  return `vp09.${two(c[4])}.${two(c[5])}.${two(c[6] >> 4)}`;
}

// colr, mdcv and clli of a video sample entry (14496-12 12.1.5 to 12.1.7); null where not there.
function colourBoxes(boxes) {
  const bodyOf = (type) => boxes.find((b) => b.type === type)?.body ?? null;
  const colr = bodyOf('colr');
  const nclx = colr?.toString('latin1', 0, 4) === 'nclx';
  const clli = bodyOf('clli');
  return { mdcv: bodyOf('mdcv'),
    clli: clli && { maxCll: clli.readUInt16BE(0), maxFall: clli.readUInt16BE(2) },
    colour: nclx ? { primaries: colr.readUInt16BE(4), transfer: colr.readUInt16BE(6),
      matrix: colr.readUInt16BE(8), fullRange: colr[10] >> 7 === 1 } : null };
}

export function videoEntry(type, body) {
  const boxes = readBoxes(body, 78);
  const config = (name) => boxes.find((b) => b.type === name)?.body;
  const [avcC, hvcC, av1C, vpcC] = ['avcC', 'hvcC', 'av1C', 'vpcC'].map(config);
  const entry = { entry: type, width: body.readUInt16BE(24), height: body.readUInt16BE(26),
    config: avcC ?? hvcC ?? av1C ?? vpcC ?? null, ...colourBoxes(boxes) };
  if (avcC) {
    return { ...entry, codec: 'h264', rfc6381: avcString(type, avcC),
      lengthSize: (avcC[4] & 3) + 1 };
  }
  if (hvcC) {
    return { ...entry, codec: 'hevc', rfc6381: hevcString(type, hvcC.subarray(1)),
      lengthSize: (hvcC[21] & 3) + 1 };
  }
  if (av1C) return { ...entry, codec: 'av1', rfc6381: av1String(av1C) };
  if (vpcC) return { ...entry, codec: 'vp9', rfc6381: vp9String(vpcC) };
  return { ...entry, codec: type, rfc6381: type };
}

// The NAL units in avcC or hvcC. → [Buffer]
export function configUnits(init) {
  const c = init.config;
  const out = [];
  const take = (p, n) => {
    for (let i = 0; i < n && p + 2 <= c.length; i++) {
      const size = c.readUInt16BE(p);
      out.push(c.subarray(p + 2, p + 2 + size));
      p += 2 + size;
    }
    return p;
  };
  if (init.codec === 'h264') {
    const p = take(6, c[5] & 31);
    take(p + 1, c[p]);
  } else if (init.codec === 'hevc') {
    for (let p = 23, k = 0; k < c[22] && p + 3 <= c.length; k++) {
      p = take(p + 3, c.readUInt16BE(p + 1));
    }
  }
  return out;
}
