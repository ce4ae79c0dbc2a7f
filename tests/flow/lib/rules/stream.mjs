// Rules 19, 42 to 47, 49, 57: what the elementary streams are, whoever made them.
// SPDX-License-Identifier: MIT
import { configUnits } from '../sample-entry.mjs';
import { nalType } from '../nal.mjs';
import { hasCaptions, isSei, isSps, readSei, readSps } from '../sps.mjs';
import { median } from './media.mjs';

const NAL_CODECS = new Set(['h264', 'hevc']);

function spsOf(init, segments) {
  const units = (init.config && !init.ts ? configUnits(init) : [])
    .concat(segments[0]?.media.samples[0]?.units ?? []);
  const nal = units.find((u) => u.length > 4 && isSps(init.codec, nalType(init.codec, u)));
  return nal ? readSps(init.codec, nal) : null;
}

// segments: those of one init, in order. → {faults, facts: {sps, fps, captions}}
export function checkStream(init, segments) {
  const faults = [];
  const fault = (rule, text, level) => faults.push({ rule, text, level });
  const facts = { sps: null, fps: null, captions: false };
  checkTracks(init, fault);
  if (init.kind !== 'video') return { faults, facts };
  if (NAL_CODECS.has(init.codec)) {
    facts.sps = spsOf(init, segments);
    if (facts.sps) checkSps(init, facts.sps, segments, fault);
    facts.captions = segments.some((s) => s.media.samples.some((x) => (x.units ?? [])
      .some((u) => isSei(init.codec, nalType(init.codec, u))
        && readSei(init.codec, u).some(hasCaptions))));
  }
  facts.fps = checkRates(init, segments, fault);
  checkKeyDistance(init, segments, fault);
  return { faults, facts };
}

function checkTracks(init, fault) {
  const tracks = init.tracks ?? [init];
  const sounds = tracks.filter((t) => t.kind === 'audio');
  if (sounds.length > 1) fault(43, `${sounds.length} audio streams in one segment`);
  for (const t of tracks) {
    if (init.ts && t.codec === 'hevc') fault(42, 'HEVC in a transport stream');
    if (['hev1', 'avc3'].includes(t.entry)) {
      fault(42, `sample entry ${t.entry}; hvc1 and avc1 are what players take`, 'should');
    }
  }
}

// Rule 44 needs what the multivariant playlist says: declared, its CODECS.
export function checkSbr(init, declared) {
  const he = declared.some((c) => ['mp4a.40.5', 'mp4a.40.29'].includes(c));
  return he && init?.asc && !init.asc.sbr
    ? [{ rule: 44, text: 'CODECS says HE-AAC, the AudioSpecificConfig does not' }] : [];
}

function checkSps(init, sps, segments, fault) {
  const avcHigh = sps.codec === 'h264' && (sps.level > 52 || sps.profile > 100);
  const hevcHigh = sps.codec === 'hevc' && (sps.level > 153 || sps.profile > 2);
  if (avcHigh || hevcHigh) {
    fault(45, `${init.rfc6381} is beyond what Apple's devices are asked to decode`, 'note');
  }
  if (sps.interlaced) fault(46, 'the parameter sets allow interlaced pictures', 'note');
  if (init.width && !init.ts && (sps.width !== init.width || sps.height !== init.height)) {
    fault(19,
      `pictures of ${sps.width}x${sps.height} under an init of ${init.width}x${init.height}`);
  }
  if (sps.codec === 'hevc' && sps.transfer === 16) checkHdr(init, segments, fault);
  for (const s of segments) {
    for (const u of s.media.samples[0]?.units ?? []) {
      if (u.length < 5 || !isSps(init.codec, nalType(init.codec, u))) continue;
      const own = readSps(init.codec, u);
      if (own.width !== sps.width || own.height !== sps.height) {
        fault(19, `MSN ${s.msn} goes over to ${own.width}x${own.height} under the same init`);
      }
    }
  }
}

// Mastering display colour volume and content light level: SEI 137 and 144.
function checkHdr(init, segments, fault) {
  const units = (init.config && !init.ts ? configUnits(init) : [])
    .concat(segments[0]?.media.samples[0]?.units ?? []);
  const types = units.filter((u) => isSei('hevc', nalType('hevc', u)))
    .flatMap((u) => readSei('hevc', u).map((m) => m.type));
  if (!types.includes(137) && !init.mdcv) fault(49, 'PQ without mastering display metadata',
    'note');
}

const steady = (s) => {
  const d = s.media.samples.slice(0, -1).map((x) => x.duration);
  const usual = median(d);
  return d.length >= 5 && usual > 0 && d.every((x) => Math.abs(x - usual) <= usual * 0.02) ? usual
    : null;
};

// Rules 19 and 45. → frames per second where the whole is of one steady rate, else null
function checkRates(init, segments, fault) {
  let last = null;
  let fps = null;
  for (const s of segments) {
    const usual = steady(s);
    if (usual && last && !s.discontinuity && Math.abs(usual / last - 1) > 0.1) {
      fault(19, `MSN ${s.msn} changes the frame rate from ${(init.timescale / last).toFixed(3)} to `
        + `${(init.timescale / usual).toFixed(3)} without DISCONTINUITY`);
    }
    if (usual) fps = init.timescale / usual;
    last = usual;
  }
  if (fps > 61) fault(45, `${fps.toFixed(3)} frames a second, 60 at most`, 'note');
  return segments.length && segments.every((s) => steady(s)) ? fps : null;
}

// Rule 47: advice for the encoder.
function checkKeyDistance(init, segments, fault) {
  let last = null;
  let longest = 0;
  for (const s of segments) {
    if (s.discontinuity) last = null;
    for (const x of s.media.samples) {
      if (!x.idr && !x.access) continue;
      if (last !== null) longest = Math.max(longest, x.dts - last);
      last = x.dts;
    }
  }
  const seconds = longest / init.timescale;
  if (seconds > 2.1 && seconds < 40000) fault(47, `IDRs lie up to ${seconds.toFixed(2)} s apart`,
    'note');
}
