// Rules 10 to 56 as far as one media playlist shows them by itself.
// SPDX-License-Identifier: MIT

const FMP4_NAME = /\.(m4s|mp4|m4v|m4a|cmf[vat])(\?|$)/i;

export function checkMedia(list) {
  const out = [];
  const fault = (rule, text, level) => out.push({ rule, text, level });
  const td = list.targetDuration;
  if (!td) fault(10, 'EXT-X-TARGETDURATION is missing or 0');
  for (const s of list.segments) {
    if (td && !list.iframesOnly && Math.round(s.duration) > td) {
      fault(11, `EXTINF ${s.duration} of MSN ${s.msn} > TD ${td}`);
    }
    if (!s.map && FMP4_NAME.test(s.uri)) fault(37, `no EXT-X-MAP in force for MSN ${s.msn}`);
  }
  checkOrder(list, fault);
  if (list.mediaSequence === null && !list.endList && !list.type) fault(16,
    'no EXT-X-MEDIA-SEQUENCE');
  if (list.discontinuitySequence === null && !list.endList && list.mediaSequence > 0) {
    const broken = list.segments.some((s) => s.discontinuity);
    fault(18, 'no EXT-X-DISCONTINUITY-SEQUENCE', broken ? 'must' : 'should');
  }
  if (list.type && list.type !== 'EVENT' && list.type !== 'VOD') fault(30, `type ${list.type}`);
  if (list.type && list.mediaSequence > 0) {
    fault(30, 'a sliding playlist carries EXT-X-PLAYLIST-TYPE');
  }
  if (list.endList && list.hints.length) fault(29, 'EXT-X-PRELOAD-HINT beside EXT-X-ENDLIST');
  if (td && td !== 6 && !list.iframesOnly) {
    fault(48, `TARGETDURATION is ${td}; 6 is recommended`, 'note');
  }
  if (!list.endList && !list.type && list.segments.length) {
    const minutes = list.segments.reduce((n, s) => n + s.duration, 0) / 60;
    if (minutes < 15) fault(23, 'the window holds less than 15 minutes', 'note');
  }
  checkDates(list, fault);
  checkRanges(list, fault);
  checkGaps(list, fault);
  checkDirectives(list, fault);
  return out;
}

// The two sequences stand before the first segment (and the second before any DISCONTINUITY).
function checkOrder(list, fault) {
  const line = (name) => list.tags.find((t) => t.name === name)?.line ?? 0;
  const firstUri = list.tags.find((t) => t.uri || t.name === 'EXT-X-PART')?.line ?? Infinity;
  const firstBreak = line('EXT-X-DISCONTINUITY') || Infinity;
  if (line('EXT-X-MEDIA-SEQUENCE') > firstUri) fault(16, 'EXT-X-MEDIA-SEQUENCE after a segment');
  if (line('EXT-X-DISCONTINUITY-SEQUENCE') > Math.min(firstUri, firstBreak)) {
    fault(18, 'EXT-X-DISCONTINUITY-SEQUENCE after a segment or EXT-X-DISCONTINUITY');
  }
}

// Rules 51–53. A gap between two dates is rule 32's matter, in checkGaps.
function checkDates(list, fault) {
  const dated = list.segments.some((s) => s.date !== undefined);
  const said = list.tags.some((t) => t.name === 'EXT-X-PROGRAM-DATE-TIME');
  if (list.segments.length && !said && !list.endList && !list.iframesOnly) {
    fault(51, 'no EXT-X-PROGRAM-DATE-TIME');
  }
  let end = null;
  let broken = false;
  for (const s of list.segments) {
    broken ||= s.discontinuity;
    if (broken && dated && s.date === undefined) {
      fault(52, `MSN ${s.msn} follows a DISCONTINUITY undated`, 'should');
    }
    if (s.date !== undefined && end !== null && s.date - end < -1000) {
      fault(53, `MSN ${s.msn} begins ${Math.round(end - s.date)} ms before its predecessor ends`);
    }
    end = s.date !== undefined ? s.date + s.duration * 1000
      : end === null ? null : end + s.duration * 1000;
  }
  checkDateRanges(list, dated, fault);
}

