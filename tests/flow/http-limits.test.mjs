// Limits on connections, and viewers who do not read.
// SPDX-License-Identifier: MIT
//
// EXPECTED: past http.max_connections one more gets 503 and is closed, and when others leave
// there is room again; an idle connection is closed; a viewer who takes nothing is cut off.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, rawRequest, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { untilPlaying, watch } from './lib/situation.mjs';

const closed = (socket, limitMs) => new Promise((resolve) => {
  const began = Date.now();
  const timer = setTimeout(() => resolve(null), limitMs);
  const done = () => { clearTimeout(timer); resolve(Date.now() - began); };
  socket.on('error', done).on('close', done);
});

test('too many connections', async (t) => {
  const relay = await startRelay(t, { set: ['http.max_connections=20', 'http.threads=2'] });
  const held = Array.from({ length: 20 }, () => net.connect(relay.httpPort, '127.0.0.1')
    .on('error', () => {}));
  t.after(() => held.forEach((s) => s.destroy()));
  await sleep(500);
  const more = await rawRequest(relay.httpPort, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.ok([503, 0].includes(more.status) && more.how !== 'silent', `${more.status} ${more.how}`);
  held.forEach((s) => s.destroy());
  await until('room again', 5000, async () =>
    (await get(`${relay.base}/healthz`).catch(() => null))?.status === 200);
});

test('idle and unread connections', async (t) => {
  const relay = await startRelay(t, { set: ['http.idle_timeout_ms=1000',
    'http.send_timeout_ms=1500', 'http.min_rate_bytes=10000000'] });
  const source = await clip('h264-4k');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: source });
  await untilPlaying(follower, 1);
  const [segment] = follower.renditions.get('video').ordered();
  const idle = net.connect(relay.httpPort, '127.0.0.1');
  idle.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  idle.on('data', () => {});
  const deaf = net.connect(relay.httpPort, '127.0.0.1');
  deaf.write(`GET ${new URL(segment.url).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
  deaf.pause();
  const before = await relay.metric(/timeout/);
  assert.ok(await closed(idle, 6000) !== null, 'the idle one was closed');
  // A paused socket does not see the close; the relay's own count does.
  await until('the deaf viewer to be cut off', 8000, async () =>
    await relay.metric(/timeout/) > before);
  deaf.destroy();
  await follower.stop();
  await push.kill();
});
