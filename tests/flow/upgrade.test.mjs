// The relay is upgraded in the middle of everything, runs alone: three times under 200 viewers.
// SPDX-License-Identifier: MIT
//
// EXPECTED: publishers and viewers notice nothing: no connection of theirs is refused or closed, no
// body cut off, no request without its answer, nothing lost and no number, date or break in the
// lists; the process keeps its id. A program that cannot take over changes nothing, and the log
// says why. Long, and programs of other versions: tests/faults/upgrade.test.mjs.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { test } from 'node:test';
import { run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { BINARY, scratch, startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';
import { startSwarm } from './lib/swarm.mjs';
import { exchange, exchangeable, fronts, upgrade } from './lib/upgrade.mjs';

const VIEWERS = Number(process.env.UPGRADE_VIEWERS ?? 200);

// A viewer that takes its time over a body: it is under way while the relay is exchanged.
function readSlowly(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (d) => {
        bytes += d.length;
        response.pause();
        setTimeout(() => response.resume(), 20);
      });
      response.on('end', () => resolve({ bytes, complete: response.complete,
        length: Number(response.headers['content-length']) }));
      response.on('error', reject);
    }).on('error', reject);
  });
}

test('upgrades under load', { timeout: 200000 }, async (t) => {
  const relay = await startRelay(t, { set: ['http.max_connections_per_address=5000'] });
  const [long, big] = [await clip('long'), await clip('h264-4k')];
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: long });
  const bigPush = pushFfmpeg(t, relay, { room: 'big', clip: big, loop: 10 });
  const others = watch(t, relay, 'big');
  await Promise.all([untilPlaying(follower, 2), untilPlaying(others, 1)]);
  const swarms = [{ hints: true }, { switchParts: 5 }].map((more) => startSwarm(t, relay,
    { room: 'main', viewers: VIEWERS / 2, seconds: 15, ...more }));
  await sleep(3000);
  for (let i = 0; i < 3; i++) {
    const segment = [...others.renditions.get('video').ordered()].at(-1);
    const slow = Promise.all(Array.from({ length: 10 },
      () => readSlowly(new URL(segment.uri, `${relay.base}/live/big/`).href)));
    await sleep(200 + Math.random() * 1500);
    t.diagnostic(`upgrade ${i + 1}: ${await upgrade(relay)} ms`);
    for (const s of await slow) {
      assert.ok(s.complete && s.bytes === s.length, `a body: ${JSON.stringify(s)}`);
    }
    await until('the old front to go', 15000, () => fronts(relay).length === 1);
  }
  assert.equal(bigPush.status, null, 'the publisher is still connected');
  for (const swarm of swarms) {
    const c = await swarm.counts();
    t.diagnostic(JSON.stringify(c));
    assert.deepEqual({ errors: c.errors, older: c.older, unsatisfied: c.unsatisfied,
      missed: c.missed, differing: c.differing, hints_gone: c.hints_gone, joins: c.joins },
    { errors: 0, older: 0, unsatisfied: 0, missed: 0, differing: 0, hints_gone: 0,
      joins: VIEWERS / 2 }, swarm.log);
    assert.ok(c.parts > VIEWERS / 2 * 10, `parts: ${c.parts}`);
  }
  await endedWell(push, long);
  await assertClean(follower, [long.sent]);
  for (const r of follower.renditions.values()) {
    assert.equal(r.ordered().filter((s) => s.discontinuity).length, 0, `breaks in ${r.name}`);
  }
});

test('who lives on and who follows is watched, and shut in', { timeout: 60000 }, async (t) => {
  const relay = await startRelay(t, { restarts: null, state: scratch(t),
    set: ['srt.workers=2', 'isolation.stuck_ms=1500'],
    errors: [/ stuck (front|worker=\d) /, /front_died/] });
  const push = pushFfmpeg(t, relay, { room: 'main', clip: await clip('small'), loop: 9 });
  const keeper = async () => JSON.parse((await get(`${relay.base}/api/v1/rooms/main`)).body)
    .feed.worker;
  const kept = await until('the feed', 8000,
    () => keeper().then((n) => `roomcast-w${n}`, () => undefined));
  const old = relay.workers().find((w) => w.name.startsWith(kept));
  relay.child.signal('SIGUSR2');
  relay.child.signal('SIGUSR2'); // one is enough
  await until('the old front to go', 15000,
    () => /upgraded program/.test(relay.log) && fronts(relay).length === 1);
  await sleep(2500); // more than stuck_ms
  assert.deepEqual(relay.lines(/ stuck |sandbox: system call|predecessor_died/), []);
  for (const { pid } of relay.processes()) {
    assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /Seccomp:\t2/, `process ${pid}`);
  }
  for (const [victim, name] of [[old, 'worker='], [fronts(relay)[0], 'front']]) {
    process.kill(victim.pid, 'SIGSTOP');
    await until(`${name} to be missed`, 5000,
      () => relay.lines(new RegExp(`stuck ${name}.* ?pid=${victim.pid} .*killing=yes`))[0]);
    await until('another one', 5000, async () => (await get(`${relay.base}/readyz`)
      .catch(() => null))?.status === 200 && !relay.processes().some((p) => p.pid === victim.pid));
  }
  await push.kill();
});

test('programs that cannot take over', { timeout: 120000 }, async (t) => {
  const relay = await exchangeable(t, { config: 'rooms:\n  resume_s: 60\n' });
  const { configFile } = relay.options;
  const small = await clip('small');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: small, loop: 9 });
  await untilPlaying(follower, 1);
  const before = relay.processes().map((p) => p.pid);
  const refused = async (what, why) => {
    const from = relay.log.length;
    relay.child.signal('SIGUSR2');
    await until(`the log to say why: ${what}`, 8000, () => why.test(relay.log.slice(from)));
    await until('the other program to be gone', 5000,
      () => relay.processes().length === before.length);
    assert.deepEqual(relay.processes().map((p) => p.pid), before, what);
  };
  const text = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, 'srt:\n  workers: lots\n');
  await refused('a bad configuration', /roomcast\.conf:2[^]*ended before it took over: exit 2/);
  writeFileSync(configFile, text);
  exchange(relay, '#!/bin/sh\nexit 3\n');
  await refused('a program that ends', /ended before it took over: exit 3/);
  exchange(relay, '#!/bin/sh\necho hello >&2\nexec sleep 0.3\n');
  await refused('another program', /ended before it took over: exit 0/);
  rmSync(relay.binary);
  await refused('no program', /No such file[^]*ended before it took over: exit 1/);
  const asked = await run(BINARY, ['--upgrade', `${process.pid}`]);
  assert.equal(asked.code, 1);
  assert.match(asked.log, /no relay/);
  const { list } = follower.renditions.get('video');
  const end = list.mediaSequence + list.segments.length;
  await until('the room to go on', 10000, () => {
    const now = follower.renditions.get('video').list;
    return now.mediaSequence + now.segments.length > end;
  });
  assert.equal(push.status, null, 'the publisher is still connected');
  await push.kill();
});
