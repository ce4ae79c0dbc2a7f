// ffprobe and ffmpeg, which is what ffplay plays with, read a live room of two languages.
// SPDX-License-Identifier: MIT
//
// EXPECTED: both languages listed; six seconds decoded, frame by frame, without an error.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { run } from './lib/child.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';

const SECONDS = 6;
const FPS = 25;

test('ffmpeg plays a live room', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t);
  pushFfmpeg(t, relay, { room: 'read', clip: await clip('languages'), loop: 2 });
  await until('the room', 30000, async () => {
    const reply = await get(`${relay.base}/live/read/status.json`);
    return reply.status === 200 && JSON.parse(reply.body).segments >= 4;
  });
  const url = `${relay.base}/live/read/index.m3u8`;
  const probe = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', url]);
  const { streams } = JSON.parse(probe.out);
  const languages = new Set(streams.filter((s) => s.codec_name === 'aac')
    .map((s) => s.tags?.language));
  assert.ok(streams.some((s) => s.codec_name === 'h264' && s.width === 320), probe.out);
  assert.deepEqual([...languages].filter(Boolean).sort(), ['eng', 'zho']);

  const played = await run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-stats', '-xerror',
    '-t', `${SECONDS}`, '-i', url, '-map', '0:v:0', '-map', '0:a:0', '-f', 'null', '-'],
  { limitMs: 60000 });
  assert.equal(played.code, 0, played.log);
  const frames = Number([...played.log.matchAll(/frame= *(\d+)/g)].at(-1)?.[1] ?? 0);
  t.diagnostic(`${frames} frames`);
  assert.ok(frames >= SECONDS * FPS - 2, played.log);
});
