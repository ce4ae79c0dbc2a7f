// /metrics while a room is live and after it ended.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every promised figure is there and moves; the text is what Prometheus reads
// (promtool judges it where it is installed); bytes pinned fall when a room is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { Child } from './lib/child.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';

const PROMISED = { rooms: /^roomcast_rooms\b/, feeds: /^roomcast_feeds\b/,
  'bytes in': /bytes_(in|received)|(in|received|receive)_bytes/,
  'bytes out': /bytes_(out|sent)|(out|sent|send)_bytes/,
  'packets lost': /packets.*lost|lost.*packets/,
  'packets retransmitted': /packets.*retrans|retrans.*packets/,
  'packets dropped': /packets.*dropped|dropped.*packets/, segments: /segments/,
  'requests by code': /requests.*\{.*code="200"/, 'bytes pinned': /pinned/,
  'worker restarts': /worker.*restart/ };

async function promtool(text) {
  const tool = new Child('promtool', ['check', 'metrics'], { stdin: 'pipe' });
  tool.process.stdin.end(text);
  const { code } = await tool.wait(10000);
  return { installed: code !== 127, code, said: tool.out + tool.log };
}

test('metrics', async (t) => {
  const relay = await startRelay(t, { set: ['rooms.resume_s=2'] });
  const source = await clip('small');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: source });
  await untilPlaying(follower, 2);
  const series = await relay.metrics();
  for (const [what, pattern] of Object.entries(PROMISED)) {
    assert.ok([...series.keys()].some((k) => pattern.test(k)), `${what} in /metrics`);
  }
  assert.equal(await relay.metric(PROMISED.rooms), 1);
  assert.ok(await relay.metric(PROMISED['bytes in']) > 50000);
  assert.ok(await relay.metric(PROMISED.pinned ?? /pinned/) > 10000);
  const text = (await get(`${relay.base}/metrics`)).body.toString();
  for (const name of new Set([...series.keys()].map((k) => k.replace(/\{.*/, '')))) {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    assert.match(text, new RegExp(`^# TYPE (${name}|${base}) `, 'm'), `TYPE of ${name}`);
    assert.match(text, new RegExp(`^# HELP (${name}|${base}) `, 'm'), `HELP of ${name}`);
  }
  const judged = await promtool(text);
  if (judged.installed) assert.equal(judged.code, 0, judged.said);
  else t.diagnostic('promtool is not installed: its verdict is missing');
  await endedWell(push, source);
  await assertClean(follower, [source.sent]);
  await until('the room to be gone', 15000, async () => await relay.metric(PROMISED.rooms) === 0);
  await until('its bytes to be freed', 5000, async () => await relay.metric(/pinned/) === 0);
  assert.equal((await get(`${relay.base}/live/main/index.m3u8`)).status, 404);
});
