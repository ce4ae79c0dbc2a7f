// The agreement of readers must see every contradiction there is.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agreement } from './agreement.mjs';

const HEAD = '#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n'
  + '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5\n'
  + '#EXT-X-PART-INF:PART-TARGET=0.5\n';
const SEGMENT = '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2.00000,\nv/7.m4s\n';
const PART = '#EXT-X-PART:DURATION=0.50000,URI="v/p70.m4s",INDEPENDENT=YES\n';
const GOOD = `${HEAD}#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n`
  + `#EXT-X-MAP:URI="v/init.mp4"\n${SEGMENT}${PART}`;

let etags = 0;
const reply = (text, etag = `"${++etags}"`) => ({ body: Buffer.from(text),
  headers: { etag, 'content-length': `${text.length}` } });

function faults(other, { before = false } = {}) {
  const a = new Agreement();
  const first = a.playlist('video', reply(GOOD));
  a.playlist('video', reply(other), before ? first : undefined);
  return a.faults;
}

test('readers that agree', () => {
  assert.deepEqual(faults(GOOD, { before: true }), []);
  const later = `${GOOD}#EXT-X-PART:DURATION=0.50000,URI="v/p71.m4s"\n`;
  assert.deepEqual(faults(later, { before: true }), []);
});

const CONTRADICTIONS = {
  'another URI': ['v/7.m4s', 'v/8.m4s'],
  'another duration': ['EXTINF:2.0', 'EXTINF:1.9'],
  'another date': ['00:00:00.000Z', '00:00:00.040Z'],
  'another part': ['DURATION=0.50000', 'DURATION=0.48000'],
  'a part that is independent no more': [',INDEPENDENT=YES', ''],
  'another init segment': ['v/init.mp4', 'v/init2.mp4'],
  'another discontinuity': ['DISCONTINUITY-SEQUENCE:3', 'DISCONTINUITY-SEQUENCE:4'],
  'another target duration': ['TARGETDURATION:2', 'TARGETDURATION:3'],
  'another control': ['PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.6'],
  'another number for the same URI': ['MEDIA-SEQUENCE:7', 'MEDIA-SEQUENCE:8'],
};

for (const [what, [from, to]] of Object.entries(CONTRADICTIONS)) {
  test(`readers that contradict: ${what}`, () => {
    assert.ok(GOOD.includes(from));
    assert.notDeepEqual(faults(GOOD.replace(from, to)), []);
  });
}

test('a reader that is sent back', () => {
  assert.notDeepEqual(faults(GOOD.replace(PART, ''), { before: true }), []);
  assert.deepEqual(faults(GOOD.replace(PART, '')), [], 'another reader may be behind');
});

test('addresses that change', () => {
  const a = new Agreement();
  a.bytes('v/7.m4s', reply('one', '"a"'));
  a.bytes('v/7.m4s', reply('one', '"a"'));
  assert.deepEqual(a.faults, []);
  a.bytes('v/7.m4s', reply('two', '"a"'));
  assert.equal(a.faults.length, 1, 'its bytes');
  a.bytes('v/7.m4s', reply('one', '"b"'));
  assert.equal(a.faults.length, 2, 'its ETag');
  a.playlist('video', reply(GOOD, '"c"'));
  a.playlist('video', reply(`${GOOD}\n`, '"c"'));
  assert.ok(a.faults.length > 2, 'one ETag, two texts');
});
