// The real OBS against the real relay: what a host does all evening.
// SPDX-License-Identifier: MIT
//
// EXPECTED
//   With the settings the README asks for: 20 s and more without a pause, the resolution and codec
//   that were set, every frame decodable. Stop streaming: the room waits, without ENDLIST. Start
//   again: the same playlist goes on behind an EXT-X-DISCONTINUITY.
//   As a new user has it (Simple mode, a key frame each 250 frames): segments follow the key
//   frames and TARGETDURATION, said once, holds.
//   A stream key with something the relay refuses: OBS stops, and the log says why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../flow/lib/child.mjs';
import { Follower } from '../flow/lib/follower.mjs';
import { get, sleep, until } from '../flow/lib/http.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { startObs } from './obs.mjs';

const video = (follower) => follower.renditions.get('video');
const count = (follower) => video(follower)?.ordered().length ?? 0;
const seconds = (follower) => video(follower)?.ordered().reduce((sum, s) => sum + s.duration, 0) ?? 0;

// Decodes what was served and counts frames; any complaint of the decoder is a failure.
async function decode(t, rendition, segments) {
  const parts = [(await get(new URL(segments[0].map, rendition.url))).body];
  for (const s of segments) parts.push((await get(s.url)).body);
  const file = path.join(scratch(t), 'served.mp4');
  writeFileSync(file, Buffer.concat(parts));
  const r = await run('ffprobe', ['-v', 'warning', '-count_frames', '-select_streams', 'v:0',
    '-show_entries', 'stream=nb_read_frames,width,height,codec_name,profile', '-of', 'json', file],
  { limitMs: 60000 });
  assert.equal(r.log, '', 'the decoder has nothing to complain of');
  return JSON.parse(r.out).streams[0];
}

function follow(t, relay, room) {
  const follower = new Follower(relay.base, room).start();
  t.after(() => { follower.running = false; });
  return follower;
}

// How late, in ms, the worst segment was for a player that starts once it has three; below 0: it
// never had to wait.
function stall(segments) {
  let needed = segments[2].at;
  let worst = -Infinity;
  for (const s of segments) {
    worst = Math.max(worst, s.at - needed);
    needed += 1000 * s.duration;
  }
  return worst;
}

