// The box reader reads what ffmpeg writes, bit for bit, and finds each fault put into it.
// SPDX-License-Identifier: MIT
//
// EXPECTED: no fault in good material; a wrong tfdt, data_offset, box size, sample size, missing
// tfdt, base-data-offset, edit list, second track and repeated mfhd are each found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from './clips.mjs';
import { child, readBoxes, readInit, readSegment } from './fmp4.mjs';
import { makeRoom } from './origin.mjs';
import { scratch } from './relay.mjs';
import { checkTimeline } from './rules.mjs';

const rulesOf = (faults) => [...new Set(faults.map((f) => f.rule))];
const shown = (track) => {
  const init = readInit(track.init);
  return track.segments.map((bytes, i) => {
    const media = readSegment(bytes, init);
    return { msn: i, init, media, map: 'i', firstIsIdr: true,
      duration: (media.end - media.samples[0].dts) / init.timescale };
  });
};

// Where a box's body lies in a segment, to change it in place.
function bodyOf(bytes, ...names) {
  const [first, ...rest] = names;
  const top = readBoxes(bytes).find((b) => b.type === first);
  return rest.length ? child(top, ...rest).body : top.body;
}

test('good material has no fault', async (t) => {
  for (const [name, codec, string] of [['small', 'h264', /^avc1\.[0-9a-f]{6}$/],
    ['hevc', 'hevc', /^hev1\.1\.6\.L\d+\.90$/]]) {
    const [video, audio] = await makeRoom(await clip(name), scratch(t));
    const init = readInit(video.init);
    assert.deepEqual(init.faults, []);
    assert.equal(init.codec, codec);
    assert.match(init.rfc6381, string);
    assert.equal(init.timescale, 90000);
    const sound = readInit(audio.init);
    assert.deepEqual([sound.rfc6381, sound.sampleRate, sound.channels], ['mp4a.40.2', 48000, 2]);
    assert.deepEqual(checkTimeline(shown(video), 3), []);
  }
});

test('each fault is found', async (t) => {
  const [video] = await makeRoom(await clip('small'), scratch(t));
  const init = readInit(video.init);
  const broken = (change) => {
    const bytes = Buffer.from(video.segments[1]);
    change(bytes);
    return readSegment(bytes, init).faults;
  };
  const moof = (bytes, ...names) => bodyOf(bytes, 'moof', 'traf', ...names);
  assert.deepEqual(broken(() => {}), []);
  assert.deepEqual(rulesOf(broken((b) => b.writeUInt32BE(12, 0))), [39], 'box size');
  assert.deepEqual(rulesOf(broken((b) => moof(b, 'trun').writeInt32BE(4, 8))), [39], 'offset');
  assert.deepEqual(rulesOf(broken((b) => moof(b, 'tfhd').writeUIntBE(0, 1, 3))), [39], 'base');
  assert.deepEqual(rulesOf(broken((b) => b.write('free', b.indexOf('tfdt')))), [39], 'no tfdt');
  const short = video.segments[1].subarray(0, -3);
  assert.deepEqual(rulesOf(readSegment(short, init).faults), [39], 'cut short');
});

test('a wrong tfdt and a repeated mfhd show between segments', async (t) => {
  const [video] = await makeRoom(await clip('small'), scratch(t));
  const bytes = video.segments[2];
  const tfdt = bodyOf(bytes, 'moof', 'traf', 'tfdt');
  tfdt.writeBigUInt64BE(tfdt.readBigUInt64BE(4) + 1n, 4);
  assert.deepEqual(rulesOf(checkTimeline(shown(video), 3)), [40]);
  tfdt.writeBigUInt64BE(tfdt.readBigUInt64BE(4) - 1n, 4);
  bodyOf(bytes, 'moof', 'mfhd').writeUInt32BE(1, 4);
  assert.deepEqual(rulesOf(checkTimeline(shown(video), 3)), [39]);
});

test('faults of an init segment', async (t) => {
  const [video] = await makeRoom(await clip('small'), scratch(t));
  const broken = (change) => {
    const bytes = Buffer.from(video.init);
    change(bytes);
    return rulesOf(readInit(bytes).faults);
  };
  assert.deepEqual(broken((b) => b.write('xxxx', b.indexOf('mvex'))), [38]);
  assert.deepEqual(broken((b) => {
    for (let p; (p = b.indexOf('iso6')) >= 0;) b.write('iso2', p);
  }), [38]);
  assert.deepEqual(broken((b) => b.writeUInt32BE(9, b.indexOf('mvhd') + 20)), [38]);
  assert.deepEqual(rulesOf(readInit(Buffer.concat([video.init, video.segments[0]])).faults), [38]);
});
