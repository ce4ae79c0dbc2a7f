// As a service: what a manager hears, and sockets that it has opened.
// SPDX-License-Identifier: MIT
//
// EXPECTED: READY=1 when everything serves, RELOADING=1 and READY=1 around a reload and an upgrade,
// WATCHDOG=1 only while the front's loop comes round, STOPPING=1 at the end; passed sockets are used
// and what cannot be used stops the start in words; nobody but the supervisor finds the manager's
// variables in its environment. tests/flow/lib/manager.py plays systemd.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Child, ROOT, freePort, run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { BINARY, scratch, startRelay } from './lib/relay.mjs';
import { callSrt } from './lib/srt.mjs';
import { fronts } from './lib/upgrade.mjs';

const MANAGER = path.join(ROOT, 'tests/flow/lib/manager.py');

// Everything that was said to it. → {name, said(pattern): messages, clear()}
async function manager(t, name) {
  const child = new Child(MANAGER, ['listen', name]);
  t.after(() => child.signal('SIGKILL'));
  const all = () => child.out.split('\n').filter(Boolean).map((l) => JSON.parse(l));
  await until('the manager to listen', 10000, () => child.out);
  let from = 1;
  return { name, said: (pattern) => all().slice(from).filter((m) => pattern.test(m)),
    all: () => all().slice(from), clear() { from = all().length; } };
}

// A relay started by the manager, as tests/flow/lib/relay.mjs does. listen: see manager.py.
const managed = (t, listen, { env, ...options } = {}) => startRelay(t, { ...options,
  binary: MANAGER, env: { FAKE_LISTEN: listen, FAKE_PROGRAM: BINARY, ...env } });

const variables = (pid) => readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  .map((v) => v.split('=')[0]).filter((v) => /^(NOTIFY|WATCHDOG|LISTEN)_/.test(v)).sort();

