// A listed room with a publish key, and publishers who do not have it.
// SPDX-License-Identifier: MIT
//
// EXPECTED: wrong and missing keys are refused as unauthorized, an unlisted room as not found
// (rooms.open is false), each with a log line that names the room and never the key; the right
// key publishes; the control room loses nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { startControl } from './lib/control.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';
import { REJECT, callSrt } from './lib/srt.mjs';

const CONFIG = `rooms:
  open: false
  list:
    - name: keyed
      key: "open-sesame-42"
    - name: control
      key: "control-key-77"
`;

test('publish keys', async (t) => {
  const relay = await startRelay(t, { config: CONFIG });
  const control = await startControl(t, relay, { streamId: 'control?key=control-key-77' });
  const refused = async (streamId, code, room, reason) => {
    const answer = await callSrt(relay.srtPort, streamId);
    assert.equal(answer.accepted, false);
    assert.equal(answer.code, code, `code for ${streamId}`);
    await relay.refusal(room, reason);
  };
  const KEY = /refus|unauthori[sz]ed|key/i;
  await t.test('wrong key, both forms', async () => {
    await refused('keyed?key=open-sesame-43', REJECT.unauthorized, 'keyed', KEY);
    await refused('#!::r=keyed,m=publish,s=wrong-secret-x', REJECT.unauthorized, 'keyed', KEY);
    await refused('keyed?key=control-key-77', REJECT.unauthorized, 'keyed', KEY);
  });
  await t.test('no key, empty key, the key cut short', async () => {
    await refused('keyed', REJECT.unauthorized, 'keyed', KEY);
    await refused('keyed?key=open-sesame-4', REJECT.unauthorized, 'keyed', KEY);
  });
  await t.test('a room that is not listed', async () => {
    const answer = await callSrt(relay.srtPort, 'stranger');
    assert.equal(answer.accepted, false);
    assert.ok([REJECT.notFound, REJECT.forbidden].includes(answer.code), `code ${answer.code}`);
    await relay.refusal('stranger', /refus|not.found|unlisted|listed|open/i);
  });
  await t.test('ffmpeg with a wrong key', async () => {
    const push = pushFfmpeg(t, relay, { clip: await clip('tiny'), streamId: 'keyed?key=no' });
    assert.notEqual((await push.wait(8000)).code, 0);
  });
  await t.test('the right key', async () => {
    const source = await clip('tiny');
    const follower = watch(t, relay, 'keyed');
    await endedWell(pushFfmpeg(t, relay, { clip: source,
      streamId: '#!::r=keyed,m=publish,s=open-sesame-42' }), source);
    await assertClean(follower, [source.sent]);
  });
  await control.finish();
  for (const secret of ['open-sesame-4', 'control-key-77', 'wrong-secret-x']) {
    assert.ok(!relay.log.includes(secret), `the log holds ${secret}`);
  }
});
