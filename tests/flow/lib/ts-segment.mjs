// A Media Segment that is an MPEG-2 transport stream: its shape, its clocks, its access units.
// SPDX-License-Identifier: MIT
//
// ISO/IEC 13818-1; the access units themselves are read by ts.mjs.
import { isSps, readSps } from './sps.mjs';
import { avcString, hevcString } from './sample-entry.mjs';
import { nalType } from './nal.mjs';
import { readTs } from './ts.mjs';

const PACKET = 188;

// Counters of every PID: the first and the last with a payload, and whether a jump was announced.
function readCounters(bytes) {
  const pids = new Map();
  for (let o = 0; o + PACKET <= bytes.length; o += PACKET) {
    const pid = bytes.readUInt16BE(o + 1) & 0x1fff;
    const control = bytes[o + 3] >> 4 & 3;
    if (pid === 0x1fff || !(control & 1)) continue;
    const jump = Boolean(control & 2 && bytes[o + 4] > 0 && bytes[o + 5] & 0x80);
    const known = pids.get(pid);
    if (known) known.last = bytes[o + 3] & 15;
    else pids.set(pid, { first: bytes[o + 3] & 15, last: bytes[o + 3] & 15, jump });
  }
  return pids;
}

// Rule 36: PAT and PMT are there, as the first two packets; one program.
function checkTables(bytes, fault) {
  const pid = (n) => (bytes.length >= (n + 1) * PACKET
    ? bytes.readUInt16BE(n * PACKET + 1) & 0x1fff : -1);
  let programs = [];
  for (let o = 0; o + PACKET <= bytes.length && !programs.length; o += PACKET) {
    const p = bytes.subarray(o, o + PACKET);
    if ((p.readUInt16BE(1) & 0x1fff) !== 0 || !(p[1] & 0x40)) continue;
    const at = 4 + (p[3] & 0x20 ? p[4] + 1 : 0);
    const section = p.subarray(at + 1 + p[at]);
    const end = 3 + (section.readUInt16BE(1) & 0xfff) - 4;
    for (let q = 8; q + 4 <= end; q += 4) {
      if (section.readUInt16BE(q)) programs.push(section.readUInt16BE(q + 2) & 0x1fff);
    }
  }
  if (!programs.length) { fault(36, 'has no PAT'); return; }
  if (programs.length > 1) fault(36, `holds ${programs.length} programs`);
  const [pmt] = programs;
  let found = false;
  for (let o = 0; o + PACKET <= bytes.length && !found; o += PACKET) {
    found = (bytes.readUInt16BE(o + 1) & 0x1fff) === pmt;
  }
  if (!found) fault(36, 'has no PMT');
  else if (pid(0) !== 0 || pid(1) !== pmt) {
    fault(36, 'does not begin with PAT and PMT', 'should');
  }
}

function describeVideo(stream) {
  const units = stream.aus.flatMap((a) => a.units);
  const nal = units.find((u) => isSps(stream.codec, nalType(stream.codec, u)));
  const sps = nal ? readSps(stream.codec, nal) : null;
  const rfc6381 = !sps ? stream.codec
    : stream.codec === 'hevc' ? hevcString('hvc1', sps.general) : avcString('avc1', nal);
  return { kind: 'video', codec: stream.codec, rfc6381, timescale: 90000, width: sps?.width,
    height: sps?.height, config: null };
}

const describe = (s) => (s.kind === 'video' ? describeVideo(s)
  : { kind: 'audio', codec: s.codec, rfc6381: 'mp4a.40.2', also: ['mp4a.40.5', 'mp4a.40.29'],
    timescale: 90000, sampleRate: s.sampleRate, channels: s.channels, config: null });

// Decode durations: the next access unit's time less its own; the last one's is the usual one.
function samplesOf(stream) {
  const aus = stream.aus.filter((a) => a.dts !== null);
  const steps = aus.slice(1).map((a, i) => a.dts - aus[i].dts).sort((a, b) => a - b);
  const usual = steps[steps.length >> 1] ?? 0;
  return aus.map((a, i) => ({ dts: a.dts, pts: a.pts, key: a.key, idr: a.key, units: a.units,
    sha1: a.sha1, duration: (aus[i + 1]?.dts ?? a.dts + usual) - a.dts }));
}

// → {init, media} shaped as those of fmp4.mjs; media.ts holds what the next segment must continue
export function readTsSegment(bytes) {
  const faults = [];
  const fault = (rule, text, level) => faults.push({ rule, text, level });
  checkTables(bytes, fault);
  const read = readTs(bytes);
  for (const f of read.faults.filter((x) => /counter/.test(x))) fault(34, f);
  for (const f of read.faults.filter((x) => /sync byte|CRC/.test(x))) fault(36, f);
  const streams = read.streams.filter((s) => s.aus.length);
  const lead = streams.find((s) => s.kind === 'video') ?? streams[0];
  const tracks = streams.map((s) => ({ ...describe(s), trackId: s.pid, type: s.type }));
  const media = { fragments: [], samples: lead ? samplesOf(lead) : [], end: null, faults,
    others: new Map(), wraps: true,
    // Those of the PMT: a track may stay silent for a segment.
    ts: { counters: readCounters(bytes), tracks: read.streams.map((x) => `${x.pid}:${x.type}`).join() } };
  for (const s of streams.filter((x) => x !== lead)) {
    media.others.set(s.pid, { samples: samplesOf(s), end: null });
  }
  const last = media.samples.at(-1);
  media.end = last ? last.dts + last.duration : null;
  return { init: { ...tracks.find((t) => t.trackId === lead?.pid), tracks, faults: [], ts: true },
    media };
}

const WRAP = 2 ** 33;
const beside = (ticks) => ticks - Math.round(ticks / WRAP) * WRAP;

// Rule 34 between two segments that follow each other without DISCONTINUITY.
export function checkContinuity(before, after, where) {
  const out = [];
  for (const [pid, { first, jump }] of after.media.ts.counters) {
    const last = before.media.ts.counters.get(pid)?.last;
    if (last !== undefined && !jump && first !== (last + 1 & 15)) {
      out.push({ rule: 34, text: `${where}: counter of PID ${pid} is ${first} after ${last}` });
    }
  }
  if (before.media.ts.tracks !== after.media.ts.tracks) {
    out.push({ rule: 19, text: `${where}: tracks are ${after.media.ts.tracks}, were `
      + `${before.media.ts.tracks}, without DISCONTINUITY` });
  } else if (before.media.end !== null && after.media.samples.length) {
    const jump = beside(after.media.samples[0].dts - before.media.end);
    if (Math.abs(jump) > 45000) {
      out.push({ rule: 34,
        text: `${where}: decode times jump by ${(jump / 90).toFixed(0)} ms without `
        + 'DISCONTINUITY' });
    }
  }
  return out;
}
