// A worker, and the front, are made to do what they have no business to do.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the log says at the start what is in force; the process is ended before the call is
// done and one line of the supervisor names the call; the relay goes on with a new one within a
// second; with isolation.sandbox=false the log says so loudly, and the call goes through.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { get, sleep, until } from './lib/http.mjs';
import { startSabotaged } from './lib/saboteur.mjs';

const DENIED = { o: 'openat', s: 'socket', e: 'execve', x: 'mmap' };
const serves = (relay) => get(`${relay.base}/readyz`).then((r) => r.status === 200, () => false);

test('a worker breaks out', async (t) => {
  const kinds = Object.entries(DENIED);
  const { relay, order } = await startSabotaged(t, { set: ['srt.workers=1'],
    restarts: kinds.length, errors: [/ended by the sandbox/, /crash_loop/] });
  await until('worker, front and picture helper to say what is in force', 20000,
    () => relay.lines(/ sandbox seccomp=\d+_calls .*capabilities=none/).length === 3);
  for (const [what, call] of kinds) {
    const [before] = relay.workers();
    order(what);
    await until(`the line about ${call}`, 3000, () => relay.lines(new RegExp(
      `worker 0 was ended by the sandbox: system call \\d+ \\(${call}\\)`)).length === 1, 10);
    await until('a new worker', 3000, () => relay.workers().some((w) => w.pid !== before.pid));
    await until('/readyz', 3000, () => serves(relay));
  }
});

test('the front breaks out', async (t) => {
  const { relay, order } = await startSabotaged(t, { set: ['srt.workers=1'],
    errors: [/front was ended by the sandbox/, /front_died/] });
  order('O');
  await get(`${relay.base}/metrics`).catch(() => null);
  await until('the line', 3000, () => relay.lines(
    /front was ended by the sandbox: system call \d+ \(openat\)/).length === 1);
  await until('/readyz', 5000, () => serves(relay));
  const scoreOf = (pid) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1'));
  const above = (pattern) => scoreOf(relay.processes().find((p) => pattern.test(p.name)).pid)
    - scoreOf(relay.child.pid);
  assert.deepEqual([above(/^roomcast-front/), above(/^roomcast-w/)], [300, 200],
    'when memory runs out, whoever can be brought back goes first');
});

test('without the sandbox', async (t) => {
  const { relay, order } = await startSabotaged(t, { set: ['srt.workers=1',
    'isolation.sandbox=false'] });
  await until('all three to say so', 20000, () => relay.lines(/ WARN .*sandbox=OFF/).length === 3);
  const [before] = relay.workers();
  order('o');
  await sleep(1000);
  assert.deepEqual(relay.workers(), [before], 'nothing happened to it');
});
