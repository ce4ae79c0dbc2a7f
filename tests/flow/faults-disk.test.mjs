// The disk under state.dir: full, stalled, with I/O errors, read-only, its file taken away.
// SPDX-License-Identifier: MIT
//
// There is no recorder: the one thing that is written is the journal of rooms' numbers.
// EXPECTED: nobody waits for it: no access unit is lost, the room beside it notices nothing; the log
// says what is wrong and when it is over; numbers never go back, whatever the disk did.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './lib/child.mjs';
import { clip } from './lib/clips.mjs';
import { post } from './lib/console.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { goneBack, readNumbers } from './lib/numbers.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { BINARY, scratch, startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';
import { CALL, ERROR, Failing } from '../faults/lib/failing.mjs';
import { Invariants } from '../faults/lib/invariants.mjs';
import { ended, pushLoop } from '../faults/lib/publishers.mjs';
import { LONG } from '../faults/lib/random.mjs';

const ERRORS = [/not_kept/];

// A disk of that size in memory. → {dir, again(options)}, or why there is none
async function disk(t, size) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'roomcast-disk-'));
  t.after(async () => {
    await run('umount', ['-l', dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  const r = await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', dir]);
  if (r.code !== 0) return `nothing can be mounted here: ${r.log.trim()}`;
  return { dir, async again(options) {
    const m = await run('mount', ['-o', `remount,${options}`, dir]);
    assert.equal(m.code, 0, m.log);
  } };
}

const pidOf = (relay, name) => relay.processes().find((p) => p.name.startsWith(name)).pid;
const said = (relay, pattern, ms = 8000) => until(`${pattern} in the log`, ms,
  () => relay.lines(pattern)[0]);

async function numbersOf(relay, room) {
  const r = await get(`${relay.base}/live/${room}/video.m3u8`).catch(() => ({ status: 0 }));
  return r.status === 200 ? readNumbers(r.body.toString()) : null;
}

// A publisher comes until the room has listed a segment. → its numbers
async function shown(t, relay, source) {
  const push = pushLoop(t, relay, source, { room: 'disk' });
  const numbers = await until('the room to play', 15000, () => numbersOf(relay, 'disk000'));
  await ended(push);
  return numbers;
}

// All processes die, the disk changes, and they start again.
async function killed(relay, change) {
  await relay.killWhole();
  await change();
  await relay.startAgain();
}

test('a sick disk', async (t) => {
  const small = await disk(t, '256k');
  if (typeof small === 'string') { t.skip(small); return; }
  const failing = new Failing(t);
  const filler = path.join(small.dir, 'filler');
  assert.throws(() => writeFileSync(filler, Buffer.alloc(512 << 10)), { code: 'ENOSPC' });
  const relay = await startRelay(t, { state: small.dir, env: failing.env, errors: ERRORS,
    restarts: null, set: ['srt.workers=2', 'state.store=none'] });
  const inv = await Invariants.start(t, relay);
  const source = await clip(LONG ? 'long' : 'small');
  await said(relay, /journal disk_full/);
  const follower = watch(t, relay, 'live');
  const push = pushFfmpeg(t, relay, { room: 'live', clip: source });
  await said(relay, /journal not_written why="No space left/);
  unlinkSync(filler);
  await said(relay, /journal written_again/);
  const front = pidOf(relay, 'roomcast-front');
  failing.order({ call: CALL.slowPwrite, pid: front, count: 1 });
  await until('a write to stall', 8000, () => failing.counts().failed === 1);
  failing.order({ call: CALL.pwrite, error: ERROR.EIO, pid: front, count: 1e9 });
  await endedWell(push, source);
  await assertClean(follower, [source.sent]);
  await said(relay, /journal not_written why="Input\/output error"/);
  failing.stop();
  await until('it to be well again', 8000,
    () => relay.lines(/journal written_again/).length === 2);
  assert.ok(relay.lines(/journal (not_)?written/).length <= 4, 'no flood');
  await inv.end();

  // The disk is well; then it is read-only, and what it knows counts; then it is well again.
  await small.again('size=16m');
  const was = await shown(t, relay, source);
  await sleep(500); // the copier comes by ten times a second
  await killed(relay, () => small.again('ro'));
  await said(relay, /journal not_kept .*Read-only/);
  const then = await shown(t, relay, source);
  assert.ok(relay.lines(/room\/disk000 numbers_go_on/).length > 0, 'from what can be read');
  assert.deepEqual(goneBack(was, then), []);
  const standIn = `/dev/shm/roomcast-${process.geteuid()}-${relay.srtPort}`;
  assert.ok(existsSync(standIn), 'memory stands in for the disk');
  await killed(relay, () => small.again('rw'));
  assert.ok(existsSync(standIn), 'until the disk has all of it');
  const now = await shown(t, relay, source);
  assert.deepEqual(goneBack(then, now), []);
  await sleep(500);
  await killed(relay, () => small.again('rw'));
  assert.ok(!existsSync(standIn), 'and is done with');
  assert.deepEqual(goneBack(now, await shown(t, relay, source)), []);
  unlinkSync(path.join(small.dir, 'rooms.journal'));
  await said(relay, /journal not_written why="No such file/);
  assert.ok(await numbersOf(relay, 'disk000'), 'the room plays');
});

// Without a database there are no rooms of the API that nobody knows: nobody is kept outside.
test('no room for a database', async (t) => {
  const small = await disk(t, '256k');
  if (typeof small === 'string') { t.skip(small); return; }
  const filler = path.join(small.dir, 'filler');
  assert.throws(() => writeFileSync(filler, Buffer.alloc(512 << 10)), { code: 'ENOSPC' });
  const token = 'an-organizer-of-the-test';
  const relay = await startRelay(t, { state: small.dir, token, errors: [/store unusable/],
    set: [`access.organizer_token=${token}`] });
  await said(relay, /store nothing_kept /);
  const push = pushLoop(t, relay, await clip('small'), { room: 'open' });
  await until('the room to play', 15000, () => numbersOf(relay, 'open000'));
  const make = () => post(relay, 'rooms', { name: 'kept' });
  assert.equal((await make()).status, 503);
  await small.again('size=16m');
  await said(relay, /store opened /, 15000);
  assert.equal((await make()).status, 201);
  await ended(push);
});

// A page that is touched and cannot be had would be a SIGBUS for whoever writes the numbers.
test('no room in /dev/shm', async (t) => {
  const inside = path.join(scratch(t), 'inside');
  writeFileSync(inside, '#!/bin/sh\nexec unshare -m sh -c \'mount -t tmpfs -o size=4k none /dev/shm'
    + ` && exec ${BINARY} "$@"' sh "$@"\n`);
  chmodSync(inside, 0o755);
  if ((await run(inside, ['--help'])).code !== 0) { t.skip('no mount namespace here'); return; }
  const relay = await startRelay(t, { state: 'auto', binary: inside });
  const source = await clip('tiny');
  const follower = watch(t, relay, 'shm');
  await endedWell(pushFfmpeg(t, relay, { room: 'shm', clip: source }), source);
  await assertClean(follower, [source.sent]);
  await said(relay, /journal not_kept .*No space left/);
});

// What stands where the journal should is not ours: it is neither waited for nor believed.
test('something else in its place', async (t) => {
  const dir = scratch(t);
  assert.equal((await run('mkfifo', [path.join(dir, 'rooms.journal')])).code, 0);
  const relay = await startRelay(t, { state: dir, errors: [/journal not_kept/] });
  await said(relay, /journal not_kept .*what="memory keeps/);
  const source = await clip('small');
  const follower = watch(t, relay, 'fifo');
  await endedWell(pushFfmpeg(t, relay, { room: 'fifo', clip: source }), source);
  await assertClean(follower, [source.sent]);
});
