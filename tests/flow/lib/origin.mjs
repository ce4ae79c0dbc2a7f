// A small HLS origin made by ffmpeg and node alone, to prove the checkers on good and bad material.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { answer } from './answer.mjs';
import { run } from './child.mjs';
import { readBoxes, readInit, readSegment } from './fmp4.mjs';

const MOVFLAGS = 'empty_moov+default_base_moof+skip_trailer+skip_sidx+frag_discont';

// One track of a TS as fragmented MP4 with absolute times. → {name, init, segments: [Buffer]}
async function fragment(file, name, dir) {
  const video = name === 'video';
  const out = path.join(dir, `${name}.mp4`);
  const cut = video ? ['-movflags', `${MOVFLAGS}+frag_keyframe`, '-video_track_timescale', '90000']
    : ['-movflags', `${MOVFLAGS}+delay_moov`, '-frag_duration', '1000000', '-bsf:a',
      'aac_adtstoasc'];
  const r = await run('ffmpeg', ['-loglevel', 'error', '-y', '-copyts', '-i', file, '-map',
    video ? '0:v:0' : '0:a:0', '-c', 'copy', ...cut, '-use_editlist', '0', '-avoid_negative_ts',
    'disabled', '-f', 'mp4', out]);
  if (r.code !== 0) throw new Error(r.log);
  const bytes = readFileSync(out);
  const boxes = readBoxes(bytes);
  const moofs = boxes.filter((b) => b.type === 'moof');
  const init = bytes.subarray(0, moofs[0].start);
  const segments = moofs.map((m, i) => Buffer.from(
    bytes.subarray(m.start, moofs[i + 1]?.start ?? boxes.findLast((b) => b.type === 'mdat').end)));
  return { name, init, segments };
}

export async function makeRoom(clip, dir) {
  const tracks = [];
  for (const { kind } of clip.sent.streams) tracks.push(await fragment(clip.copy, kind, dir));
  return tracks;
}

// EXTINF and date of each segment as an honest server would write them.
export function entries(track, epochMs = Date.UTC(2026, 0, 1)) {
  const init = readInit(track.init);
  return track.segments.map((bytes, i) => {
    const media = readSegment(bytes, init);
    const first = Math.min(...media.samples.map((s) => s.pts));
    return { uri: `${track.name}/${i}.m4s`, map: `${track.name}/init-0.mp4`,
      duration: (media.end - media.samples[0].dts) / init.timescale,
      date: epochMs + first / init.timescale * 1000 };
  });
}

// Text of a playlist that shows entries[from..to).
export function mediaText(list, { from = 0, to = list.length, td = 3, dsn = 0 } = {}) {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6', `#EXT-X-TARGETDURATION:${td}`,
    `#EXT-X-MEDIA-SEQUENCE:${from}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${dsn}`];
  let map = null;
  for (const e of list.slice(from, to)) {
    if (e.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (e.map !== map) lines.push(`#EXT-X-MAP:URI="${e.map}"`);
    map = e.map;
    if (e.gap) lines.push('#EXT-X-GAP');
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(e.date).toISOString()}`,
      `#EXTINF:${e.duration.toFixed(5)},`, e.uri);
  }
  return `${lines.join('\n')}\n`;
}

export function indexText(tracks) {
  const inits = tracks.map((t) => readInit(t.init));
  const video = inits.find((i) => i.kind === 'video');
  return ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="audio",LANGUAGE="und",DEFAULT=YES,AUTOSELECT=YES,'
    + 'CHANNELS="2",URI="audio.m3u8"',
    `#EXT-X-STREAM-INF:BANDWIDTH=600000,AVERAGE-BANDWIDTH=500000,CODECS="${
      inits.map((i) => i.rfc6381).join(',')}",RESOLUTION=${video.width}x${video.height},`
    + 'FRAME-RATE=25.000,AUDIO="a"', 'video.m3u8', ''].join('\n');
}

// A real server in front of handle({method, path, query, headers}) → {status, headers, body}.
export async function listen(t, handle) {
  const server = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    const got = await handle({ method: request.method, path: pathname, query: searchParams,
      headers: request.headers });
    if (!response.destroyed) response.writeHead(got.status, got.headers).end(got.body);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}`;
}

// files: Map of path below /live/ROOM/ → {type, body} or a function that gives it.
export const serve = (t, files) => listen(t, (request) => {
  const file = files.get(request.path.replace(/^\/live\/[^/]*\//, ''));
  return answer(request, typeof file === 'function' ? file() : file);
});

export const playlistFile = (text) => ({ type: 'application/vnd.apple.mpegurl', maxAge: 1,
  compress: true, body: Buffer.from(text) });

// All of a room's files; playlists come from the given texts: {video, audio}.
export function roomFiles(tracks, texts) {
  const files = new Map([['index.m3u8', playlistFile(indexText(tracks))]]);
  for (const t of tracks) {
    files.set(`${t.name}.m3u8`, () => playlistFile(texts[t.name]()));
    files.set(`${t.name}/init-0.mp4`, { type: 'video/mp4', body: t.init });
    t.segments.forEach((s, i) => files.set(`${t.name}/${i}.m4s`, { type: 'video/mp4', body: s }));
  }
  return files;
}
