// A second encoder with the same stream id, while the first one is live.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the newest has the room within a second, in whichever worker it is; numbers go on, one
// DISCONTINUITY; what the relay had of the first is all there; the log says who and by whom. At
// most once in 2 s: more are refused as a conflict.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, untilPlaying, watch } from './lib/situation.mjs';
import { REJECT, callSrt } from './lib/srt.mjs';

const at = (line) => Date.parse(line.split(' ')[0]);

test('the newest publisher has the room', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2'] });
  const [long, small] = [await clip('long'), await clip('small')];
  const follower = watch(t, relay, 'main');
  const first = pushFfmpeg(t, relay, { room: 'main', clip: long });
  await untilPlaying(follower, 3);
  const second = pushFfmpeg(t, relay, { room: 'main', clip: small });
  const taken = await until('the take-over', 5000,
    () => relay.lines(/ on_air role=main/).at(0));
  const accepted = await until('its line', 2000, () => relay.lines(/publisher_accepted/).at(1));
  assert.ok(at(taken) - at(accepted) < 1000, `${accepted}\n${taken}`);
  const said = relay.lines(/taken_over/)[0];
  const peers = relay.lines(/publisher_accepted/).map((l) => /from=(\S+)/.exec(l)[1]);
  assert.ok(said.includes(`peer=${peers[0]} `) && said.includes(`by_peer=${peers[1]} `), said);
  assert.notEqual((await first.wait(8000)).code, 0, 'the first one notices');
  await endedWell(second, small);
  await assertClean(follower, [{ ...long.sent, complete: false }, small.sent]);
  for (const r of follower.renditions.values()) {
    const msns = [...r.segments.keys()].sort((a, b) => a - b);
    assert.equal(msns.at(-1) - msns[0], msns.length - 1, 'no number was skipped');
    assert.equal(r.ordered().filter((s) => s.discontinuity).length, 1, `breaks in ${r.name}`);
  }
  assert.equal((await relay.metrics()).get('roomcast_takeovers_total'), 1);
});

test('five take-overs in a row', async (t) => {
  const relay = await startRelay(t, { set: ['srt.workers=2'] });
  const long = await clip('long');
  pushFfmpeg(t, relay, { room: 'main', clip: long });
  await until('it is live', 8000, () => relay.lines(/live was=new/)[0]);
  for (let i = 0; i < 5; i++) {
    pushFfmpeg(t, relay, { room: 'main', clip: long });
    await sleep(800);
  }
  const times = relay.lines(/taken_over/).map(at);
  assert.ok(times.length >= 2 && times.length <= 3, `${times.length} take-overs`);
  assert.ok(times.slice(1).every((time, i) => time - times[i] >= 2000), `${times}`);
  assert.equal(relay.lines(/publisher_refused code=1409|room\/main refused/).length,
    5 - times.length, relay.log);
  await sleep(2000);
  pushFfmpeg(t, relay, { room: 'main', clip: long });
  await until('one more', 3000, () => relay.lines(/taken_over/).length > times.length);
  const answer = await callSrt(relay.srtPort, 'main');
  assert.deepEqual([answer.accepted, answer.code], [false, REJECT.conflict]);
  await relay.refusal('main', /2 s ago/);
});

test('a half-open publisher, where the first one keeps the room', async (t) => {
  const relay = await startRelay(t, { set: ['rooms.takeover=refuse'] });
  const [long, small] = [await clip('long'), await clip('small')];
  const follower = watch(t, relay, 'main');
  const first = pushFfmpeg(t, relay, { room: 'main', clip: long });
  await untilPlaying(follower, 1);
  first.signal('SIGSTOP');
  const stopped = Date.now();
  await until('it is noticed', 4000, () => relay.lines(/ stale was=live/)[0]);
  assert.ok(Date.now() - stopped < 4000);
  const second = pushFfmpeg(t, relay, { room: 'main', clip: small });
  await until('the take-over', 3000, () => relay.lines(/ on_air role=main/)[0]);
  await endedWell(second, small);
  await assertClean(follower, [{ ...long.sent, complete: false }, small.sent],
    { except: [27, 28] }); // until it is noticed that the first one is gone
});
