// A playlist parser of our own: draft-pantos-hls-rfc8216bis syntax, nothing lenient.
// SPDX-License-Identifier: MIT
//
// What breaks the syntax is reported as {rule, text}; meaning is judged in rules.mjs.

const NAME = /^[A-Z0-9-]+$/;
const VALUE = [
  /^"[^"\r\n]*"$/,                  // quoted-string
  /^0[xX][0-9A-F]+$/,               // hexadecimal-sequence
  /^[0-9]+x[0-9]+$/,                // decimal-resolution
  /^-?[0-9]+(\.[0-9]+)?$/,          // decimal-integer, (signed-)decimal-floating-point
  /^[^\s",]+$/,                     // enumerated-string
];

// Splits "A=1,B="x,y"" → Map; faults go to fault(rule, text).
export function parseAttributes(text, fault = () => {}) {
  const attributes = new Map();
  const pieces = text.match(/(?:[^,"]|"[^"]*")+/g) ?? [];
  if (pieces.join(',') !== text) fault(8, `attribute list is not well formed: ${text}`);
  for (const piece of pieces) {
    const equals = piece.indexOf('=');
    const name = piece.slice(0, equals);
    const raw = piece.slice(equals + 1);
    if (equals < 1 || !NAME.test(name)) {
      fault(8, `attribute without a name: ${piece}`);
      continue;
    }
    if (!VALUE.some((v) => v.test(raw))) fault(8, `attribute value ${piece}`);
    if (attributes.has(name)) fault(8, `attribute ${name} twice`);
    attributes.set(name, { raw, quoted: raw.startsWith('"'), value: raw.replace(/^"|"$/g, '') });
  }
  return attributes;
}

const ATTRIBUTE_TAGS = new Set(['EXT-X-MAP', 'EXT-X-KEY', 'EXT-X-DATERANGE', 'EXT-X-START',
  'EXT-X-SERVER-CONTROL', 'EXT-X-PART-INF', 'EXT-X-PART', 'EXT-X-PRELOAD-HINT', 'EXT-X-SKIP',
  'EXT-X-RENDITION-REPORT', 'EXT-X-MEDIA', 'EXT-X-STREAM-INF', 'EXT-X-I-FRAME-STREAM-INF',
  'EXT-X-SESSION-DATA', 'EXT-X-SESSION-KEY', 'EXT-X-CONTENT-STEERING', 'EXT-X-DEFINE']);
export const MEDIA_TAGS = new Set(['EXT-X-TARGETDURATION', 'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE', 'EXT-X-ENDLIST', 'EXT-X-PLAYLIST-TYPE', 'EXT-X-I-FRAMES-ONLY',
  'EXT-X-PART-INF', 'EXT-X-SERVER-CONTROL']);
export const SEGMENT_TAGS = new Set(['EXTINF', 'EXT-X-BYTERANGE', 'EXT-X-DISCONTINUITY',
  'EXT-X-KEY', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME', 'EXT-X-GAP', 'EXT-X-BITRATE',
  'EXT-X-PART']);
export const MULTIVARIANT_TAGS = new Set(['EXT-X-MEDIA', 'EXT-X-STREAM-INF',
  'EXT-X-I-FRAME-STREAM-INF', 'EXT-X-SESSION-DATA', 'EXT-X-SESSION-KEY',
  'EXT-X-CONTENT-STEERING']);

function readTags(text, fault) {
  const tags = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || (line.startsWith('#') && !line.startsWith('#EXT'))) continue;
    if (!line.startsWith('#')) { tags.push({ uri: line, line: i + 1 }); continue; }
    const colon = line.indexOf(':');
    const name = line.slice(1, colon < 0 ? undefined : colon);
    const value = colon < 0 ? '' : line.slice(colon + 1);
    const tag = { name, value, line: i + 1, text: line };
    if (ATTRIBUTE_TAGS.has(name)) {
      tag.attributes = parseAttributes(value, (r, t) => fault(r, `line ${i + 1}: ${t}`));
    }
    tags.push(tag);
  }
  return tags;
}