// Everything that was found but rule 27, the pace: OBS in software GL pauses by itself when the
// machine is busy, and what viewers notice of a pause is what stall() says.
const faults = (findings) => findings.list.filter((f) => f.rule !== 27)
  .map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`);

async function isStreaming(obs) {
  return (await obs.control.request('GetStreamStatus')).outputActive;
}

test('OBS with advised settings streams, stops and comes back', async (t) => {
  const relay = await startRelay(t);
  const room = 'obs-room';
  const obs = await startObs(t, { server: `srt://127.0.0.1:${relay.srtPort}`, streamKey: room });
  const follower = follow(t, relay, room);
  await obs.control.request('StartStream');
  await until(`the first segment; OBS said ${obs.log()}`, 20000, () => count(follower) > 0);
  await until('22 s of segments', 40000, () => seconds(follower) >= 22);

  const variant = follower.index.variants[0].attributes;
  assert.equal(variant.get('RESOLUTION').value, '1280x720');
  assert.equal(Number(variant.get('FRAME-RATE').value), 30);
  assert.match(variant.get('CODECS').value, /^avc1\.[0-9a-f]{6},mp4a\.40\.2$/i);
  const first = video(follower).ordered();
  assert.ok(stall(first) < 0, `a player would have waited ${stall(first)} ms`);
  for (const s of first) assert.ok(Math.abs(s.duration - 2) < 0.1, `${s.uri} lasts ${s.duration}`);
  const listed = new Set(video(follower).list.segments.map((s) => s.msn));
  const still = first.filter((s) => listed.has(s.msn));
  const decoded = await decode(t, video(follower), still);
  assert.equal(decoded.codec_name, 'h264');
  assert.equal(`${decoded.width}x${decoded.height}`, '1280x720');
  const samples = still.reduce((sum, s) => sum + s.media.samples.length, 0);
  assert.equal(Number(decoded.nb_read_frames), samples, 'every frame served is decoded');

  follower.left();
  await obs.control.request('StopStream');
  await until('OBS to have stopped', 10000, async () => !await isStreaming(obs));
  await sleep(3000);
  const before = video(follower).list;
  assert.equal(before.endList, false, 'a waiting room has no ENDLIST');
  const page = await get(`${relay.base}/live/${room}/index.m3u8`);
  assert.equal(page.status, 200, 'a waiting room stays listed');
  const last = before.segments.at(-1).msn;

  await obs.control.request('StartStream');
  const resumed = await until('a segment after the pause', 20000,
    () => video(follower).ordered().find((s) => s.msn > last && s.discontinuity), 100);
  assert.equal(resumed.dsn, before.segments.at(-1).dsn + 1, 'one discontinuity');
  follower.publishing = true;
  await until('10 s more', 30000, () => video(follower).ordered().at(-1).msn >= resumed.msn + 4);
  follower.left();
  await obs.control.request('StopStream');
  await until('OBS to have stopped', 10000, async () => !await isStreaming(obs));
  const findings = await follower.stop();
  assert.deepEqual(faults(findings), []);
  const audio = follower.track('audio').samples.length * 1024 / 48000;
  t.diagnostic(`${seconds(follower).toFixed(1)} s of video, ${audio.toFixed(1)} s of audio, `
    + `${count(follower)} segments`);
  assert.ok(Math.abs(audio - seconds(follower)) < 2, 'as much sound as picture');
});

test('OBS as it is out of the box: an IDR every 8.33 s', async (t) => {
  const relay = await startRelay(t);
  const room = 'simple-mode';
  const obs = await startObs(t, { server: `srt://127.0.0.1:${relay.srtPort}`, streamKey: room,
    mode: 'Simple', width: 640, height: 360 });
  const follower = follow(t, relay, room);
  const targets = new Set();
  await obs.control.request('StartStream');
  await until(`four segments; OBS said ${obs.log()}`, 60000, () => {
    const target = video(follower)?.list?.targetDuration;
    if (target) targets.add(target);
    return count(follower) >= 4;
  }, 100);
  follower.left();
  await obs.control.request('StopStream');
  await until('OBS to have stopped', 10000, async () => !await isStreaming(obs));
  await sleep(1000);
  const findings = await follower.stop();
  const list = video(follower).ordered();
  t.diagnostic(`segments of ${list.map((s) => s.duration.toFixed(2)).join(' ')} s, TARGETDURATION `
    + [...targets].join(' '));
  assert.equal(targets.size, 1, 'TARGETDURATION is declared once');
  for (const s of list) assert.ok(s.firstIsIdr, `${s.uri} starts with an IDR`);
  assert.ok(list.some((s) => Math.abs(s.duration - 250 / 30) < 0.1), 'a segment of 250 frames');
  assert.deepEqual(faults(findings), []);
});

test('OBS with a wrong publish key: it stops, the log says why, nothing is served', async (t) => {
  const relay = await startRelay(t, { config:
    'rooms:\n  open: false\n  list:\n    - name: kept\n      key: right-key\n' });
  const obs = await startObs(t, { server: `srt://127.0.0.1:${relay.srtPort}`,
    streamKey: 'kept?key=wrong-key' });
  await obs.control.request('StartStream').catch(() => {});
  const line = await relay.refusal('kept', /refus|unauthor|reject/i, 20000);
  assert.doesNotMatch(line, /right-key|wrong-key/, 'keys are never logged');
  await obs.control.request('StopStream').catch(() => {});
  assert.equal((await get(`${relay.base}/live/kept/index.m3u8`)).status, 404);
});
