// What viewers and strangers do to the HTTP port, in numbers.
// SPDX-License-Identifier: MIT
//
// EXPECTED: who does not read, reads too slowly or writes too slowly is cut off in time, and holds
// no more than its segment until then; hostile requests are refused or closed; a herd on a room that
// is not live yet gets its first part at once; whoever waits for what cannot come gets an answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, rawRequest, sleep, until } from './lib/http.mjs';
import { parsePlaylist, reach } from './lib/hls.mjs';
import { startRelay } from './lib/relay.mjs';
import { Invariants } from '../faults/lib/invariants.mjs';
import { abuse, ended, pushLoop } from '../faults/lib/publishers.mjs';
import { LONG, Random } from '../faults/lib/random.mjs';

const MANY = ['http.max_connections=19000', 'http.max_connections_per_address=19000'];
const list = async (relay, room) => {
  const r = await get(`${relay.base}/live/${room}/video.m3u8`);
  return r.status === 200 ? parsePlaylist(r.body.toString(),
    { url: `${relay.base}/live/${room}/video.m3u8` }) : null;
};
const playing = (relay, room, n = 1) => until(`${room} to play`, 10000, async () => {
  const l = await list(relay, room);
  return l && l.segments.filter((s) => s.uri).length >= n ? l : null;
});

test('viewers that do not read, or hardly', async (t) => {
  const relay = await startRelay(t, { set: [...MANY, 'http.send_timeout_ms=2000',
    'http.idle_timeout_ms=1500', 'http.head_timeout_ms=1500'] });
  const inv = await Invariants.start(t, relay, { settleMs: 15000 });
  const push = pushLoop(t, relay, await clip('h264-4k'), { room: 'big' });
  const l = await playing(relay, 'big000', 2);
  const segment = new URL(l.segments.find((s) => s.uri).uri, `${relay.base}/live/big000/`).pathname;
  const count = LONG ? 2000 : 200;
  const none = abuse(t, relay, { mode: 'slow', count, path: segment, seconds: 5, rate: 0 });
  const some = abuse(t, relay, { mode: 'slow', count, path: segment, seconds: 5, rate: 1000 });
  const drip = abuse(t, relay, { mode: 'drip', count: LONG ? 5000 : 500, path: segment,
    seconds: 5 });
  for (const [name, kind] of Object.entries({ none, some })) {
    const r = await kind.done;
    t.diagnostic(`${name}: ${JSON.stringify(r)}`);
    assert.equal(r.refused, 0, name);
    assert.equal(r.statuses['200'] ?? 0, 0, `${name}: nobody that slow gets it all`);
  }
  const r = await drip.done;
  t.diagnostic(`drip: ${JSON.stringify(r)}`);
  assert.equal(r.left, 0, 'every head that never ends is given up');
  assert.ok(r.last_cut_us < 5e6, `after ${r.last_cut_us} us at the latest`);
  await ended(push);
  await until('all of them to be gone', 12000, async () =>
    await relay.metric(/http_connections$/) < 20);
  await inv.end();
});

// What is sent, and the statuses it may get; closing without a word is always allowed.
function hostileRequests(random) {
  const host = 'Host: x\r\n';
  const line = (l, more = host) => `${l}\r\n${more}\r\n`;
  const target = '/live/control000/video.m3u8';
  return [
    [`GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(1 << 20)}\r\n\r\n`, [400, 431]],
    [`GET / HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(100000)}\r\n`, [400, 431]],
    [line('GET / HTTP/1.1', `${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`),
      [400, 411, 501]],
    [line('GET / HTTP/1.1', `${host}Content-Length: 5\r\nContent-Length: 6\r\n`), [400]],
    [line('GET / HTTP/1.1', `${host}Content-Length: -1\r\n`), [400]],
    [line('GET / HTTP/1.1', `${host}Content-Length: 99999999999999999999\r\n`), [400, 413]],
    [line('GET /\0 HTTP/1.1'), [400]],
    [line('GET / HTTP/1.1', `${host}X: a\0b\r\n`), [400]],
    [line('GET /a\rb HTTP/1.1'), [400]],
    [line('GET / HTTP/1.1', `${host}X: a\rb\r\n`), [400]],
    [line('GET / HTTP/1.1', `${host} folded: x\r\n`), [400]],
    [line('GET /live/%2e%2e/%2e%2e%00 HTTP/1.1'), [400, 404]],
    [line('GET /../../etc/passwd HTTP/1.1'), [400, 404]],
    [line(`GET /${'a'.repeat(5000)} HTTP/1.1`), [400, 414, 431]],
    ['GET /\r\n\r\n', [400, 505]],
    [line('GET / HTTP/9.9'), [400, 505]],
    [line('BREW / HTTP/1.1'), [400, 405, 501]],
    [line('TRACE / HTTP/1.1'), [400, 405, 501]],
    [line('GET / HTTP/1.1', ''), [400]],
    [line('GET / HTTP/1.1', 'Host: x\r\nHost: y\r\n'), [400]],
    [line(`GET ${target} HTTP/1.1`, `${host}Range: bytes=99999999999999999999-\r\n`),
      [200, 206, 416]],
    [line(`GET ${target} HTTP/1.1`, `${host}Range: bytes=-0\r\n`), [200, 206, 416]],
    [line(`GET ${target} HTTP/1.1`, `${host}Range: bytes=${'0-0,'.repeat(1500)}1-1\r\n`),
      [200, 206, 416]],
    [line(`GET ${target}?_HLS_msn=-1 HTTP/1.1`), [400]],
    [line(`GET ${target}?_HLS_msn=18446744073709551616 HTTP/1.1`), [400]],
    [line(`GET ${target}?_HLS_part=3 HTTP/1.1`), [400]],
    [Buffer.concat([Buffer.from('GET / HTTP/1.1\r\n'), random.bytes(900), Buffer.from('\r\n\r\n')]),
      [400, 200]],
    [random.bytes(3000), [400]],
    [Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), [400]],
    [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), [400, 405, 501, 505]],
  ];
}

