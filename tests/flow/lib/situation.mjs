// What most flow tests do: watch a room, publish into it, and hold the outcome to the promise.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { clip } from './clips.mjs';
import { Follower } from './follower.mjs';
import { sleep, until } from './http.mjs';
import { compare } from './ledger.mjs';
import { pushFfmpeg } from './push.mjs';
import { startRelay } from './relay.mjs';

const SETTLE_MS = 10000;

export function watch(t, relay, room) {
  const follower = new Follower(relay.base, room).start();
  t.after(() => { follower.running = false; });
  return follower;
}

// Waits until the ledger is clean (or will not become so), stops following, and asserts that
// nothing was lost and no rule broken. except: rules the situation itself breaks.
export async function assertClean(follower, sessions, { except = [], settleMs = SETTLE_MS } = {}) {
  follower.left();
  const deadline = Date.now() + settleMs;
  let result = compare(sessions, follower.tracks());
  while (result.faults.length && Date.now() < deadline) {
    await sleep(200);
    result = compare(sessions, follower.tracks());
  }
  const findings = await follower.stop();
  const broken = findings.list.filter((f) => !except.includes(f.rule))
    .map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`);
  const room = `room ${follower.room}`;
  assert.deepEqual(result.faults, [], `${room}: the ledger`);
  assert.deepEqual(broken, [], `${room}: broken rules`);
  assert.deepEqual(follower.errors, [], `${room}: requests that failed`);
  return result;
}

// Waits until the room has a playlist with at least n segments of its first rendition.
export function untilPlaying(follower, n = 1, limitMs = 30000) {
  return until(`room ${follower.room} to show ${n} segment(s)`, limitMs,
    () => [...follower.renditions.values()][0]?.ordered().length >= n);
}

// A publisher that is expected to end by itself, well.
export async function endedWell(push, clip) {
  const status = await push.wait((clip.seconds + 40) * 1000);
  assert.deepEqual(status, { code: 0, signal: null }, `publisher: ${push.log}`);
}

// One clip through one room, from start to clean end. → {relay, follower, result}
export async function playThrough(t, clip, options = {}) {
  const { relay: relayOptions, room = 'main', push: start = pushFfmpeg, sent, except } = options;
  const relay = await startRelay(t, relayOptions);
  const follower = watch(t, relay, room);
  const push = start(t, relay, { room, clip, ...options.pushOptions });
  await endedWell(push, clip);
  const sessions = [sent ? sent(push) : clip.sent];
  const result = await assertClean(follower, sessions, { except });
  return { relay, follower, push, result };
}

// Several clips at once, each in a room of its own of one relay. sources: name → clip, of those
// that are no recipe. onIndex(name, playlist) sees every multivariant playlist.
// → [{name, source, relay, follower, push, result}]
export async function playTogether(t, names, { relay: options, sources = {}, onIndex } = {}) {
  const relay = await startRelay(t, options);
  const rooms = [];
  for (const name of names) {
    rooms.push({ name, relay, source: sources[name] ?? await clip(name) });
  }
  for (const room of rooms) {
    room.follower = watch(t, relay, room.name);
    if (onIndex) room.follower.onIndex = (index) => onIndex(room.name, index);
    room.push = pushFfmpeg(t, relay, { room: room.name, clip: room.source });
  }
  await Promise.all(rooms.map(async (room) => {
    await endedWell(room.push, room.source);
    room.result = await assertClean(room.follower, [room.source.sent]);
  }));
  return rooms;
}
