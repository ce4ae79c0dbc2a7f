// A room's last picture is held in every codec it may have, and its sound is silence in the same.
// SPDX-License-Identifier: MIT
//
// EXPECTED: behind the break stand segments of every rendition, without a gap and with the room's
// own map, and ffmpeg decodes them without a word of complaint.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { get, sleep } from './lib/http.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { scratch, startRelay } from './lib/relay.mjs';
import { endedWell } from './lib/situation.mjs';

const CLIPS = ['hevc', 'h264-bframes-1080p', 'audio-ac3', 'audio-eac3', 'audio-mp2', 'audio-mp3',
  'audio-opus', 'aac-44100', 'audio-latm', 'two-audio-tracks', 'audio-only', 'video-only'];

async function checkHeld(t, relay, room, name) {
  const url = `${relay.base}/live/${room}/${name}.m3u8`;
  const list = parsePlaylist((await get(url)).body.toString(), { url });
  const where = `${room}/${name}`;
  const at = list.segments.findIndex((s) => s.discontinuity);
  assert.ok(at > 0, `${where}: no break`);
  const held = list.segments.slice(at);
  assert.ok(held.length >= 2 && held.every((s) => !s.gap), `${where}: gaps`);
  assert.deepEqual([...new Set(held.map((s) => s.map))], [list.segments[at - 1].map],
    `${where}: another map`);
  const got = await Promise.all([held[0].map, ...held.map((s) => s.uri)]
    .map(async (u) => (await get(new URL(u, url).href)).body));
  const file = path.join(scratch(t), `${room}-${name}.mp4`);
  writeFileSync(file, Buffer.concat(got));
  const { code, log } = await run('ffmpeg', ['-v', 'error', '-xerror', '-err_detect', 'explode',
    '-i', file, '-f', 'null', '-']);
  assert.equal(`${code} ${log}`, '0 ', `${where}: ffmpeg`);
}

test('every codec can be held', { timeout: 120000 }, async (t) => {
  const relay = await startRelay(t, { set: ['rooms.fill=hold', 'hls.window=90s'] });
  const clips = await Promise.all(CLIPS.map((name) => clip(name)));
  await Promise.all(clips.map((c, i) => endedWell(pushFfmpeg(t, relay, { room: CLIPS[i], clip: c }),
    c)));
  await sleep(4500);
  for (const room of CLIPS) {
    const index = (await get(`${relay.base}/live/${room}/index.m3u8`)).body.toString();
    const names = new Set([...index.matchAll(/([\w-]+)\.m3u8/g)].map((m) => m[1]));
    names.delete('iframes');
    for (const name of names) await checkHeld(t, relay, room, name);
  }
});
