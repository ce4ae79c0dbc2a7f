// Rules 44 and 57 to 70: the multivariant playlist, and what it promises of its renditions.
// SPDX-License-Identifier: MIT
import { checkSbr } from './stream.mjs';

const value = (a, name) => a.get(name)?.value;
const rendered = (list, type, group) => list.media.filter((m) => value(m, 'TYPE') === type
  && value(m, 'GROUP-ID') === group);

// Do declared and true codec strings mean the same? Hexadecimal digits may be written in either
// case (RFC 6381 3.3); AV1's and VP9's may go on behind the short form.
const sameCodec = (declared, init) => [init.rfc6381, ...init.also ?? []].some((c) => {
  const [d, t] = [declared.toLowerCase(), c.toLowerCase()];
  return d === t || (/^(av01|vp09)\./.test(t) && d.startsWith(`${t}.`));
});

// inits: Map of URI of a media playlist → its newest init; facts: Map of the same → {sps, fps,
// captions} of stream.mjs, where the media was read.
export function checkMultivariant(list, inits, facts = new Map()) {
  const out = [];
  const fault = (rule, text, level) => out.push({ rule, text, level });
  if (!list.variants.length) fault(58, 'no EXT-X-STREAM-INF');
  for (const v of list.variants) checkVariant(list, v, inits, facts, fault);
  checkRanges(list, facts, fault);
  checkGroups(list, fault);
  checkCaptions(list, facts, fault);
  checkIframes(list, inits, fault);
  const kinds = list.variants.map((v) => inits.get(v.uri)?.kind).filter(Boolean);
  if (kinds.includes('video') && kinds.includes('audio')) {
    fault(70, 'an audio-only variant beside video, which tvOS does not allow', 'note');
  }
  return out;
}

function checkVariant(list, { attributes: a, uri }, inits, facts, fault) {
  for (const [rule, name] of [[58, 'BANDWIDTH'], [59, 'AVERAGE-BANDWIDTH'], [60, 'CODECS']]) {
    if (!a.has(name)) fault(rule, `${uri} has no ${name}`);
  }
  const codecs = (value(a, 'CODECS') ?? '').split(',').map((c) => c.trim()).filter(Boolean);
  const group = value(a, 'AUDIO');
  const audio = rendered(list, 'AUDIO', group);
  const init = inits.get(uri);
  const sounds = audio.map((m) => inits.get(value(m, 'URI')));
  for (const i of [init, ...sounds].flatMap((x) => x?.tracks ?? (x ? [x] : []))) {
    if (a.has('CODECS') && i.rfc6381 && i.kind !== 'other'
      && !codecs.some((c) => sameCodec(c, i))) {
      fault(60, `CODECS ${codecs} of ${uri} lack ${i.rfc6381}`);
    }
    checkSbr(i, codecs).forEach((f) => fault(f.rule, f.text));
  }
  if (group && !audio.length) fault(60, `AUDIO group ${group} does not exist`);
  if (init?.kind === 'video') checkPicture(uri, a, init, facts.get(uri), fault);
}

// Rules 61, 62.
function checkPicture(uri, a, init, facts, fault) {
  const size = value(a, 'RESOLUTION');
  if (init.width && size !== `${init.width}x${init.height}`) {
    fault(61, `RESOLUTION of ${uri} is ${size}, init says ${init.width}x${init.height}`);
  }
  const rate = a.get('FRAME-RATE')?.raw;
  if (rate === undefined) fault(61, `${uri} has no FRAME-RATE`);
  else if (!/^\d+(\.\d{1,3})?$/.test(rate)) fault(61, `FRAME-RATE ${rate} of ${uri}`);
  else if (facts?.fps && facts.fps / Number(rate) > 1.02) {
    fault(61, `FRAME-RATE of ${uri} is ${rate}, its pictures come at ${facts.fps.toFixed(3)}`);
  }
}

const RANGE = new Map([[16, 'PQ'], [18, 'HLG'], [1, 'SDR'], [6, 'SDR'], [13, 'SDR'], [14, 'SDR'],
  [15, 'SDR']]);

// 4.4.6.2 VIDEO-RANGE. A stream of BT.709 or BT.2020 may say by an SEI that it is HLG.
function checkRanges(list, facts, fault) {
  const found = list.variants.map((v) => ({ uri: v.uri, says: value(v.attributes, 'VIDEO-RANGE'),
    is: RANGE.get(facts.get(v.uri)?.sps?.transfer) }));
  const allSdr = found.every((f) => f.is === undefined || f.is === 'SDR');
  for (const { uri, says, is } of found) {
    if (!is || (says === undefined && allSdr)) continue;
    if (says === undefined && is !== 'SDR') fault(62, `${uri} is ${is} and has no VIDEO-RANGE`);
    else if (says !== undefined && says !== is && !(says === 'HLG' && is === 'SDR')) {
      fault(62, `VIDEO-RANGE of ${uri} is ${says}, its pictures are ${is}`);
    }
  }
}

function checkGroups(list, fault) {
  const names = new Set();
  const defaults = new Map();
  for (const m of list.media) {
    const type = value(m, 'TYPE');
    const group = `${type} ${value(m, 'GROUP-ID')}`;
    const name = `${group}/${value(m, 'NAME')}`;
    if (names.has(name)) fault(63, `NAME ${name} twice`);
    names.add(name);
    if (m.get('DEFAULT')?.raw === 'YES') {
      defaults.set(group, (defaults.get(group) ?? 0) + 1);
      if (m.has('AUTOSELECT') && m.get('AUTOSELECT').raw !== 'YES') {
        fault(63, 'DEFAULT=YES without AUTOSELECT=YES');
      }
    }
    if (type === 'AUDIO' && !m.has('CHANNELS')) fault(63, `${name} lacks CHANNELS`, 'should');
    if (type !== 'AUDIO' && m.has('CHANNELS')) fault(63, `${name} has CHANNELS`);
    if (type !== 'VIDEO' && !m.has('LANGUAGE')) fault(64, `${name} lacks LANGUAGE`);
    if (type !== 'SUBTITLES' && m.has('FORCED')) fault(63, 'FORCED outside of SUBTITLES');
  }
  for (const [group, n] of defaults) if (n > 1) fault(63, `${n} DEFAULT=YES in group ${group}`);
}

