// The verdict over everything that a follower saw, once it has stopped.
// SPDX-License-Identifier: MIT
import { formatOf, readMedia } from './media-segment.mjs';
import * as rules from './rules.mjs';

const FRAMES = 3;

// The longest time a frame is shown, gaps of a second and more aside.
function nominalFrame(segments) {
  const durations = segments.flatMap((s) => s.media.samples.map((x) => x.duration
    / s.init.timescale));
  return durations.reduce((most, d) => (d < 1 && d > most ? d : most), 0);
}

// Some entries of an I-frame list, each as what its range holds.
async function takeFrames(rendition) {
  const frames = [];
  for (const entry of rendition.list.segments.filter((s) => !s.gap && !s.key).slice(-FRAMES)) {
    const got = await rendition.downloads.fetch(entry.uri, entry.byteRange);
    const body = rendition.downloads.arrived(got, entry.byteRange);
    if (!body) {
      rendition.add({ rule: 67, text: `MSN ${entry.msn} answers ${got.status}` });
      continue;
    }
    const format = formatOf(body);
    const init = entry.map ? await rendition.downloads.init(entry.map, entry.mapRange) : null;
    const whole = ['moof', 'styp', 'sidx', 'prft', 'emsg'].includes(body.toString('latin1', 4, 8));
    // Only the first sample of the fragment is there: its mdat ends with the range.
    const media = format === 'fmp4' && whole ? cutFragment(body, init)
      : readMedia(body, init).media;
    frames.push({ entry, media, fragmented: Boolean(init), whole });
  }
  return frames;
}

// An I-frame's range may stop inside the mdat: read what is there by shortening the mdat's size and
// keeping the samples that are whole.
function cutFragment(body, init) {
  try {
    const moof = body.indexOf('moof') - 4;
    const mdat = moof + body.readUInt32BE(moof);
    const bytes = Buffer.concat([body, Buffer.alloc(Math.max(0, mdat + body.readUInt32BE(mdat)
      - body.length))]);
    return readMedia(bytes, init).media;
  } catch {
    return { samples: [] };
  }
}

function judgeRendition(follower, r, segments, frame) {
  const timed = segments.map((s) => (s.init ? s : { ...s, init: {} }));
  r.addAll(rules.checkTimeline(timed, r.list.targetDuration, frame, Boolean(r.list.partTarget)));
  const facts = { sps: null, fps: null, captions: false };
  const inits = new Map();
  for (const s of segments) {
    if (!s.init?.timescale || s.gap) continue;
    const key = s.init.sha1 ?? 'ts';
    inits.set(key, [...inits.get(key) ?? [], s]);
  }
  for (const group of inits.values()) {
    const read = rules.checkStream(group[0].init, group);
    r.addAll(read.faults);
    Object.assign(facts, { sps: read.facts.sps ?? facts.sps, fps: read.facts.fps,
      captions: facts.captions || read.facts.captions });
  }
  // Of a media playlist that was given alone, the multivariant one is not known.
  const declares = r.list.independent || follower.index === 'media' || follower.index?.independent;
  if (segments.some((s) => s.init?.kind === 'video') && !declares
    && segments.every((s) => s.firstIsIdr !== false)) {
    r.add({ rule: 35, text: 'no EXT-X-INDEPENDENT-SEGMENTS anywhere', level: 'should' });
  }
  return facts;
}

// When each segment was whole, but for those behind which the stream broke off: then the source
// left one track unfinished before the other.
function continued(r) {
  return new Map([...r.whole].filter(([msn]) => {
    const next = r.segments.get(msn + 1);
    return next && !next.discontinuity;
  }));
}

// Rule 77: even the fastest quarter of our round trips is longer than a part.
function checkRoundTrip(follower) {
  const trips = [...follower.trips].sort((a, b) => a - b);
  const quick = trips[trips.length >> 2];
  for (const r of follower.renditions.values()) {
    if (r.list?.partTarget && trips.length > 3 && quick > r.list.partTarget * 1000) {
      r.add({ rule: 77, text: `PART-TARGET is ${r.list.partTarget}, a round trip takes ${
        Math.round(quick)} ms` });
    }
  }
}

export async function checkPresentation(follower) {
  const { findings } = follower;
  const renditions = [...follower.renditions.values()].filter((r) => r.list);
  const seen = renditions.map((r) => ({ r, name: r.name, list: r.list, segments: r.ordered() }));
  const video = seen.find((x) => x.segments.some((s) => s.init?.kind === 'video'));
  const frame = video ? nominalFrame(video.segments.filter((s) => s.init?.kind === 'video')) : 0;
  const facts = new Map();
  for (const x of seen) facts.set(x.name, judgeRendition(follower, x.r, x.segments, frame));
  const dated = seen.map((x) => ({ ...x, segments: x.segments.filter((s) => s.init?.timescale) }));
  findings.takeAll('renditions', rules.checkAlignment(dated, 2 + frame * 1000));
  const lists = [...seen, ...[...follower.iframes.values()].filter((r) => r.list)
    .map((r) => ({ name: r.name, list: r.list }))];
  const live = renditions.find((r) => r.list.partTarget);
  for (const f of rules.checkSame(lists)) findings.add(f.rule, f.where, f.text, f.level);
  if (live && live.list.control?.blocks) {
    findings.takeAll('renditions', rules.checkTogether(renditions.map((r) => ({ name: r.name,
      whole: continued(r) })), live.list.partTarget, follower.paceSlack(),
    (from, to) => follower.absentMs(from, to)));
  }
  checkRoundTrip(follower);
  await judgeIndex(follower, seen, facts);
}

async function judgeIndex(follower, seen, facts) {
  const { index, findings } = follower;
  if (!index || index === 'media') return;
  const byUri = (get) => new Map([...index.variants.map((v) => v.uri), ...index.media.map((m) =>
    m.get('URI')?.value)].filter(Boolean).map((uri) => [uri,
    get(seen.find((x) => x.r.url === new URL(uri, follower.url).href))]));
  const inits = byUri((x) => x?.segments.findLast((s) => s.init?.timescale)?.init);
  findings.takeAll('index', rules.checkMultivariant(index, inits, byUri((x) => x
    && facts.get(x.name))));
  const measured = byUri((x) => x && x.segments.length && { mean: rules.meanRate(x.segments),
    peak: rules.peakRate(x.segments, x.list.targetDuration) });
  findings.takeAll('index', rules.checkBandwidth(index, measured));
  const target = seen[0]?.list.targetDuration;
  for (const r of follower.iframes.values()) {
    if (r.list) r.addAll(rules.checkIframeList(r.list, await takeFrames(r), target));
  }
}
