// A playlist parser of our own: draft-pantos-hls-rfc8216bis syntax, nothing lenient.
// SPDX-License-Identifier: MIT
//
// What breaks the syntax is reported as {rule, text}; meaning is judged in rules/.
import { checkTypes } from './rules/attributes.mjs';

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
    const written = piece.slice(0, equals);
    const name = written.trim();
    const raw = piece.slice(equals + 1);
    if (equals < 1 || !NAME.test(written)) {
      fault(8, `attribute without a name: ${piece}`);
      if (!NAME.test(name)) continue;
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

// EXT-X-DEFINE (4.4.2.3): {$NAME} stands in URIs and quoted strings.
class Variables {
  constructor(known, url) { Object.assign(this, { map: new Map(), known, url }); }

  define(attributes) {
    const value = (name) => attributes.get(name)?.value;
    if (value('NAME')) this.map.set(value('NAME'), value('VALUE') ?? '');
    if (value('IMPORT')) this.map.set(value('IMPORT'), this.known.get(value('IMPORT')) ?? '');
    const query = value('QUERYPARAM');
    if (query && this.url) this.map.set(query, new URL(this.url).searchParams.get(query) ?? '');
  }

  fill(text) {
    return this.map.size ? text.replace(/\{\$([\w-]+)\}/g, (all, n) => this.map.get(n) ?? all)
      : text;
  }
}

function readTags(text, fault, variables) {
  const tags = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || (line.startsWith('#') && !line.startsWith('#EXT'))) continue;
    if (!line.startsWith('#')) {
      tags.push({ uri: variables.fill(line), line: i + 1 });
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(1, colon < 0 ? undefined : colon);
    const value = colon < 0 ? '' : line.slice(colon + 1);
    const tag = { name, value, line: i + 1, text: line };
    if (ATTRIBUTE_TAGS.has(name)) {
      const here = (r, t) => fault(r, `line ${i + 1}: ${t}`);
      tag.attributes = parseAttributes(variables.fill(value), here);
      checkTypes(name, tag.attributes, here);
      if (name === 'EXT-X-DEFINE') variables.define(tag.attributes);
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
const decimal = (attributes, name) => {
  const raw = attributes?.get(name)?.raw;
  return raw === undefined ? undefined : Number(raw);
};

// "n@o" or "n", which goes on where the range before it on the same resource ended.
class Ranges {
  constructor() { this.last = null; }

  read(text, uri, fault) {
    const m = /^(\d+)(?:@(\d+))?$/.exec(text ?? '');
    if (!m) { fault(68, `byte range ${text}`); return null; }
    const follows = this.last?.uri === uri ? this.last.end : null;
    if (m[2] === undefined && follows === null) fault(68,
      `${uri}: byte range ${text} starts nowhere`);
    const offset = m[2] === undefined ? follows ?? 0 : Number(m[2]);
    this.last = { uri, end: offset + Number(m[1]) };
    return { length: Number(m[1]), offset };
  }
}

class SegmentReader {
  constructor(list, fault) {
    Object.assign(this, { list, fault, open: { lines: [], parts: [] }, map: null, mapRange: null,
      key: null, bitrate: null, ranges: new Ranges(), partRanges: new Ranges(), unparsed: null });
    this.msn = (list.mediaSequence ?? 0) + (list.skip?.count ?? 0);
    this.dsn = list.discontinuitySequence ?? 0;
  }

  uri(tag) {
    const { open } = this;
    if (open.duration === undefined) this.fault(14, `line ${tag.line}: URI without EXTINF`);
    if (open.discontinuity) this.dsn++;
    const byteRange = open.byteRangeText === undefined ? undefined
      : this.ranges.read(open.byteRangeText, tag.uri, this.fault);
    this.list.segments.push({ uri: tag.uri, msn: this.msn++, dsn: this.dsn, map: this.map,
      mapRange: this.mapRange, key: this.key, ...open, byteRange,
        lines: [...open.lines, tag.uri] });
    this.open = { lines: [], parts: [] };
  }

  // The segment that is not complete: what stands behind the last URI, if it has parts.
  finish() {
    const { open } = this;
    this.list.open = { ...open, msn: this.msn, dsn: this.dsn + (open.discontinuity ? 1 : 0),
      map: this.map, mapRange: this.mapRange, key: this.key };
  }

  part(tag) {
    const a = tag.attributes;
    const uri = a.get('URI')?.value ?? '';
    const text = a.get('BYTERANGE')?.value;
    this.open.parts.push({ uri, duration: decimal(a, 'DURATION'), line: tag.line, text: tag.text,
      independent: a.get('INDEPENDENT')?.value === 'YES', gap: a.get('GAP')?.value === 'YES',
      byteRange: text === undefined ? undefined : this.partRanges.read(text, uri, this.fault),
      attributes: a });
  }

  tag(tag) {
    const { open } = this;
    if (tag.name !== 'EXT-X-PART') {
      open.lines.push(tag.text);
      if (open.parts.length && ['EXT-X-DISCONTINUITY', 'EXT-X-KEY', 'EXT-X-MAP',
        'EXT-X-PROGRAM-DATE-TIME'].includes(tag.name)) {
        this.fault(80, `line ${tag.line}: ${tag.name} after the first part of MSN ${this.msn}`);
      }
    }
    if (tag.name === 'EXTINF') {
      open.durationText = /^[0-9]+(\.[0-9]+)?(?=,)/.exec(tag.value)?.[0];
      if (!open.durationText) this.fault(14, `line ${tag.line}: ${tag.text}`);
      open.duration = Number(open.durationText);
    } else if (tag.name === 'EXT-X-PART') this.part(tag);
    else if (tag.name === 'EXT-X-DISCONTINUITY') open.discontinuity = true;
    else if (tag.name === 'EXT-X-GAP') open.gap = true;
    else if (tag.name === 'EXT-X-KEY') {
      this.key = tag.attributes.get('METHOD')?.raw === 'NONE' ? null : tag.value;
    } else if (tag.name === 'EXT-X-MAP') {
      this.map = tag.attributes.get('URI')?.value ?? null;
      const range = tag.attributes.get('BYTERANGE')?.value;
      this.mapRange = range === undefined ? null : new Ranges().read(range.includes('@') ? range
        : `${range}@0`, this.map, this.fault);
    } else if (tag.name === 'EXT-X-BYTERANGE') open.byteRangeText = tag.value;
    else if (tag.name === 'EXT-X-PROGRAM-DATE-TIME') {
      const date = parseDate(tag.value);
      if (Number.isNaN(date)) this.fault(51, `line ${tag.line}: ${tag.text}`);
      else open.date = date;
    }
  }
}

function readSegments(tags, list, fault) {
  const reader = new SegmentReader(list, fault);
  for (const tag of tags) {
    if (tag.uri !== undefined) reader.uri(tag);
    else if (SEGMENT_TAGS.has(tag.name)) reader.tag(tag);
  }
  reader.finish();
}

// What only low-latency lists carry (4.4.3.7, 4.4.3.8, 4.4.5).
function readLowLatency(tags, list) {
  const all = (name) => tags.filter((t) => t.name === name);
  const first = (name) => all(name)[0]?.attributes;
  const control = first('EXT-X-SERVER-CONTROL');
  list.control = control ? { text: all('EXT-X-SERVER-CONTROL')[0].value,
    blocks: control.get('CAN-BLOCK-RELOAD')?.raw === 'YES',
    skipUntil: decimal(control, 'CAN-SKIP-UNTIL'),
    skipsDateRanges: control.get('CAN-SKIP-DATERANGES')?.raw === 'YES',
    holdBack: decimal(control, 'HOLD-BACK'), partHoldBack: decimal(control, 'PART-HOLD-BACK') }
    : null;
  list.partTarget = decimal(first('EXT-X-PART-INF'), 'PART-TARGET') ?? null;
  list.hints = all('EXT-X-PRELOAD-HINT').map(({ attributes: a }) => ({ type: a.get('TYPE')?.raw,
    uri: a.get('URI')?.value ?? '', start: decimal(a, 'BYTERANGE-START'),
    length: decimal(a, 'BYTERANGE-LENGTH') }));
  list.reports = all('EXT-X-RENDITION-REPORT').map(({ attributes: a }) => ({
    uri: a.get('URI')?.value, msn: decimal(a, 'LAST-MSN'), part: decimal(a, 'LAST-PART') }));
  const skip = first('EXT-X-SKIP');
  list.skip = skip ? { count: decimal(skip, 'SKIPPED-SEGMENTS') ?? 0,
    removed: skip.get('RECENTLY-REMOVED-DATERANGES')?.value } : null;
  list.dateRanges = all('EXT-X-DATERANGE').map((t) => t.attributes);
}

function readVariants(tags, list, fault) {
  for (const [i, tag] of tags.entries()) {
    if (tag.name === 'EXT-X-MEDIA') list.media.push(tag.attributes);
    if (tag.name === 'EXT-X-I-FRAME-STREAM-INF') list.iframes.push(tag.attributes);
    if (tag.name !== 'EXT-X-STREAM-INF') continue;
    const uri = tags[i + 1]?.uri;
    if (!uri) fault(58, `line ${tag.line}: EXT-X-STREAM-INF without a URI line`);
    else list.variants.push({ attributes: tag.attributes, uri });
  }
}

// url: of the playlist, for QUERYPARAM; known: variables of the multivariant playlist, for IMPORT.
// → {kind: 'media' | 'multivariant', tags, version, targetDuration, mediaSequence,
//    discontinuitySequence, segments, open, variants, media, iframes, endList, control,
//    partTarget, hints, reports, skip, dateRanges, variables, faults}
export function parsePlaylist(text, { url, known = new Map() } = {}) {
  const faults = [];
  const fault = (rule, t) => faults.push({ rule, text: t });
  const variables = new Variables(known, url);
  const tags = readTags(text, fault, variables);
  const has = (name) => tags.some((t) => t.name === name);
  const multivariant = tags.some((t) => MULTIVARIANT_TAGS.has(t.name));
  const list = { kind: multivariant ? 'multivariant' : 'media', text, tags, faults,
    version: number(tags, 'EXT-X-VERSION'),
    targetDuration: number(tags, 'EXT-X-TARGETDURATION'),
    mediaSequence: number(tags, 'EXT-X-MEDIA-SEQUENCE'),
    discontinuitySequence: number(tags, 'EXT-X-DISCONTINUITY-SEQUENCE'),
    type: tags.find((t) => t.name === 'EXT-X-PLAYLIST-TYPE')?.value ?? null,
    independent: has('EXT-X-INDEPENDENT-SEGMENTS'), endList: has('EXT-X-ENDLIST'),
    iframesOnly: has('EXT-X-I-FRAMES-ONLY'), variables: variables.map,
    segments: [], open: { msn: 0, dsn: 0, parts: [] }, variants: [], media: [], iframes: [] };
  readLowLatency(tags, list);
  if (multivariant) readVariants(tags, list, fault);
  else readSegments(tags, list, fault);
  return list;
}

// How far a list reaches: the last complete MSN, and the parts of the one behind it.
export const reach = (list) => ({ msn: list.open.msn, parts: list.open.parts.length });
export const isBehind = (a, b) => a.msn < b.msn || (a.msn === b.msn && a.parts < b.parts);

// Sum of EXTINF, and with the parts of the open segment.
export const lengthOf = (list) => list.segments.reduce((n, s) => n + (s.duration || 0), 0);
export const openLength = (list) => list.open.parts.reduce((n, p) => n + (p.duration || 0), 0);

// What a date range's tag says, to compare it by.
export const rangeKey = (a) => [...a].map(([name, { raw }]) => `${name}=${raw}`).join();

// _HLS_skip=v2 leaves out date ranges that are known, and names those that are gone.
function mergeRanges(before, delta) {
  const gone = new Set(delta.skip.removed.split('\t'));
  const here = new Set(delta.dateRanges.map(rangeKey));
  return [...before.dateRanges.filter((a) => !gone.has(a.get('ID')?.value)
    && !here.has(rangeKey(a))), ...delta.dateRanges];
}

// A delta update (6.2.5.1) laid over the whole list before it; null when they do not meet.
export function mergeDelta(before, delta, asked = 'YES') {
  const from = delta.mediaSequence ?? 0;
  const kept = before.segments.filter((s) => s.msn >= from && s.msn < from + delta.skip.count);
  if (kept.length !== delta.skip.count) return null;
  const last = kept.at(-1);
  const shift = (last?.dsn ?? 0) - (delta.discontinuitySequence ?? 0);
  const over = (s) => ({ ...s, dsn: last ? s.dsn + shift : s.dsn, map: s.map ?? last?.map ?? null,
    mapRange: s.map ? s.mapRange : last?.mapRange ?? null });
  const dateRanges = asked === 'v2' && delta.skip.removed !== undefined
    ? mergeRanges(before, delta) : delta.dateRanges;
  return { ...delta, skip: null, merged: true, segments: [...kept, ...delta.segments.map(over)],
    open: over(delta.open), dateRanges };
}
