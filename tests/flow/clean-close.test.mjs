// A publisher closes properly in the middle of a segment, and of a GOP.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every frame that it sent comes out, the last ones at once and not only with the end of
// the list; the segment is as long as they are; every rule holds, before and after ENDLIST.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { until } from './lib/http.mjs';
import { pushRaw } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, watch } from './lib/situation.mjs';
import { compare } from './lib/ledger.mjs';
import { readTs } from './lib/ts.mjs';

const VIDEO_PID = 0x100;
const PICTURES = 25 * 5 + 12; // five GOPs and a half: a segment of two and a half seconds at most
const PACKET = 188;

// The clip up to, not including, the picture of that number (in the order they are sent).
function upTo(bytes, picture) {
  let seen = 0;
  for (let at = 0; at < bytes.length; at += PACKET) {
    const pid = bytes.readUInt16BE(at + 1) & 0x1fff;
    const starts = (bytes[at + 1] & 0x40) !== 0;
    if (pid === VIDEO_PID && starts && seen++ === picture) return bytes.subarray(0, at);
  }
  throw new Error(`the clip has only ${seen} pictures`);
}

async function close(t, uris) {
  const relay = await startRelay(t, { set: ['rooms.resume_s=4', `hls.part_uris=${uris}`] });
  const bytes = upTo(readFileSync((await clip('small')).file), PICTURES);
  const sent = readTs(bytes);
  assert.equal(sent.streams.find((s) => s.kind === 'video').aus.length, PICTURES);
  const follower = watch(t, relay, 'main');
  const push = pushRaw(t, relay, { room: 'main', clip: { bytes, seconds: PICTURES / 25 } });
  await push.wait(30000);
  await until('the room to wait', 3000, () => relay.lines(/room\/main waiting/).length > 0);
  follower.left(); // who waits for the part behind the last one is held for the next segment's first
  await until('the last frames', 2000,
    () => compare([sent], follower.tracks()).faults.length === 0).catch(() => {});
  assert.deepEqual(compare([sent], follower.tracks()).faults, [], 'the ledger');
  assert.equal(follower.renditions.get('video').list.endList, false, 'before the list has ended');
  const last = follower.renditions.get('video').ordered().at(-1);
  assert.equal(last.duration.toFixed(2), (PICTURES / 25 % 2).toFixed(2), 'the last segment');
  await until('ENDLIST', 10000, () => [...follower.renditions.values()]
    .every((r) => r.list.endList));
  await assertClean(follower, [sent]);
}

test('in the middle of a segment', (t) => close(t, 'number'));
test('with parts as byte ranges', (t) => close(t, 'range'));
