// What web hooks tell when processes die, or the program is exchanged.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a kill -9 of the process that sends, one of the front, and an upgrade lose nothing and
// tell nothing under two ids; the publisher, who noticed nothing, is the same feed all the time. What
// ends when the relay is stopped is still told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { ask } from './lib/console.mjs';
import { sleep, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { Receiver, sender, sends, tells } from './lib/receiver.mjs';
import { exchangeable, fronts, upgrade } from './lib/upgrade.mjs';

const WHOLE = ['feed.started', 'room.live', 'feed.stopped', 'room.silent'];

test('kill -9, and an upgrade', async (t) => {
  const receiver = await new Receiver().listen(t);
  const relay = await exchangeable(t, tells([receiver], { errors: [/front_died/],
    set: ['rooms.list.one.title=One'] }));
  await sends(relay);
  receiver.answer = () => 500; // nothing is taken until all have died
  pushFfmpeg(t, relay, { room: 'one', clip: await clip('small'), loop: 9 });
  await until('a try', 10000, () => receiver.got.length > 0);
  const first = receiver.got[0].id;
  const before = sender(relay);
  process.kill(before, 'SIGKILL');
  const after = await until('another process', 5000, () => sender(relay) !== before && sender(relay));
  process.kill(fronts(relay)[0].pid, 'SIGKILL');
  await until('the next front', 15000, async () => (await ask(relay, 'rooms/one')).json?.playable)
    .catch(() => assert.fail(`no room again\n${relay.log.slice(-2000)}`));
  assert.equal(sender(relay), after, 'the one does not die with the other');
  receiver.answer = () => 200;
  await receiver.wait('one', WHOLE.slice(0, 2), 30000);
  assert.equal(receiver.taken('one')[0].id, first);

  await upgrade(relay);
  await sends(relay, 3);
  await sleep(1500);
  assert.deepEqual(receiver.types('one'), WHOLE.slice(0, 2), 'nobody is told what did not happen');
  await relay.stop();
  await receiver.wait('one', WHOLE, 1000);
  const [started, , stopped] = receiver.taken('one').map((a) => a.body);
  assert.equal(stopped.feed, started.feed);
  const perType = new Map();
  for (const a of receiver.got) perType.set(a.type, (perType.get(a.type) ?? new Set()).add(a.id));
  for (const [type, ids] of perType) assert.equal(ids.size, 1, `${type} has one id`);
  assert.deepEqual(receiver.faults, []);
});