function checkDateRanges(list, dated, fault) {
  const ids = new Map();
  const outs = new Set();
  for (const a of list.dateRanges) {
    const id = a.get('ID')?.value;
    if (!id) fault(55, 'a DATERANGE without ID');
    if (!a.has('START-DATE') && !ids.has(id)) fault(55, `DATERANGE ${id} has no START-DATE`);
    if (!dated && list.segments.length) fault(55, 'DATERANGE without a PDT');
    for (const [name, { raw }] of ids.get(id) ?? []) {
      if (a.has(name) && a.get(name).raw !== raw) fault(55, `DATERANGE ${id} changed its ${name}`);
    }
    ids.set(id, new Map([...ids.get(id) ?? [], ...a]));
    for (const name of ['SCTE35-OUT', 'SCTE35-IN', 'SCTE35-CMD']) {
      if (a.has(name) && !/^0[xX][0-9A-Fa-f]+$/.test(a.get(name).raw)) {
        fault(56, `DATERANGE ${id}: ${name} is not hexadecimal`);
      }
    }
    if (a.has('SCTE35-OUT')) outs.add(id);
    if (a.has('SCTE35-IN') && outs.has(id) && !ids.get(id).has('DURATION')) {
      fault(56, `DATERANGE ${id} ends by SCTE35-IN and has no DURATION`);
    }
  }
}

// Rule 68: media never overlaps the initialization section of the same resource.
function checkRanges(list, fault) {
  for (const s of list.segments) {
    if (s.byteRange === undefined || s.map !== s.uri || !s.mapRange) continue;
    const { offset, length } = s.mapRange;
    if (s.byteRange && s.byteRange.offset < offset + length
      && offset < s.byteRange.offset + s.byteRange.length) {
      fault(68, `the range of MSN ${s.msn} holds bytes of its init section`);
    }
  }
}

// Rule 32: what is missing is listed as gaps as long as the hole. A date that had gone back (rule
// 53)
// may come back.
function checkGaps(list, fault) {
  let due = null;
  for (const s of list.segments) {
    checkGapParts(s, fault);
    if (s.discontinuity) due = null;
    if (s.date !== undefined && due !== null && s.date - due > 1000) {
      fault(32,
        `${Math.round(s.date - due)} ms before MSN ${s.msn} are neither listed as a gap nor `
        + 'marked by a DISCONTINUITY', 'should');
    }
    if (s.date !== undefined) due = Math.max(due ?? s.date, s.date);
    if (due !== null) due += s.duration * 1000;
  }
}

// Of a segment that is missing in part, the parts that came stand before those with GAP=YES: a part
// before such a one may be short (4.4.4.9).
function checkGapParts({ msn, gap, parts }, fault) {
  const first = parts.findIndex((p) => p.gap);
  if (gap && parts.length && first < 0) fault(32, `no part of the gap MSN ${msn} has GAP=YES`);
  if (gap && first >= 0 && parts.slice(first).some((p) => !p.gap)) {
    fault(32, `a part of the gap MSN ${msn} behind the first with GAP=YES has none`);
  }
  if (!gap && first >= 0) fault(32, `MSN ${msn} has a part with GAP=YES, and no EXT-X-GAP`);
}

const DIRECTIVES = new Set(['_HLS_msn', '_HLS_part', '_HLS_skip', '_HLS_report',
  '_HLS_start_offset',
  '_HLS_primary_id', '_HLS_interstitial_id', '_HLS_pathway', '_HLS_throughput']);

// Rule 100: names that begin with _HLS_ are the protocol's.
export function checkDirectives(list, fault) {
  const uris = list.tags.flatMap((t) => [t.uri, t.attributes?.get('URI')?.value]).filter(Boolean);
  for (const uri of uris) {
    for (const [name] of uri.matchAll(/_HLS_\w*/g)) {
      if (!DIRECTIVES.has(name)) fault(100, `${uri} uses the reserved name ${name}`);
    }
  }
}
