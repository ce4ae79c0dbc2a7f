// SIGTERM in the middle of 200 low-latency viewers and some that read slowly.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every body that was begun ends whole, every request that waits is answered, and the
// relay is gone within 10 s with status 0.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { untilPlaying, watch } from './lib/situation.mjs';

const WAITING = 200;
const SLOW = 10;

// → {status, bytes, length, cut: why, or undefined}
function ask(url, { slowly = false } = {}) {
  return new Promise((resolve) => {
    const r = http.get(url, { agent: false }, (response) => {
      const got = { status: response.statusCode, bytes: 0,
        length: Number(response.headers['content-length']) };
      response.on('data', (d) => {
        got.bytes += d.length;
        if (!slowly) return;
        response.pause();
        setTimeout(() => response.resume(), 25);
      });
      response.on('end', () => resolve({ ...got, cut: response.complete ? undefined : 'cut off' }));
      response.on('error', (e) => resolve({ ...got, cut: e.message }));
    });
    r.on('error', (e) => resolve({ status: 0, cut: e.message }));
  });
}

test('SIGTERM under viewers', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t, { set: ['http.max_connections_per_address=5000'] });
  const push = pushFfmpeg(t, relay, { room: 'main', clip: await clip('h264-4k'), loop: 10 });
  const follower = watch(t, relay, 'main');
  await untilPlaying(follower, 2);
  const video = follower.renditions.get('video');
  const segment = video.ordered().at(-1);
  follower.running = false;
  await follower.loop;
  const base = `${relay.base}/live/main/`;
  const slow = Array.from({ length: SLOW },
    () => ask(new URL(segment.uri, base).href, { slowly: true }));
  const waiting = Array.from({ length: WAITING },
    () => ask(`${base}video.m3u8?_HLS_msn=${video.list.mediaSequence
      + video.list.segments.length + 1}`));
  await until('all to wait', 5000, async () => await relay.metric(/holding|waiting_requests/) > 0
    || sleep(300).then(() => true));
  const began = Date.now();
  relay.child.signal('SIGTERM');
  const status = await relay.child.wait(10000);
  assert.deepEqual(status, { code: 0, signal: null }, relay.log.slice(-2000));
  t.diagnostic(`ended after ${Date.now() - began} ms`);
  for (const got of await Promise.all(slow)) {
    assert.deepEqual([got.status, got.cut, got.bytes], [200, undefined, got.length]);
  }
  const answers = await Promise.all(waiting);
  assert.deepEqual(answers.filter((a) => a.cut || ![200, 503].includes(a.status)), []);
  await push.kill();
});
