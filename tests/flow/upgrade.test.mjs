// The relay is upgraded in the middle of everything, runs alone: three times under 200 viewers.
// SPDX-License-Identifier: MIT
//
// EXPECTED: publishers and viewers notice nothing: no connection of theirs is refused or closed, no
// body cut off, no request without its answer, nothing lost and no number, date or break in the
// lists; the process keeps its id. A program that cannot take over changes nothing, and the log
// says why. One that speaks another link gets new workers: publishers connect again, one break.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { BINARY, scratch, startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';
import { startSwarm } from './lib/swarm.mjs';

const VIEWERS = Number(process.env.UPGRADE_VIEWERS ?? 200);
const front = (relay) => relay.processes().filter((p) => /^roomcast-front/.test(p.name));

async function upgrade(relay) {
  const was = front(relay)[0].pid;
  const began = Date.now();
  const asked = await run(relay.options.binary ?? BINARY, ['--upgrade', `${relay.pid}`]);
  assert.equal(asked.code, 0, `${asked.log}\n${relay.log.slice(-2000)}`);
  assert.ok(relay.processes().some((p) => p.pid !== was && /roomcast-front/.test(p.name)));
  return Date.now() - began;
}

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
    await until('the old front to go', 15000, () => front(relay).length === 1);
  }
  assert.equal(push.status, null, 'the publisher is still connected');
  assert.equal(bigPush.status, null, 'so is the other one');
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

// A relay whose program is a copy that can be exchanged.
async function exchangeable(t, options = {}) {
  const binary = path.join(scratch(t), 'roomcast');
  copyFileSync(BINARY, binary);
  return startRelay(t, { ...options, binary, errors: [/upgrade/, ...(options.errors ?? [])] });
}

function exchange(binary, bytes) {
  writeFileSync(`${binary}.new`, bytes);
  chmodSync(`${binary}.new`, 0o755);
  renameSync(`${binary}.new`, binary);
}

test('programs that cannot take over', { timeout: 120000 }, async (t) => {
  const relay = await exchangeable(t, { config: 'rooms:\n  resume_s: 60\n' });
  const { binary, configFile } = relay.options;
  const small = await clip('small');
  const follower = watch(t, relay, 'main');
  const push = pushFfmpeg(t, relay, { room: 'main', clip: small, loop: 1 });
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
  exchange(binary, '#!/bin/sh\nexit 3\n');
  await refused('a program that ends', /ended before it took over: exit 3/);
  exchange(binary, '#!/bin/sh\necho hello >&2\nexec sleep 0.3\n');
  await refused('another program', /ended before it took over: exit 0/);
  rmSync(binary);
  await refused('no program', /No such file[^]*ended before it took over: exit 1/);
  const asked = await run(BINARY, ['--upgrade', `${process.pid}`]);
  assert.equal(asked.code, 1);
  assert.match(asked.log, /no relay/);
  await push.wait(60000);
  await assertClean(follower, [small.sent, small.sent].slice(0, 1), { except: [27] }).catch((e) => {
    if (!/the ledger/.test(e.message)) throw e; // the clip came twice through one connection
  });
});

// The program with another meaning of `name` in its source.
async function variant(t, source, name) {
  const dir = scratch(t);
  const file = path.join(dir, 'variant.c');
  writeFileSync(file, readFileSync(path.join(ROOT, source), 'utf8')
    .replace(new RegExp(`${name} = 1`), `${name} = 77`));
  const packages = ['libavformat', 'libavcodec', 'libavutil', 'libevent_core',
    'libevent_pthreads', 'libcyaml', 'zlib'];
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
  exchange(relay.options.binary, await variant(t, 'relay/link/link.c', 'LINK_MEANING'));
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
  exchange(relay.options.binary, await variant(t, 'relay/room/handover.c', 'HANDOVER_MEANING'));
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
