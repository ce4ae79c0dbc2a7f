// nginx and Varnish in front of a room that only signed links open, as they ship.
// SPDX-License-Identifier: MIT
//
// EXPECTED: twenty viewers, each with a link of its own, cost the relay one copy of what they all
// fetch, and one question each; who has no good link gets nothing, though the cache has it all, and
// a link that is bound to another address is none however it is written.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { answered, keepsToItself, startCache } from './lib/cache.mjs';
import { ROOT, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { get, rawRequest, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';

const VIEWERS = 20;
const KEYS = `rooms.sign_keys=a=${'a'.repeat(40)}`;

async function sign(room, more = []) {
  const said = await run(path.join(ROOT, 'build', 'roomcast'),
    ['sign', '--set', KEYS, '--set', 'rooms.access=signed', '--room', room, '--expires', '1h', ...more]);
  assert.equal(said.code, 0, said.log);
  return said.out.split('\n')[0];
}

async function proves(t, relay, name) {
  const cache = await startCache(t, name, relay, { token: await sign('*') });
  const fetch = (token, file, from = cache) =>
    get(`${from.base}/live/${token ? `~${token}/` : ''}stage/${file}`);
  const mine = await sign('stage');
  const list = parsePlaylist((await fetch(mine, 'video.m3u8')).body.toString());
  const uri = list.segments.at(-1).uri;
  const own = await fetch(mine, uri, relay);
  const tokens = [];
  // An hour and some seconds: no two links are alike.
  for (let i = 0; i < VIEWERS; i++) tokens.push(await sign('st*', ['--expires', `${3700 + i}s`]));
  await answered(relay);
  const before = await answered(relay);
  for (const token of tokens) {
    const r = await fetch(token, uri);
    assert.equal(r.status, 200, `${r.status} ${r.body.subarray(0, 100)}`);
    assert.ok(r.body.equals(own.body), 'the relay\'s bytes');
    assert.equal((await fetch(token, uri)).status, 200);
  }
  const cost = await answered(relay) - before;
  assert.ok(cost <= VIEWERS + 2, `${name}: ${cost} requests for ${VIEWERS} viewers`);

  // A reload that waits, through the cache.
  const { open } = list;
  const next = `video.m3u8?_HLS_msn=${list.mediaSequence + list.segments.length}`;
  const blocked = await Promise.all(tokens.slice(0, 4).map((token) => fetch(token, next)));
  for (const r of blocked) assert.equal(r.status, 200, `${open}: ${r.body}`);

  const short = await sign('stage', ['--expires', '2s']);
  assert.equal((await fetch(short, uri)).status, 200);
  // A cache may ask its question again a second later only.
  await until(`${name}: the link to expire`, 10000, async () =>
    (await fetch(short, uri)).status === 403, 500);
  const bad = { none: '', expired: short, other: await sign('other'), forged: `${mine.slice(0, -2)}xx`,
    elsewhere: await sign('stage', ['--address', '192.0.2.0/24']) };
  for (const [why, token] of Object.entries(bad)) {
    const r = await fetch(token, uri);
    assert.equal(r.status, 403, `${name}, ${why}: ${r.status}`);
    assert.equal(r.headers['access-control-allow-origin'], '*', why);
    assert.match(r.headers['cache-control'], /no-store/, why);
  }
  assert.equal((await fetch(await sign('stage', ['--address', '127.0.0.0/8']), uri)).status, 200);
  const bound = bad.elsewhere;
  for (const way of [`/live/stage/${uri}?token=${mine}`, `/live/stage/${uri}?token=${bound}`,
    `/live/stage/${uri}?TOKEN=&token=${bound}`, `/live/~${bound.replace('~', '%7e')}/stage/${uri}`,
    `/live/%7e${bound}/stage/${uri}`, `/live/~${bound}/stage//${uri}?`, `//live/~${bound}/stage/${uri}`,
    `http://x/live/~${bound}/stage/${uri}`, `https://x/live/~${bound}/stage/${uri}`,
    `/live/~${bound}/stage/!/../${uri}`, `/live/~${bound}/stage/access?address=192.0.2.1`]) {
    const r = await rawRequest(cache.port, `GET ${way} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.ok([400, 403, 404].includes(r.status), `${name}, ${way}: ${r.status}`);
  }
  await keepsToItself(cache);
}

// What nginx writes down of a relay that is gone names nobody's link.
async function writesNoTokens(t, relay) {
  const own = await sign('*');
  const viewer = await sign('stage');
  const cache = await startCache(t, 'nginx', relay, { token: own });
  relay.child.signal('SIGTERM');
  await relay.child.wait(15000);
  for (const token of [own, viewer])
    assert.ok((await get(`${cache.base}/live/~${token}/stage/index.m3u8`)).status >= 500);
  assert.ok((await get(`${cache.base}/watch/~${viewer}/stage`)).status >= 500);
  const log = readFileSync(path.join(cache.dir, 'error.log'), 'utf8');
  for (const token of [own, viewer]) assert.ok(!log.includes(token), log);
}

test('signed links through caches', { timeout: 90000 }, async (t) => {
  const relay = await startRelay(t, { set: [KEYS, 'rooms.access=signed', 'hls.window=60s'] });
  const push = pushFfmpeg(t, relay, { room: 'stage', clip: await clip('small'), loop: 20 });
  const mine = await sign('stage');
  await until('three segments', 30000, async () => {
    const r = await get(`${relay.base}/live/~${mine}/stage/video.m3u8`);
    return r.status === 200 && parsePlaylist(r.body.toString()).segments.length >= 3;
  });
  await t.test('nginx', (s) => proves(s, relay, 'nginx'));
  await t.test('varnish', (s) => proves(s, relay, 'varnish'));
  push.kill();
  await t.test('nginx logs no tokens', (s) => writesNoTokens(s, relay));
});
