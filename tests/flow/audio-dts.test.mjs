// Sound that no player of HLS takes, beside video.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the video plays, alone; the log, /metrics, the API and the room's status say what is
// left out and why, and stop saying it when the feed is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { clip } from './lib/clips.mjs';
import { get, until } from './lib/http.mjs';
import { remap } from './lib/program_map.mjs';
import { pushRaw } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

const PMT_PID = 0x1000;
const DTS = 0x82;
const WORDS = /0x82 DTS/;
const json = async (url) => JSON.parse((await get(url)).body.toString());

test('DTS is left out', async (t) => {
  const relay = await startRelay(t);
  const source = await clip('audio-mp2');
  const bytes = remap(readFileSync(source.copy), PMT_PID, (streams) => streams.map((s) => (
    s.type === 0x03 ? { ...s, type: DTS } : s)));
  const follower = watch(t, relay, 'main');
  const push = pushRaw(t, relay, { room: 'main', clip: { bytes, seconds: source.seconds } });
  await untilPlaying(follower, 2);
  const left = /room_tracks_left_out\{room="main"\}/;
  await until('the metric', 5000, async () => await relay.metric(left) === 1);
  assert.match((await json(`${relay.base}/live/main/status.json`)).left_out, WORDS);
  const { feed } = await json(`${relay.base}/api/v1/rooms/main`);
  assert.match(feed.left_out, WORDS);
  assert.equal(feed.stats.tracks_left_out, 1);
  assert.equal(relay.lines(/ left_out streams=1 .*0x82 DTS/).length, 1, 'one line in the log');
  await endedWell(push, source);
  const streams = source.sent.streams.filter((s) => s.kind === 'video');
  await assertClean(follower, [{ ...source.sent, streams }]);
  assert.deepEqual([...follower.renditions.keys()], ['video']);
  await until('the status to forget', 5000,
    async () => (await json(`${relay.base}/live/main/status.json`)).left_out === '');
});
