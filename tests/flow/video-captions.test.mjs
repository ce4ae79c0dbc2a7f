// CEA-608 and 708 captions inside the pictures.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the SEI that carries them comes out bit for bit like everything else; each channel and
// service is declared (rule 57) from the first multivariant playlist on; CLOSED-CAPTIONS=NONE for a
// stream without any; nothing is said of one that only pads; captions that begin late are declared
// once they have begun.
// ffmpeg's caption decoder reads the words out of what is delivered.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './lib/child.mjs';
import { PADDING, captionSei, cea608, cea708, insertCaptions } from './lib/captions.mjs';
import { clip, derived } from './lib/clips.mjs';
import { scratch } from './lib/relay.mjs';
import { playTogether } from './lib/situation.mjs';

// What access unit n carries: one 608 pair a picture, and with it what `also` says.
const say = (pairs, also = () => []) => (n) => [pairs[n % pairs.length], ...also(n)];
const SPEECH = [...cea608('HELLO FROM CC1 '), ...cea608('AND CC3 ', { channel: 3 })];

const SOURCES = {
  'cc-608-708': say(SPEECH, (n) => cea708(`picture ${n}`, { service: 1 + n % 2, sequence: n % 4 })),
  'cc-padding': () => [PADDING],
  'cc-late': (n) => (n < 50 ? null : [cea608('LATE ')[n % 7]]),
  'cc-none': () => null,
};

const declared = (index) => index.media.filter((m) => m.get('TYPE').raw === 'CLOSED-CAPTIONS')
  .map((m) => m.get('INSTREAM-ID').value);

test('closed captions', async (t) => {
  const base = await clip('tiny');
  const [video] = base.sent.streams;
  const sources = {};
  for (const [name, triplets] of Object.entries(SOURCES)) {
    sources[name] = await derived(name, base, () => insertCaptions(readFileSync(base.file),
      video.pid, triplets), [triplets, SPEECH, captionSei([PADDING])]);
  }
  const first = {};
  const rooms = await playTogether(t, Object.keys(SOURCES), { sources,
    onIndex: (name, index) => { first[name] ??= index; } });
  const found = Object.fromEntries(rooms.map((r) => [r.name, r.follower.index]));
  const attribute = (index) => index.variants[0].attributes.get('CLOSED-CAPTIONS');

  const all = ['CC1', 'CC3', 'SERVICE1', 'SERVICE2'];
  assert.deepEqual(declared(found['cc-608-708']), all);
  assert.deepEqual(declared(first['cc-608-708']), all, 'from the first playlist on');
  assert.equal(attribute(found['cc-608-708']).raw, '"captions"');
  assert.equal(found['cc-608-708'].version, 7);

  assert.deepEqual(declared(found['cc-padding']), []);
  assert.equal(attribute(found['cc-padding']), undefined);

  assert.equal(attribute(first['cc-late']).raw, 'NONE');
  assert.deepEqual(declared(found['cc-late']), ['CC1']);

  assert.deepEqual(declared(found['cc-none']), []);
  assert.equal(attribute(found['cc-none']).raw, 'NONE');

  // ffmpeg's own decoder reads them out of what the relay delivers.
  const { relay, follower } = rooms.find((r) => r.name === 'cc-608-708');
  assert.ok(follower.track('video').samples.every((s) => s.units.some((u) => u[0] === 6
    && u.includes('GA94', 0, 'latin1'))), 'every picture carries its captions');
  const url = `${relay.base}/live/cc-608-708/video.m3u8`;
  const file = path.join(scratch(t), 'copy.ts');
  const copy = await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-i', url,
    '-t', '5', '-c', 'copy', file]);
  assert.equal(copy.code, 0, copy.log);
  const srt = await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-f', 'lavfi',
    '-i', `movie=${file}[out0+subcc]`, '-map', '0:s', '-f', 'srt', '-']);
  assert.match(srt.out, /HELLO FROM CC1/, 'ffmpeg reads the captions as they were written');
});
