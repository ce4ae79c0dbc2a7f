// A thousand viewers through ten upgrades, and programs of other versions. runs alone
// SPDX-License-Identifier: MIT
//
// EXPECTED: as tests/flow/upgrade.test.mjs. A program that speaks another link gets new workers:
// publishers connect again, viewers see one break. One with another handover begins lists anew, with
// numbers that go on and publishers that stay. node --test tests/faults/upgrade.test.mjs
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, run } from '../flow/lib/child.mjs';
import { clip } from '../flow/lib/clips.mjs';
import { get, sleep, until } from '../flow/lib/http.mjs';
import { pushFfmpeg } from '../flow/lib/push.mjs';
import { scratch, startRelay } from '../flow/lib/relay.mjs';
import { endedWell, untilPlaying, watch } from '../flow/lib/situation.mjs';
import { startSwarm } from '../flow/lib/swarm.mjs';
import { exchange, exchangeable, fronts, upgrade } from '../flow/lib/upgrade.mjs';

const VIEWERS = Number(process.env.UPGRADE_VIEWERS ?? 1000);
const UPGRADES = Number(process.env.UPGRADES ?? 10);

test(`${UPGRADES} upgrades under ${VIEWERS} viewers`, { timeout: 300000 }, async (t) => {
  const relay = await startRelay(t, { set: ['http.max_connections_per_address=5000'] });
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: await clip('small'), loop: 100 });
  await untilPlaying(follower, 2);
  const swarms = [{ hints: true }, { switchParts: 5 }].map((more) => startSwarm(t, relay,
    { room: 'main', viewers: VIEWERS / 2, seconds: 10 + UPGRADES * 4, ...more }));
  await sleep(5000);
  for (let i = 0; i < UPGRADES; i++) {
    t.diagnostic(`upgrade ${i + 1}: ${await upgrade(relay)} ms`);
    await until('the old front to go', 15000, () => fronts(relay).length === 1);
    await sleep(Math.random() * 3000);
  }
  for (const swarm of swarms) {
    const c = await swarm.counts();
    t.diagnostic(JSON.stringify(c));
    assert.deepEqual({ errors: c.errors, older: c.older, unsatisfied: c.unsatisfied,
      missed: c.missed, differing: c.differing, joins: c.joins },
    { errors: 0, older: 0, unsatisfied: 0, missed: 0, differing: 0, joins: VIEWERS / 2 },
    swarm.log);
  }
  assert.equal(push.status, null, 'the publisher is still connected');
  follower.left();
  const findings = await follower.stop();
  assert.deepEqual(findings.list.map((f) => `rule ${f.rule}: ${f.text}`), []);
  assert.deepEqual(follower.errors, []);
  await push.kill();
});

// The program with another meaning of `name` in its source.
async function variant(t, source, name) {
  const dir = scratch(t);
  const file = path.join(dir, 'variant.c');
  writeFileSync(file, readFileSync(path.join(ROOT, source), 'utf8')
    .replace(new RegExp(`${name} = 1`), `${name} = 77`));
  const packages = ['libavformat', 'libavcodec', 'libavutil', 'libevent_core',
    'libevent_pthreads', 'libcyaml', 'libseccomp', 'zlib'];
  const libs = await run('pkg-config', ['--cflags', '--libs', ...packages]);
  const out = path.join(dir, 'roomcast');
  const made = await run('gcc', ['-O1', '-std=c11', '-D_GNU_SOURCE', '-I.', '-o', out, file,
    'build/relay/main.o', 'build/libroomcast.a', ...libs.out.trim().split(/\s+/),
    '-l:libsrt-gnutls.so.1.5', '-lm', '-pthread', '-Wl,--allow-multiple-definition'],
  { cwd: ROOT, limitMs: 60000 });
  assert.equal(made.code, 0, made.log);
  return readFileSync(out);
}

test('a program with another link', { timeout: 120000,
  skip: process.env.ROOMCAST ? 'the variant is not built like this program' : false }, async (t) => {
  const relay = await exchangeable(t);
  const small = await clip('small');
  const follower = watch(t, relay, 'main');
  const first = pushFfmpeg(t, relay, { room: 'main', clip: small, loop: 5 });
  await untilPlaying(follower, 2);
  const workers = relay.workers().map((p) => p.pid);
  exchange(relay, await variant(t, 'relay/link/link.c', 'LINK_MEANING'));
  await upgrade(relay);
  assert.match(relay.log, /other_link what="the workers are replaced/);
  await until('new workers', 5000, async () => relay.workers().length === 2
    && relay.workers().every((p) => !workers.includes(p.pid))
    && (await get(`${relay.base}/readyz`)).status === 200);
  await first.wait(20000);
  await endedWell(pushFfmpeg(t, relay, { room: 'main', clip: small }), small);
  follower.left();
  await sleep(1000);
  const findings = await follower.stop();
  assert.deepEqual(findings.list.filter((f) => f.rule !== 27).map((f) => f.text), []);
  for (const r of follower.renditions.values()) {
    const msns = [...r.segments.keys()].sort((a, b) => a - b);
    assert.equal(msns.at(-1) - msns[0], msns.length - 1, 'the list goes on');
    assert.equal(r.ordered().filter((s) => s.discontinuity).length, 1, `breaks in ${r.name}`);
  }
});

test('a program with another handover', { timeout: 120000,
  skip: process.env.ROOMCAST ? 'the variant is not built like this program' : false }, async (t) => {
  const relay = await exchangeable(t);
  const small = await clip('small');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: small, loop: 5 });
  await untilPlaying(follower, 2);
  const list = async () => (await get(`${relay.base}/live/main/video.m3u8`)).body.toString();
  const number = (text, name) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1]);
  const before = await list();
  follower.running = false;
  exchange(relay, await variant(t, 'relay/room/handover.c', 'HANDOVER_MEANING'));
  await upgrade(relay);
  assert.match(relay.log, /other_handover what="rooms begin anew/);
  const after = await until('the room to play', 10000, async () => {
    const text = await list();
    return /EXTINF/.test(text) && text;
  });
  assert.equal(push.status, null, 'the publisher is still connected');
  for (const name of ['MEDIA-SEQUENCE', 'DISCONTINUITY-SEQUENCE']) {
    assert.ok(number(after, name) > number(before, name), name);
  }
  assert.equal(number(after, 'TARGETDURATION'), number(before, 'TARGETDURATION'));
  await push.kill();
});