// Rule 57.
function checkCaptions(list, facts, fault) {
  const declared = list.media.filter((m) => value(m, 'TYPE') === 'CLOSED-CAPTIONS');
  for (const m of declared) {
    const id = value(m, 'INSTREAM-ID') ?? '';
    if (!/^(CC[1-4]|SERVICE([1-9]|[1-5]\d|6[0-3]))$/.test(id)) fault(57, `INSTREAM-ID ${id}`);
    if (m.has('URI')) fault(57, 'CLOSED-CAPTIONS with a URI');
  }
  const none = list.variants.filter((v) => v.attributes.get('CLOSED-CAPTIONS')?.raw === 'NONE');
  if (none.length && none.length !== list.variants.length) {
    fault(57, 'CLOSED-CAPTIONS=NONE on some variants and not on all');
  }
  for (const v of list.variants) {
    const group = value(v.attributes, 'CLOSED-CAPTIONS');
    if (facts.get(v.uri)?.captions && !declared.some((m) => value(m, 'GROUP-ID') === group)) {
      fault(57, `${v.uri} carries CEA-608/708 captions that are not declared`);
    }
  }
}

// Rule 67 as far as the multivariant playlist goes; I-frame lists themselves: iframes.mjs.
function checkIframes(list, inits, fault) {
  for (const a of list.iframes) {
    for (const name of ['BANDWIDTH', 'URI', 'CODECS', 'RESOLUTION']) {
      if (!a.has(name)) fault(67, `EXT-X-I-FRAME-STREAM-INF without ${name}`);
    }
  }
  const video = list.variants.some((v) => inits.get(v.uri)?.kind === 'video');
  if (video && !list.iframes.length) fault(67, 'no I-frame playlist, for scrubbing', 'note');
}

// Most bits a second over runs of 0.5 to 1.5 TARGETDURATION (4.1). segments: {size, duration, msn}.
export function peakRate(segments, targetDuration) {
  let peak = 0;
  segments.forEach((_, from) => {
    let [bits, seconds] = [0, 0];
    for (let i = from; i < segments.length; i++) {
      if (i > from && segments[i].msn !== segments[i - 1].msn + 1) break;
      bits += 8 * (segments[i].size ?? 0);
      seconds += segments[i].duration;
      if (seconds > 1.5 * targetDuration) break;
      if (seconds >= 0.5 * targetDuration) peak = Math.max(peak, bits / seconds);
    }
  });
  return peak;
}

export const meanRate = (segments) => {
  const seconds = segments.reduce((n, s) => n + s.duration, 0);
  return { seconds, rate: seconds ? segments.reduce((n, s) => n + 8 * (s.size ?? 0), 0) / seconds
    : 0 };
};

const HOUR_S = 3600;

// Rules 58, 59: measured: Map of URI of a media playlist → {peak, mean: {seconds, rate}}.
export function checkBandwidth(list, measured) {
  const out = [];
  for (const { attributes: a, uri } of list.variants) {
    const uris = rendered(list, 'AUDIO', value(a, 'AUDIO')).map((m) => value(m, 'URI'));
    const sounds = uris.map((u) => measured.get(u)).filter(Boolean);
    const itself = measured.get(uri);
    if (!itself) continue;
    // A variant that is one of its own group is played instead of the others, not beside them.
    const own = uris.includes(uri) ? { ...itself, peak: 0, mean: { ...itself.mean, rate: 0 } }
      : itself;
    const peak = own.peak + Math.max(0, ...sounds.map((m) => m.peak));
    const says = Number(a.get('BANDWIDTH')?.raw);
    if (says && peak > 1.25 * says) {
      out.push({ rule: 58, text: `BANDWIDTH of ${uri} is ${says}, the measured peak is `
        + `${Math.round(peak)}` });
    }
    const mean = own.mean.rate + Math.max(0, ...sounds.map((m) => m.mean.rate));
    const average = Number(a.get('AVERAGE-BANDWIDTH')?.raw);
    if (average && own.mean.seconds >= HOUR_S && mean > 1.1 * average) {
      out.push({ rule: 59, text: `AVERAGE-BANDWIDTH of ${uri} is ${average}, the measured mean is `
        + `${Math.round(mean)}` });
    }
  }
  return out;
}

// Rule 67: an I-frame list beside a media list; frames: [{entry, media, fragmented, whole}] of
// some of its entries, whole: does the range begin with the boxes of a fragment?
export function checkIframeList(list, frames, targetDuration) {
  const out = [];
  const fault = (text) => out.push({ rule: 67, text });
  if (!list.saysIframes) fault('an I-frame playlist without EXT-X-I-FRAMES-ONLY');
  if (list.targetDuration !== targetDuration && !list.endList) {
    fault(`TARGETDURATION is ${list.targetDuration}, that of the media ${targetDuration}`);
  }
  for (const { entry, media, fragmented, whole } of frames) {
    const where = `MSN ${entry.msn}`;
    if (fragmented && !whole) fault(`${where}: the range does not begin with a moof`);
    else if (media.samples.length && !media.samples[0].idr && !media.samples[0].access) {
      fault(`${where} is no I-frame`);
    }
  }
  return out;
}
