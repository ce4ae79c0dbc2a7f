// AV1 in a transport stream, registered as 'AV01' in private data: nobody here can read it.
// SPDX-License-Identifier: MIT
//
// libavformat 5.1 gives such a stream out as data of no codec, and has no muxer for it either.
// EXPECTED: the track is left out and the log names it; the sound beside it plays, whole.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { remap } from './lib/program_map.mjs';
import { pushRaw } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';
import { readTs } from './lib/ts.mjs';

const PMT_PID = 0x1000;
const REGISTERED = Buffer.from('\x05\x04AV01', 'latin1');

test('AV1 in MPEG-TS is left out with its name', async (t) => {
  const source = await clip('av1');
  const bytes = remap(readFileSync(source.file), PMT_PID, (streams) => streams.map((s) => (
    s.type === 0x06 ? { ...s, descriptors: REGISTERED } : s)));
  const sent = readTs(bytes);
  assert.deepEqual(sent.streams.map((s) => s.codec), ['aac']);
  const relay = await startRelay(t);
  const follower = watch(t, relay, 'main');
  await endedWell(pushRaw(t, relay, { room: 'main', clip: { bytes, seconds: source.seconds } }),
    source);
  await assertClean(follower, [sent]);
  assert.deepEqual([...follower.renditions.keys()], ['audio']);
  assert.ok(relay.lines(/room\/main program tracks=1 left_out="0x06 [^"]*AV1/).length > 0, relay.log);
});
