// Publishers whose stream id names no room that can be.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each is refused at the handshake with the bad-request code and one log line with the
// reason; 4 KB of stream id, which SRT forbids, gets no session either; the control room loses
// nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startControl } from './lib/control.mjs';
import { get, sleep } from './lib/http.mjs';
import { clip } from './lib/clips.mjs';
import { pushFfmpeg } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { REJECT, callSrt, sendDatagrams } from './lib/srt.mjs';

const REASON = /refus|bad|invalid|reject/i;
const BAD = {
  'path upwards': '../etc/passwd',
  'path upwards, standard form': '#!::r=../../secret,m=publish',
  'leading dot': '.hidden',
  slash: 'a/b',
  space: 'two words',
  'not ASCII': 'caf\xc3\xa9',
  'control character': 'line\nbreak',
  'terminal escape': 'red\x1b[31m',
  'NUL first': '\0main',
  '65 characters': 'x'.repeat(65),
  '512 bytes': 'y'.repeat(512),
  'no room in the standard form': '#!::m=publish',
  'room twice': '#!::r=one,r=two,m=publish',
  'junk in the standard form': '#!::,,==,r',
};

test('bad stream ids', async (t) => {
  const relay = await startRelay(t);
  const control = await startControl(t, relay);
  for (const [what, streamId] of Object.entries(BAD)) {
    await t.test(what, async () => {
      const from = relay.log.length;
      const answer = await callSrt(relay.srtPort, streamId);
      assert.equal(answer.accepted, false, 'must be refused');
      assert.equal(answer.code, REJECT.badRequest, 'the reject code');
      await sleep(150);
      const said = relay.log.slice(from).split('\n').filter((l) => REASON.test(l));
      assert.equal(said.length, 1, `one line says why: ${relay.log.slice(from)}`);
      assert.doesNotMatch(said[0], /[\x00-\x1f\x7f]/, 'nothing raw from outside in the log');
    });
  }
  await t.test('m=request, a viewer over SRT', async () => {
    const answer = await callSrt(relay.srtPort, '#!::r=main,m=request');
    assert.equal(answer.accepted, false);
    assert.ok([REJECT.badMode, REJECT.badRequest].includes(answer.code), `code ${answer.code}`);
  });
  await t.test('no stream id at all', async () => {
    const push = pushFfmpeg(t, relay, { clip: await clip('tiny'), streamId: '' });
    const { code } = await push.wait(8000);
    assert.notEqual(code, 0);
  });
  await t.test('4 KB', async () => {
    const answer = await callSrt(relay.srtPort, 'z'.repeat(4096), { tries: 4 });
    assert.equal(answer.accepted, false);
  });
  await t.test('datagrams that are no SRT', async () => {
    const junk = [0, 1, 15, 16, 63, 64, 200, 1456, 9000].map((n) => Buffer.alloc(n, 0xa5));
    await sendDatagrams(relay.srtPort, [...junk, ...junk.map((b) => Buffer.alloc(b.length, 0x80))]);
    assert.equal((await get(`${relay.base}/readyz`)).status, 200);
  });
  await control.finish();
});
