// One encoder pushes its picture twice: the main feed, and a smaller one with role=180p.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the second joins once its first segments have matched: one more variant with the same
// numbers, dates and sound; every rule holds; the main feed loses no frame; when it leaves, gaps
// follow and the main feed goes on. Another encode, whose keyframes lie elsewhere, is sent away
// with the reason in the log and in status.json.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Child } from './lib/child.mjs';
import { readTs } from './lib/ts.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { srtUrl } from './lib/push.mjs';
import { startRelay, scratch } from './lib/relay.mjs';
import { assertClean, watch } from './lib/situation.mjs';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const SECONDS = 24;
const aac = ['-c:a', 'aac', '-b:a', '96k', '-ac', '2'];

const status = async (relay) =>
  JSON.parse((await get(`${relay.base}/live/main/status.json`)).body.toString());
const roleOf = async (relay) => (await status(relay)).roles?.[0] ?? {};

// Two encodes of one picture, in one file with one clock.
function encode(file, second) {
  const x264 = (gop, bits) => ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2',
    '-pix_fmt', 'yuv420p', '-sc_threshold', '0', '-threads', '1', '-b:v', bits,
    '-g', `${gop}`, '-keyint_min', `${gop}`];
  const out = (f) => ['-muxdelay', '0.1', '-f', 'mpegts', f];
  const child = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y',
    '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${SECONDS}`,
    '-f', 'lavfi', '-i', `anoisesrc=r=48000:a=0.2:seed=1:d=${SECONDS}`,
    '-map', '0:v', '-map', '1:a', ...x264(25, '300k'), ...aac, ...out(`${file}-main.ts`),
    '-map', '0:v', '-map', '1:a', '-s', '160x90', ...x264(second, '100k'), ...aac,
    ...out(`${file}-role.ts`)]);
  return child.wait(60000);
}

// One process, one clock: both files at the speed they were recorded at.
function push(t, relay, file, roleSeconds) {
  const input = (f) => ['-re', '-i', f];
  const ts = ['-c', 'copy', '-copyts', '-muxdelay', '0.1', '-f', 'mpegts'];
  const child = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-copyts',
    ...input(`${file}-main.ts`), ...input(`${file}-role.ts`),
    '-map', '0', ...ts, srtUrl(relay, { room: 'main', query: { linger: 1 } }),
    '-map', '1', ...ts, ...(roleSeconds ? ['-to', `${roleSeconds}`] : []),
    srtUrl(relay, { streamId: '#!::r=main,m=publish,role=180p',
      query: { linger: 1 } })]);
  t.after(() => child.signal('SIGKILL'));
  return child;
}

test('a rendition from a second push', async (t) => {
  const file = path.join(scratch(t), 'both');
  assert.deepEqual(await encode(file, 25), { code: 0, signal: null });
  const relay = await startRelay(t);
  const follower = watch(t, relay, 'main');
  const pushed = push(t, relay, file, 17);
  const began = Date.now();
  const joined = await until('the role to join', 20000, async () => {
    const role = await roleOf(relay).catch(() => ({}));
    return role.state === 'joined' && role;
  });
  assert.equal(joined.rendition, 'video-2');
  const index = (await get(`${relay.base}/live/main/index.m3u8`)).body.toString();
  assert.match(index, /RESOLUTION=160x90.*\nvideo-2\.m3u8/);
  assert.match(index, /RESOLUTION=320x180.*\nvideo\.m3u8/);
  assert.equal(index.match(/AUDIO="audio"/g).length, 3, 'every variant has the sound');
  const reports = (await get(`${relay.base}/live/main/video.m3u8`)).body.toString();
  if (/PART-INF/.test(reports)) assert.match(reports, /RENDITION-REPORT:URI="video-2\.m3u8"/);
  // ffmpeg keeps both connections for a while after the last picture.
  await sleep(began + SECONDS * 1000 - Date.now());
  follower.left();
  const list = (await get(`${relay.base}/live/main/video-2.m3u8`)).body.toString();
  assert.match(list, /#EXT-X-GAP/, 'gaps follow');
  const all = follower.tracks.bind(follower);
  follower.tracks = () => all().filter((track) => track.name !== 'video-2');
  await assertClean(follower, [readTs(readFileSync(`${file}-main.ts`))]);
  const { samples } = follower.track('video-2');
  const { aus } = readTs(readFileSync(`${file}-role.ts`)).streams.find((s) => s.kind === 'video');
  const first = aus.findIndex((a) => a.sha1 === samples[0]?.sha1);
  assert.ok(first >= 0 && samples.length > 200, `${samples.length} pictures`);
  assert.deepEqual(samples.map((s) => s.sha1),
    aus.slice(first, first + samples.length).map((a) => a.sha1), 'its pictures, bit for bit');
  await until('the role to leave', 20000, async () => (await roleOf(relay)).state === 'left');
  const { code } = await pushed.wait(40000);
  assert.equal(code, 0, pushed.log);
});

test('keyframes elsewhere', async (t) => {
  const file = path.join(scratch(t), 'both');
  assert.deepEqual(await encode(file, 33), { code: 0, signal: null });
  const relay = await startRelay(t);
  const follower = watch(t, relay, 'main');
  const pushed = push(t, relay, file);
  const left = await until('the role to be sent away', 25000, async () => {
    const role = await roleOf(relay).catch(() => ({}));
    return role.state === 'left' && role;
  });
  assert.match(left.why, /keyframe/);
  assert.ok(relay.lines(/role_stopped role=180p .*keyframe/).length > 0 ||
    relay.lines(/role_left role=180p .*keyframe/).length > 0);
  await pushed.wait(40000);
  const index = (await get(`${relay.base}/live/main/index.m3u8`)).body.toString();
  assert.doesNotMatch(index, /video-2/);
  follower.left();
  assert.equal((await follower.stop()).toString(), '', 'broken rules');
});
