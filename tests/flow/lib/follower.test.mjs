// The follower reads a live room like a player, and its verdict is right on good and bad rooms.
// SPDX-License-Identifier: MIT
//
// EXPECTED: an honest room ends without a finding and with a clean ledger; a server whose
// segment changes bytes, is missing, or whose EXTINF is too long is found out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './clips.mjs';
import { Follower } from './follower.mjs';
import { sleep } from './http.mjs';
import { compare } from './ledger.mjs';
import { entries, makeRoom, mediaText, roomFiles, serve } from './origin.mjs';
import { scratch } from './relay.mjs';

async function follow(t, change = () => {}, window = 100) {
  const c = await clip('small');
  const tracks = await makeRoom(c, scratch(t));
  const lists = Object.fromEntries(tracks.map((x) => [x.name, entries(x)]));
  let shown = 1;
  const texts = Object.fromEntries(tracks.map((x) => [x.name,
    () => {
      const to = Math.min(shown, lists[x.name].length);
      const from = Math.max(0, to - window);
      return mediaText(lists[x.name], { from, to, td: window < 9 ? 2 : 3 });
    }]));
  const files = roomFiles(tracks, texts);
  change({ lists, files, tracks, shown: () => shown });
  const follower = new Follower(await serve(t, files), 'room', { pollMs: 40 }).start();
  for (; shown < 12; shown++) await sleep(100);
  follower.left();
  const findings = await follower.stop();
  return { findings: findings.toString(), ledger: compare([c.sent], follower.tracks()) };
}

test('an honest room', async (t) => {
  const { findings, ledger } = await follow(t);
  assert.equal(findings, '');
  assert.deepEqual(ledger.faults, []);
  assert.equal(ledger.matched, 576);
});

test('a flipped bit in a segment', async (t) => {
  const { ledger } = await follow(t, ({ tracks }) => { tracks[0].segments[3][5000] ^= 1; });
  assert.match(ledger.faults.join(), /video access unit \d+ .*was altered in video\/3\.m4s/);
});

test('a segment that is not there', async (t) => {
  const { findings, ledger } = await follow(t, ({ files }) => files.delete('audio/4.m4s'));
  assert.match(findings, /rule 31, audio: audio\/4.m4s is listed and answers 404/);
  assert.match(ledger.faults.join(), /audio access unit \d+ .*was lost/);
});

test('an EXTINF that is too long', async (t) => {
  const { findings } = await follow(t, ({ lists }) => { lists.video[2].duration = 3.6; });
  assert.match(findings, /rule 11, video/);
  assert.match(findings, /rule 14, video/);
});

test('bytes that change', async (t) => {
  let n = 0;
  const { findings } = await follow(t, ({ files, tracks }) => files.set('video/7.m4s', () => {
    const body = Buffer.from(tracks[0].segments[7]);
    body[body.length - 1] = n++;
    return { type: 'video/mp4', body };
  }));
  assert.match(findings, /rule 17, video: video\/7.m4s gave other bytes the second time/);
});

test('no IDR at the start of a segment', async (t) => {
  const { findings } = await follow(t, ({ tracks }) => {
    const s = tracks[0].segments[2];
    const slice = s.indexOf(Buffer.from([0x65]), s.indexOf('mdat'));
    s[slice] = 0x61;
  });
  assert.match(findings, /rule 35, video: MSN 2/);
});

test('a window that slides, and one that forgets too soon', async (t) => {
  assert.equal((await follow(t, () => {}, 6)).findings, '');
  const { findings } = await follow(t, ({ files, tracks, shown }) => {
    const [, second] = tracks[0].segments;
    files.set('video/1.m4s', () => (shown() > 7 ? undefined : { type: 'video/mp4', body: second }));
  }, 6);
  assert.match(findings, /^(rule 24, video: video\/1\.m4s answers 404, \d+ ms too soon\n?)+$/);
});

test('a gap is not fetched and not blamed', async (t) => {
  const { findings, ledger } = await follow(t, ({ files, lists }) => {
    lists.audio[4].gap = true;
    files.delete('audio/4.m4s');
  });
  assert.equal(findings, '');
  assert.match(ledger.faults.join(), /audio access unit \d+ .*was lost/);
});