const live = (relay, count) => until(`${count} live rooms`, 30000,
  async () => await relay.metric(/^roomcast_rooms\{state="live"/) === count);

test('ready, watched, reloaded, upgraded, stopped', async (t) => {
  const heard = await manager(t, `@roomcast-test-${process.pid}`);
  const relay = await managed(t, 'srt srt http', { set: ['srt.workers=2', 'http.threads=2',
    'isolation.stuck_ms=60000'], config: 'rooms:\n  open: true\n', errors: [/reload/, /:2/],
  env: { NOTIFY_SOCKET: heard.name, WATCHDOG_USEC: '1000000' } });
  await until('READY=1', 10000, () => heard.said(/^READY=1$/m).length === 1);
  assert.equal(heard.said(/MAINPID/)[0].match(/MAINPID=(\d+)/)[1], `${relay.pid}`);
  assert.match(heard.all()[0], /^STATUS=The front is starting$/);
  await until('it to say what it serves', 5000, () => heard.said(
    new RegExp(`STATUS=Serving: SRT on ${relay.srtPort} by 2 workers, HTTP on ${relay.httpPort}$`)).length);
  assert.equal(relay.lines(/socket_passed/).length, 3);
  assert.equal(relay.lines(/workers=2 http/).length, 1);
  for (const room of ['a', 'b', 'c', 'd']) pushFfmpeg(t, relay, { room, clip: await clip('long') });
  await live(relay, 4);

  await until('signs of life', 10000, () => heard.said(/^WATCHDOG=1$/).length > 2);
  const front = fronts(relay)[0].pid;
  process.kill(front, 'SIGSTOP');
  let last = heard.all().length;
  let since = Date.now();
  await until('no sign of life for three periods', 30000, () => {
    if (heard.all().length > last) { last = heard.all().length; since = Date.now(); }
    return Date.now() - since > 3000;
  });
  process.kill(front, 'SIGCONT');
  await until('signs of life again', 10000, () => heard.all().length > last);

  heard.clear();
  relay.child.signal('SIGHUP');
  await until('a reload', 10000, () => heard.said(/^RELOADING=1\nMONOTONIC_USEC=\d{6,}\n/).length
    && heard.said(/^READY=1$/m).length);
  const [reloading, ready] = ['RELOADING', 'READY'].map((w) => heard.all().findIndex((m) => m.startsWith(w)));
  assert.ok(reloading < ready, heard.all().join('\n'));

  heard.clear();
  relay.child.signal('SIGUSR2');
  await until('another front', 30000, () => fronts(relay).some((p) => p.pid !== front));
  await until('ready again', 30000, () => heard.said(/^RELOADING=1$/m).length
    && heard.said(/^READY=1$/m).length);
  assert.match(heard.said(/^READY/)[0], new RegExp(`^MAINPID=${relay.pid}$`, 'm'));
  assert.deepEqual(variables(relay.pid), ['NOTIFY_SOCKET', 'WATCHDOG_PID', 'WATCHDOG_USEC']);
  const heir = await until('the former front to be gone', 30000, () => {
    const f = fronts(relay);
    return f.length === 1 && f[0].pid !== front && f[0];
  });
  assert.deepEqual(variables(heir.pid), []);
  heard.clear();
  await until('signs of life of the new program', 10000, () => heard.said(/^WATCHDOG=1$/).length > 2);
  assert.equal(await relay.metric(/^roomcast_rooms\{state="live"/), 4, 'rooms went over');

  await relay.stop();
  assert.equal(heard.said(/^STOPPING=1\nSTATUS=Stopping/).length, 1);
});

test('one socket of each kind, for one worker and two threads', async (t) => {
  const heard = await manager(t, path.join(scratch(t), 'notify'));
  const relay = await managed(t, '-srt=srt -http=http', { set: ['srt.workers=2', 'http.threads=2'],
    env: { NOTIFY_SOCKET: heard.name, WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' } });
  assert.match(relay.lines(/workers=1/)[0], /workers=1 wanted=2 why=.*ListenDatagram= once for each worker/);
  assert.equal(relay.workers().length, 1);
  for (const room of ['a', 'b']) pushFfmpeg(t, relay, { room, clip: await clip('small') });
  await live(relay, 2);
  const answers = await Promise.all(Array.from({ length: 60 }, () => get(`${relay.base}/healthz`)));
  assert.ok(answers.every((a) => a.status === 200));
  await until('READY=1', 10000, () => heard.said(/^READY=1$/m).length);

  // A front that is replaced is told in words; ready is said once.
  process.kill(fronts(relay)[0].pid, 'SIGKILL');
  relay.options.errors = [/front_died/];
  await until('a word about the front', 20000, () => heard.said(/The front is being restarted/).length);
  await relay.ready();
  await until('a word about its end', 20000, () => /^STATUS=Serving/.test(heard.all().at(-1)));
  assert.equal(heard.said(/^READY=1$/m).length, 1);
  assert.equal(heard.said(/WATCHDOG/).length, 0, 'another process is watched');
});

test('another one that joins, and what is not for us', async (t) => {
  const joined = await managed(t, 'srt http', { set: ['srt.workers=2', 'http.threads=3'] });
  assert.equal(joined.workers().length, 2, 'the same user may join a passed socket');
  const busy = async () => new Set([...await joined.metrics()].filter(([name, value]) => value > 0
    && name.startsWith('roomcast_worker_accepted_total')).map(([name]) => name)).size;
  for (let i = 0; await busy() < 2; i++) {
    assert.ok(i < 40, 'both workers get publishers');
    await callSrt(joined.srtPort, `room-${i}`);
  }
  await joined.stop();
  const own = new Child(MANAGER, ['--set', 'srt.listen=127.0.0.1:0', '--set',
    'http.listen=127.0.0.1:0'], { env: { FAKE_PROGRAM: BINARY, FAKE_LISTEN: 'srt http', LISTEN_PID: '1' } });
  t.after(() => own.signal('SIGKILL'));
  await own.waitForLog(/listening srt=/, 15000);
  assert.doesNotMatch(own.log, /socket_passed/);
  own.signal('SIGTERM');
  assert.equal((await own.wait(15000)).code, 0);
});

test('what cannot be used is refused in words', async (t) => {
  const [srt, http, other] = [await freePort(), await freePort(), await freePort()];
  const start = (listen, set) => run(MANAGER, ['--set',
    `srt.listen=127.0.0.1:${srt}`, '--set', `http.listen=127.0.0.1:${http}`, '--set', 'state.dir=none',
    ...set.flatMap((s) => ['--set', s])],
  { env: { FAKE_PROGRAM: BINARY, FAKE_LISTEN: listen } });
  const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('~', '.*');
  const refusals = [
    ['http=srt', [], `is="TCP 127.0.0.1:${http}"~it is called srt, but srt.listen is`],
    ['srt deaf', [], 'passed=4~why="it does not listen'],
    ['srt closed', [], 'passed=4~why="it is no open socket"'],
    ['https', [`https.listen=127.0.0.1:${other}`, 'https.listen='],
      `TCP 127.0.0.1:${other}" why="no address of roomcast.conf: srt.listen is`],
  ];
  for (const [listen, set, words] of refusals) {
    const got = await start(listen, set);
    assert.equal(got.code, 1, `${listen}: ${got.log}`);
    assert.match(got.log, new RegExp(quoted(words)), listen);
  }
  // The number alone: LISTEN_PID has to be the relay's own, so a shell gives it.
  const junk = await run('sh', ['-c', `LISTEN_PID=$$ LISTEN_FDS=many exec ${BINARY} --set srt.listen=127.0.0.1:${srt}`]);
  assert.equal(junk.code, 1);
  assert.match(junk.log, /cannot_listen LISTEN_FDS="many" why="not a number from 0 to 64"/);
});

test('the units are what systemd reads', async (t) => {
  const unit = path.join(ROOT, 'config/roomcast.service');
  const judged = await run('systemd-analyze', ['security', '--offline=true', '--threshold=25', unit]);
  assert.equal(judged.code, 0, `${judged.out}${judged.log}`);
  t.diagnostic(judged.out.trim().split('\n').at(-1));
});