// Date of ISO 8601 with zone and milliseconds (4.4.4.6), else NaN.
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\d*(Z|[+-]\d\d:?\d\d)$/;
export const parseDate = (text) => (DATE.test(text) ? Date.parse(text) : NaN);

const number = (tags, name) => {
  const tag = tags.find((t) => t.name === name);
  return tag && /^\d+$/.test(tag.value) ? Number(tag.value) : null;
};

function readSegments(tags, list, fault) {
  let open = { lines: [] };
  let map = null;
  let msn = list.mediaSequence ?? 0;
  let dsn = list.discontinuitySequence ?? 0;
  for (const tag of tags) {
    if (tag.uri !== undefined) {
      if (open.duration === undefined) fault(14, `line ${tag.line}: URI without EXTINF`);
      if (open.discontinuity) dsn++;
      list.segments.push({ uri: tag.uri, msn: msn++, dsn, map, ...open,
        lines: [...open.lines, tag.uri] });
      open = { lines: [] };
      continue;
    }
    if (!SEGMENT_TAGS.has(tag.name)) continue;
    if (tag.name !== 'EXT-X-PART') open.lines.push(tag.text);
    if (tag.name === 'EXTINF') {
      open.durationText = /^[0-9]+(\.[0-9]+)?(?=,)/.exec(tag.value)?.[0];
      if (!open.durationText) fault(14, `line ${tag.line}: ${tag.text}`);
      open.duration = Number(open.durationText);
    } else if (tag.name === 'EXT-X-DISCONTINUITY') open.discontinuity = true;
    else if (tag.name === 'EXT-X-GAP') open.gap = true;
    else if (tag.name === 'EXT-X-MAP') map = tag.attributes.get('URI')?.value ?? null;
    else if (tag.name === 'EXT-X-BYTERANGE') open.byteRange = tag.value;
    else if (tag.name === 'EXT-X-PROGRAM-DATE-TIME') {
      open.date = parseDate(tag.value);
      if (Number.isNaN(open.date)) fault(51, `line ${tag.line}: ${tag.text}`);
    }
  }
}

function readVariants(tags, list, fault) {
  for (const [i, tag] of tags.entries()) {
    if (tag.name === 'EXT-X-MEDIA') list.media.push(tag.attributes);
    if (tag.name !== 'EXT-X-STREAM-INF') continue;
    const uri = tags[i + 1]?.uri;
    if (!uri) fault(58, `line ${tag.line}: EXT-X-STREAM-INF without a URI line`);
    else list.variants.push({ attributes: tag.attributes, uri });
  }
}

// → {kind: 'media' | 'multivariant', tags, version, targetDuration, mediaSequence,
//    discontinuitySequence, segments, variants, media, endList, faults}
export function parsePlaylist(text) {
  const faults = [];
  const fault = (rule, t) => faults.push({ rule, text: t });
  const tags = readTags(text, fault);
  const has = (name) => tags.some((t) => t.name === name);
  const multivariant = tags.some((t) => MULTIVARIANT_TAGS.has(t.name));
  const list = { kind: multivariant ? 'multivariant' : 'media', text, tags, faults,
    version: number(tags, 'EXT-X-VERSION'),
    targetDuration: number(tags, 'EXT-X-TARGETDURATION'),
    mediaSequence: number(tags, 'EXT-X-MEDIA-SEQUENCE'),
    discontinuitySequence: number(tags, 'EXT-X-DISCONTINUITY-SEQUENCE'),
    independent: has('EXT-X-INDEPENDENT-SEGMENTS'), endList: has('EXT-X-ENDLIST'),
    segments: [], variants: [], media: [] };
  if (multivariant) readVariants(tags, list, fault);
  else readSegments(tags, list, fault);
  return list;
}
