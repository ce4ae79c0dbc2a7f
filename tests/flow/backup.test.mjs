// Main and backup: two encoders of their own push into one room.
// SPDX-License-Identifier: MIT
//
// EXPECTED: backup rests while main is well, and goes on air at one of its keyframes, behind one
// DISCONTINUITY, when main ends or stalls; main has the room again when it was well for the hold
// time; the lists are legal throughout, and the status says who is on air and why. When neither
// sends, the room is filled, and who sends first goes on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { get, sleep, until } from './lib/http.mjs';
import { pushFfmpeg, pushRaw } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { untilPlaying, watch } from './lib/situation.mjs';

const at = (line) => Date.parse(line.split(' ')[0]);

// No ledger: the two encoders sent another film each. What backup has kept comes at once: a reload
// that waited for one part is shown all of them (rule 92), as after a black-out.
const AT_ONCE = [92];

async function begin(t, set = []) {
  const relay = await startRelay(t, { set: ['srt.workers=2', ...set] });
  const [long, other] = [await clip('long'), await clip('other')];
  const follower = watch(t, relay, 'main');
  const main = pushFfmpeg(t, relay, { streamId: 'main?role=main', clip: long });
  await until('main on air', 8000, () => relay.lines(/live was=new/)[0]);
  const backup = pushFfmpeg(t, relay, { streamId: 'main?role=backup', clip: other });
  await untilPlaying(follower, 3);
  return { relay, follower, main, backup };
}

// The break is behind us, and so is a segment of pictures.
const untilGoesOn = (follower, breaks) => until(`${breaks} breaks and a segment more`, 20000, () => {
  const all = follower.renditions.get('video').ordered().filter((s) => !s.gap);
  const at = all.findLastIndex((s) => s.discontinuity);
  return all.filter((s) => s.discontinuity).length >= breaks && all.length - at >= 2;
});

// The status is written anew once a second.
const untilStatus = (relay, what) => until('the status to say it', 3000, async () => {
  const { body } = await get(`${relay.base}/live/main/status.json`);
  return what(JSON.parse(body).on_air);
});

function breaksOf(follower, n) {
  for (const r of follower.renditions.values()) {
    const msns = [...r.segments.keys()].sort((a, b) => a - b);
    assert.equal(msns.at(-1) - msns[0], msns.length - 1, 'no number was skipped');
    assert.equal(r.ordered().filter((s) => s.discontinuity).length, n, `breaks in ${r.name}`);
  }
}

// Backup begins with a picture: whoever watches sees the change, and not a black one.
function noPictureIsMissing(follower) {
  const gaps = follower.renditions.get('video').ordered().filter((s) => s.gap);
  assert.deepEqual(gaps.map((s) => s.uri), [], 'EXT-X-GAP in video');
}

async function assertLegal(follower, except = AT_ONCE) {
  follower.left();
  const findings = await follower.stop();
  const broken = findings.list.filter((f) => !except.includes(f.rule));
  assert.deepEqual(broken.map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`), []);
  assert.deepEqual(follower.errors, []);
}

test('main is killed', async (t) => {
  const { relay, follower, main } = await begin(t);
  await untilStatus(relay, (s) => s.role === 'main' && s.standby.role === 'backup'
    && s.standby.ready);
  await main.kill();
  const line = await until('backup on air', 5000, () => relay.lines(/ on_air role=backup/)[0]);
  const silent = relay.lines(/ silent role=main| left role=main|feed_ended/)[0];
  assert.ok(at(line) - at(silent) < 1000, `${silent}\n${line}`);
  await untilGoesOn(follower, 1);
  await untilStatus(relay, (s) => s.role === 'backup' && /nothing|left/.test(s.why));
  await assertLegal(follower);
  breaksOf(follower, 1);
  noPictureIsMissing(follower);
});

test('main stalls, and comes back', async (t) => {
  const { relay, follower, main } = await begin(t, ['rooms.main_hold_s=3']);
  main.signal('SIGSTOP');
  const stopped = Date.now();
  const line = await until('backup on air', 5000, () => relay.lines(/ on_air role=backup/)[0]);
  assert.ok(at(line) - stopped < 2500, 'within the time to notice it');
  main.signal('SIGCONT');
  const back = await until('main on air', 9000, () => relay.lines(/ on_air role=main/)[0]);
  assert.ok(at(back) - at(relay.lines(/ heard_again role=main/)[0]) >= 2900, 'the hold time');
  await untilStatus(relay, (s) => s.role === 'main' && /main_hold_s/.test(s.why));
  await untilGoesOn(follower, 2);
  await assertLegal(follower);
  breaksOf(follower, 2);
  noPictureIsMissing(follower);
  assert.equal((await relay.metrics()).get('roomcast_on_air_switches_total'), 2);
});

test('neither sends', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2', 'srt.peer_idle_ms=2500'] });
  const [long, other] = [await clip('long'), await clip('other')];
  const follower = watch(t, relay, 'main');
  const main = pushFfmpeg(t, relay, { streamId: 'main?role=main', clip: long });
  await until('main on air', 8000, () => relay.lines(/live was=new/)[0]);
  const backup = pushRaw(t, relay, { streamId: 'main?role=backup',
    clip: { bytes: readFileSync(other.file), seconds: other.seconds } });
  await untilPlaying(follower, 3);
  backup.pause();
  await until('backup to be silent', 3000, () => relay.lines(/ silent role=backup/)[0]);
  await main.kill();
  await until('the hole', 9000, () => relay.lines(/hole_filled by=gap/)[0]);
  await sleep(4000);
  assert.deepEqual(relay.lines(/ on_air role=/), [], 'nobody is on air');
  await untilStatus(relay, (s) => s.role === '' && s.standby.role === 'backup'
    && s.standby.silent);
  backup.resume();
  await until('backup on air', 4000, () => relay.lines(/ on_air role=backup/)[0]);
  await until('the hole to be closed', 2000, () => relay.lines(/hole_closed/)[0]);
  await untilGoesOn(follower, 1);
  // 27, 28: the first gap comes when the encoder's death is noticed.
  await assertLegal(follower, [...AT_ONCE, 27, 28]);
  breaksOf(follower, 1);
});
