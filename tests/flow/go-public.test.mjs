// Rooms that viewers may see only when their feed has been found to be well.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a good feed is shown by itself once it was watched for ten seconds, one with a keyframe
// every ten seconds is not; until then nothing of its media can be had, the list of rooms does not
// name it, and its status says that it is about to start. An organizer shows it by hand, strangers
// do not. An upgrade, and a front that is killed, leave public what was, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { ask, post } from './lib/console.mjs';
import { get, until } from './lib/http.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { exchangeable, upgrade } from './lib/upgrade.mjs';

const ORGANIZER = 'an-organizer-of-the-test';

test('rooms wait for a green light', async (t) => {
  const relay = await exchangeable(t, { token: ORGANIZER, errors: [/front_died/], set: [
    'rooms.go_public=green',
    'rooms.list.open.go_public=at_once', `access.organizer_token=${ORGANIZER}`] });
  const clips = { good: 'doctor-well', open: 'doctor-mute', bad: 'doctor-gop-10s', shut: 'doctor-gop-10s' };
  for (const name of Object.values(clips)) await clip(name);
  for (const [room, name] of Object.entries(clips))
    pushFfmpeg(t, relay, { room, clip: await clip(name), loop: 3 });
  const page = (room, file) => get(`${relay.base}/live/${room}/${file}`);
  const shows = async (room) => (await page(room, 'index.m3u8')).status === 200
    && (await page(room, 'video.m3u8')).status === 200;
  const about = async (room) => (await ask(relay, `rooms/${room}`)).json;
  const listed = async () => JSON.parse((await get(`${relay.base}/live/rooms.json`)).body)
    .rooms.map((r) => r.name).sort();

  let early = 0;
  await until('the good room to be shown', 30000, async () => {
    const room = await about('good');
    if (!room?.playable || room.health.checked) return room?.public && shows('good');
    const files = ['index.m3u8', 'video.m3u8', 'audio.m3u8'];
    const had = await Promise.all(files.map(async (file) => (await page('good', file)).status));
    const names = await listed();
    const { state } = JSON.parse((await page('good', 'status.json')).body);
    const still = await about('good');
    if (still.public || still.health.checked) return false; // the verdict came meanwhile
    early++; // there is something to see, and no verdict yet
    assert.deepEqual(had, files.map(() => 404));
    assert.ok(!names.includes('good'));
    assert.equal(state, 'waiting');
    return false;
  });
  await until('the room that need not wait', 25000, () => shows('open'));
  assert.ok(early > 0, 'it was looked at before the verdict');

  await until('a verdict on the bad room', 30000, async () => {
    const room = await about('bad');
    return room.health.checked && room.health.light === 'red' && room.playable;
  });
  assert.equal((await about('bad')).public, false);
  assert.equal((await page('bad', 'index.m3u8')).status, 404);
  await until('the list', 5000, async () => (await listed()).join() === 'good,open');
  assert.equal((await post(relay, 'rooms/bad/public', {}, { token: 'some-other-token-of-16' })).status, 401);
  assert.equal((await post(relay, 'rooms/bad/public', { light: 'green' })).status, 422);
  assert.equal((await page('bad', 'index.m3u8')).status, 404);
  assert.deepEqual((await post(relay, 'rooms/bad/public', {})).json, { public: true });
  await until('the bad room', 2000, () => shows('bad'));
  assert.match(relay.log, /room\/bad public why="an organizer opened it" by=organizer@127\.0\.0\.1/);

  const isShut = async () => {
    assert.equal((await page('shut', 'index.m3u8')).status, 404);
    assert.ok(!(await listed()).includes('shut'));
  };
  await isShut();
  await upgrade(relay);
  await isShut();
  for (const room of ['good', 'bad']) assert.ok(await shows(room), `${room} after an upgrade`);

  const { processes } = (await ask(relay, 'debug')).json;
  process.kill(processes.find((p) => p.name.includes('front')).pid, 'SIGKILL');
  await until('the next front to show both', 25000, async () => {
    const seen = await Promise.all(['good', 'bad'].map((r) => shows(r).catch(() => false)));
    return seen.every(Boolean);
  });
  await isShut();
  for (const room of ['good', 'bad']) // no verdict was needed
    assert.equal(relay.lines(new RegExp(`room/${room} public `)).length, 1, room);
});
