// Media of the scripted origin: tiny fMP4 or TS whose every segment and part is known.
// SPDX-License-Identifier: MIT
import { AUDIO, VIDEO, filler, makeFragment, makeInit, picture } from './make-fmp4.mjs';
import { TsWriter, AUDIO_PID, VIDEO_PID } from './make-ts.mjs';
import { readBoxes, readInit } from './fmp4.mjs';

const PARTS = 5;
const VIDEO_FRAME = 3600;
const VIDEO_IN_PART = 10;
const AUDIO_FRAME = 960;
const AUDIO_IN_PART = 20;

const made = new Map();
// Fragments are the same in every test; making one is the dearest thing there is.
function once(key, make) {
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

function videoSamples(p, hevc) {
  return Array.from({ length: VIDEO_IN_PART }, (_, i) => {
    const n = p * VIDEO_IN_PART + i;
    const key = n % (PARTS * VIDEO_IN_PART) === 0;
    return { bytes: picture(n + 1, key, hevc), duration: VIDEO_FRAME, key };
  });
}

const audioSamples = (p) => Array.from({ length: AUDIO_IN_PART }, (_, i) => ({
  bytes: filler(p * AUDIO_IN_PART + i + 77, 60), duration: AUDIO_FRAME, key: true }));

const AUDIO_LINE = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="audio",LANGUAGE="und",DEFAULT=YES,'
  + 'AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"';

function indexText(names, iframes, codecs, video) {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (names.includes('audio')) lines.push(AUDIO_LINE);
  const size = `RESOLUTION=${video.width}x${video.height}`;
  lines.push('#EXT-X-STREAM-INF:BANDWIDTH=150000,AVERAGE-BANDWIDTH=120000,'
    + `CODECS="${codecs.join(',')}",${size},FRAME-RATE=25.000`
    + `${names.includes('audio') ? ',AUDIO="a"' : ''}`, 'video.m3u8');
  if (iframes) {
    lines.push(`#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=20000,CODECS="${codecs[0]}",${size},`
      + 'URI="iframes.m3u8"');
  }
  return `${lines.join('\n')}\n`;
}

// One rendition per track. video, audio: tracks as make-fmp4.mjs takes them; samples(list, {name,
// p}) may change what a part holds; tfdt(value, {name, p}) when it is decoded.
export function fmp4Source(origin, { video = VIDEO, audio = AUDIO, samples, tfdt,
  init: how } = {}) {
  const hevc = /^h[ev]/.test(video.entry);
  const tracks = { video, audio };
  const shift = (p) => (Math.floor(p / PARTS) >= origin.breakAt ? 7 : 0);
  const part = (name, p) => {
    const frame = name === 'video' ? VIDEO_FRAME * VIDEO_IN_PART : AUDIO_FRAME * AUDIO_IN_PART;
    const at = p * frame + shift(p) * tracks[name].timescale;
    const make = () => {
      const list = name === 'video' ? videoSamples(p, hevc) : audioSamples(p);
      return makeFragment(p + 1, [{ id: 1, tfdt: tfdt?.(at, { name, p }) ?? at,
        samples: samples?.(list, { name, p }) ?? list }]);
    };
    return samples || tfdt ? make() : once(`${name} ${p} ${at} ${hevc}`, make);
  };
  return { type: 'video/mp4', part,
    init: (name) => makeInit([tracks[name]], how),
    segment: (name, k) => Buffer.concat(Array.from({ length: PARTS }, (_, i) =>
      origin.bytes('part', name, k * PARTS + i))),
    index: (names, iframes) => indexText(names, iframes, names.map((n) => readInit(
      makeInit([tracks[n]])).rfc6381), video),
    // Where the first sample of a segment ends.
    frameEnd: (bytes) => readBoxes(bytes)[1].start + 8 + videoSamples(0, hevc)[0].bytes.length };
}

// Video and audio in one transport stream per segment, classic lists only. change(writer, {k,
// what})
// may write other things: it is called before the tables ('tables'), and after the media ('end');
// what it returns true for, is left out.
export function tsSource({ sounds = 1, change = () => {}, videoType = 0x1b, seconds = 2 } = {}) {
  const writer = new TsWriter();
  const segments = [];
  const next = () => {
    const k = segments.length;
    const streams = [[videoType, VIDEO_PID], ...Array.from({ length: sounds }, (_, i) =>
      [0x0f, AUDIO_PID + i])];
    if (!change(writer, { k, what: 'tables', streams })) writer.tables(streams);
    const start = k * 180000 + 90000;
    for (let i = 0; i < 25 * seconds; i++) {
      writer.video(start + i * 3600, i === 0, k * 50 + i, videoType === 0x24);
      for (let j = 0; j < 2 && i % 2 === 0; j++) {
        for (let s = 0; s < sounds; s++) {
          writer.audio(start + (i / 2 * 2 + j) * 3600, k * 200 + i * 4 + j, AUDIO_PID + s);
        }
      }
    }
    change(writer, { k, what: 'end', streams });
    segments.push(writer.take());
  };
  return { type: 'video/mp2t',
    segment: (_, k) => {
      while (segments.length <= k) next();
      return segments[k];
    },
    index: () => indexText(['video'], false, ['avc1.64000c', 'mp4a.40.2'],
      { width: 320, height: 180 }) };
}