async function hostile(t, relay) {
  const random = new Random();
  for (let round = 0; round < (LONG ? 50 : 1); round++) {
    const all = hostileRequests(random);
    const got = await Promise.all(all.map(([bytes]) =>
      rawRequest(relay.httpPort, bytes, { quietMs: 1000 })));
    got.forEach((r, i) => assert.ok(r.status === 0 || all[i][1].includes(r.status),
      `request ${i} (${String(all[i][0]).slice(0, 60)}): ${r.status} ${r.how}`));
  }
  const thousand = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000);
  const piped = await rawRequest(relay.httpPort, thousand, { quietMs: 1500 });
  assert.deepEqual([piped.statuses.length, new Set(piped.statuses).size], [1000, 1],
    'a thousand pipelined requests, each answered');
}

async function herdAtTheDoor(t, relay) {
  const count = LONG ? 10000 : 1000;
  const herd = abuse(t, relay, { mode: 'retry', count, seconds: LONG ? 20 : 6,
    path: '/live/soon000/video.m3u8' });
  await until('the herd to be connected', 15000, () => /ready/.test(herd.child.out));
  await sleep(1000);
  const push = pushLoop(t, relay, await clip('small'), { room: 'soon' });
  const first = await playing(relay, 'soon000');
  const r = await herd.done;
  t.diagnostic(`herd: ${JSON.stringify(r)}`);
  assert.equal(r.statuses['200'], count, 'everybody sees the room begin');
  assert.equal(r.cut + r.refused, 0);

  // All of them wait for the same part: one rendering, all answered soon after each other.
  const at = reach(await list(relay, 'soon000') ?? first);
  const blocked = abuse(t, relay, { mode: 'herd', count, seconds: LONG ? 8 : 4,
    path: `/live/soon000/video.m3u8?_HLS_msn=${at.msn + 1}` });
  const b = await blocked.done;
  const spreadMs = (b.last_us - b.first_us) / 1000;
  t.diagnostic(`blocked: ${JSON.stringify(b)}, spread ${spreadMs} ms`);
  assert.equal(b.statuses['200'], count);
  await ended(push);
}

async function waitInVain(t, relay) {
  const push = pushLoop(t, relay, await clip('small'), { room: 'gone' });
  const l = await playing(relay, 'gone000', 2);
  const { msn } = reach(l);
  const ask = (query) => get(`${relay.base}/live/gone000/video.m3u8?${query}`,
    { timeoutMs: 15000 });
  for (const [query, status] of [[`_HLS_msn=${msn + 100}`, 400], [`_HLS_msn=${2n ** 63n}`, 400],
    ['_HLS_msn=-5', 400], ['_HLS_msn=0', 200], [`_HLS_msn=${msn - 1}&_HLS_part=0`, 200],
    [`_HLS_msn=${msn}&_HLS_part=9999`, 400]]) {
    const got = await ask(query);
    assert.equal(got.status, status, `${query}: ${got.status}`);
    assert.ok(got.ms < 1000, `${query}: at once, not after ${got.ms} ms`);
  }
  const waiting = abuse(t, relay, { mode: 'herd', count: LONG ? 5000 : 500, seconds: 9,
    path: `/live/gone000/video.m3u8?_HLS_msn=${msn + 1}` });
  await until('them to wait', 8000, () => /ready/.test(waiting.child.out));
  push.signal('SIGSTOP');
  const r = await waiting.done;
  t.diagnostic(`waiting: ${JSON.stringify(r)}`);
  const answered = Object.values(r.statuses).reduce((n, x) => n + x, 0);
  assert.equal(answered, LONG ? 5000 : 500, 'each is answered: with what there is, or 503');
  assert.equal(r.statuses['400'] ?? 0, 0);
  await ended(push);
}

test('hostile requests, herds, and waiting in vain', async (t) => {
  const relay = await startRelay(t, { set: [...MANY, 'srt.peer_idle_ms=1000',
    'http.idle_timeout_ms=60000'] });
  const inv = await Invariants.start(t, relay, { settleMs: 15000 });
  await hostile(t, relay);
  await herdAtTheDoor(t, relay);
  await waitInVain(t, relay);
  await inv.end();
});
