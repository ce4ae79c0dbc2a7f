// SCTE-35 cues and ID3 tags beside the tracks.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each becomes an EXT-X-DATERANGE in every media playlist, dated by the picture it is
// about to within a frame (rule 55): a splice out and in as two tags of one ID with the sections in
// hexadecimal and the real duration (rule 56), a repeated cue once, a damaged section not at all,
// an ID3 tag whole. Pictures and sound come out as ever.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clip } from './lib/clips.mjs';
import { parseDate } from './lib/hls.mjs';
import { get, until } from './lib/http.mjs';
import { insertPackets, packetOf, remap } from './lib/program_map.mjs';
import { pushRaw } from './lib/push.mjs';
import { startRelay } from './lib/relay.mjs';
import { assertClean, endedWell, watch } from './lib/situation.mjs';
import { crc32Mpeg, readTs } from './lib/ts.mjs';

const PMT_PID = 0x1000;
const CUES = 0x200;
const TAGS = 0x201;
const EVENT_ID = 0x4800008f;
const MASK = 2 ** 33;

// splice_insert (SCTE-35 9.7.3) with a splice time, and a break duration when it leads out.
function spliceInsert(out, pts, durationTicks = 0) {
  const time = Buffer.alloc(5);
  time[0] = 0xfe | Math.floor(pts % MASK / 2 ** 32);
  time.writeUInt32BE(pts % 2 ** 32, 1);
  const duration = Buffer.alloc(durationTicks ? 5 : 0, 0x7e);
  if (durationTicks) duration.writeUInt32BE(durationTicks, 1);
  const id = Buffer.alloc(4);
  id.writeUInt32BE(EVENT_ID);
  const command = Buffer.concat([id, Buffer.from([0x7f,
    (out ? 0xc0 : 0x40) | (durationTicks ? 0x20 : 0) | 0x0f]), time, duration, Buffer.alloc(4)]);
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 0xff, 0xf0, command.length, 5]),
    command, Buffer.alloc(2)]);
  const section = Buffer.concat([Buffer.from([0xfc, 0x30, body.length + 4]), body,
    Buffer.alloc(4)]);
  section.writeUInt32BE(crc32Mpeg(section.subarray(0, -4)), section.length - 4);
  return section;
}

function id3(text) {
  const frame = Buffer.from(`TIT2\0\0\0${String.fromCharCode(text.length + 1)}\0\0\x03${text}`,
    'latin1');
  return Buffer.concat([Buffer.from(`ID3\x04\0\0\0\0\0${String.fromCharCode(frame.length)}`,
    'latin1'), frame]);
}

function pes(pts, payload) {
  const head = Buffer.from([0, 0, 1, 0xbd, 0, payload.length + 8, 0x84, 0x80, 5,
    0x21 | Math.floor(pts / 2 ** 30) % 8 << 1, 0, 0, 0, 0]);
  head[10] = Math.floor(pts / 2 ** 22) & 255;
  head[11] = Math.floor(pts / 2 ** 15) << 1 & 255 | 1;
  head[12] = Math.floor(pts / 2 ** 7) & 255;
  head[13] = pts << 1 & 255 | 1;
  return Buffer.concat([head, payload]);
}

const section = (counter, s) => packetOf(CUES, counter, Buffer.concat([Buffer.from([0]), s]));
const hex = (b) => `0x${b.toString('hex').toUpperCase()}`;

test('SCTE-35 and ID3 become date ranges', async (t) => {
  const source = await clip('small');
  const frames = source.sent.streams[0].aus;
  const raw = readTs(readFileSync(source.file)).streams[0].aus;
  const [out, back, tagged] = [raw[75].ptsRaw, raw[125].ptsRaw, raw[100].ptsRaw];
  const leave = spliceInsert(true, out, 5 * 90000);
  const enter = spliceInsert(false, back);
  const damaged = Buffer.from(leave);
  damaged[20] ^= 1;
  const tag = id3('Act two');
  const ts = insertPackets(readFileSync(source.file), [
    { at: 0.1, packet: section(0, leave) }, { at: 0.15, packet: section(1, damaged) },
    { at: 0.2, packet: section(2, leave) }, { at: 0.5, packet: section(3, enter) },
    { at: 0.4, packet: packetOf(TAGS, 0, pes(tagged, tag)) }]);
  const bytes = remap(ts, PMT_PID, (streams) => [...streams,
    { type: 0x86, pid: CUES, descriptors: Buffer.from('\x05\x04CUEI', 'latin1') },
    { type: 0x15, pid: TAGS, descriptors: Buffer.from('\x05\x04ID3 ', 'latin1') }]);
  const sent = readTs(bytes);
  assert.equal(sent.streams.length, 2);
  const relay = await startRelay(t);
  const follower = watch(t, relay, 'main');
  await endedWell(pushRaw(t, relay, { room: 'main', clip: { bytes, seconds: source.seconds } }),
    source);
  await assertClean(follower, [sent]);

  // When a picture is shown, by the playlist's dates and the segments' own timestamps.
  const [segment] = follower.renditions.get('video').ordered();
  const { samples } = segment.media;
  const dateOf = (n) => segment.date + (frames[n].pts - frames[0].pts) / 90
    - (Math.min(...samples.map((s) => s.pts)) - samples[0].pts) / 90;
  const near = (text, n) => assert.ok(Math.abs(parseDate(text) - dateOf(n)) <= 40,
    `${text} is ${parseDate(text) - dateOf(n)} ms off`);
  for (const name of ['video', 'audio']) {
    const ranges = follower.renditions.get(name).list.tags
      .filter((x) => x.name === 'EXT-X-DATERANGE').map((x) => x.attributes);
    assert.equal(ranges.length, 3, `${name}: ${follower.renditions.get(name).list.text}`);
    const [first, second, third] = ranges;
    const value = (r, key) => r.get(key)?.value;
    assert.equal(value(first, 'SCTE35-OUT'), hex(leave));
    assert.equal(Number(value(first, 'PLANNED-DURATION')), 5);
    near(value(first, 'START-DATE'), 75);
    assert.equal(value(second, 'ID'), value(first, 'ID'));
    assert.equal(value(second, 'START-DATE'), value(first, 'START-DATE'));
    assert.equal(value(second, 'SCTE35-IN'), hex(enter));
    assert.equal(Number(value(second, 'DURATION')), 2);
    near(value(second, 'END-DATE'), 125);
    assert.equal(value(third, 'X-ID3'), hex(tag));
    assert.equal(value(third, 'CLASS'), 'org.id3');
    assert.equal(Number(value(third, 'DURATION')), 0);
    near(value(third, 'START-DATE'), 100);
  }
});

// Rules 88, 91: what was shown for longer than the skip boundary, 12 s, is left out of the answers
// to _HLS_skip=v2, and the checker, which lays them over the list it has, misses nothing.
test('delta updates skip date ranges', async (t) => {
  const source = await clip('long');
  const raw = readTs(readFileSync(source.file)).streams[0].aus;
  const tags = [30, 60, 400].map((n, i) => ({ at: n / 600,
    packet: packetOf(TAGS, i, pes(raw[n].ptsRaw, id3(`Act ${i}`))) }));
  const bytes = remap(insertPackets(readFileSync(source.file), tags), PMT_PID, (streams) =>
    [...streams, { type: 0x15, pid: TAGS, descriptors: Buffer.from('\x05\x04ID3 ', 'latin1') }]);
  const relay = await startRelay(t, { set: ['hls.window_segments=10'] });
  const follower = watch(t, relay, 'main');
  const ended = endedWell(pushRaw(t, relay, { room: 'main',
    clip: { bytes, seconds: source.seconds } }), source);
  const list = async (query) => {
    const r = await get(`${relay.base}/live/main/video.m3u8${query}`);
    return r.status === 200 ? r.body.toString() : '';
  };
  const count = (text) => text.match(/#EXT-X-DATERANGE/g)?.length ?? 0;
  const skipped = await until('a date range to be skipped', 30000, async () => {
    const text = await list('?_HLS_skip=v2');
    return /#EXT-X-SKIP/.test(text) && count(text) < count(await list('')) && text;
  });
  assert.match(skipped, /#EXT-X-VERSION:10\n/);
  const gone = await until('a date range to be gone', 30000, async () => {
    const text = await list('?_HLS_skip=v2');
    return /RECENTLY-REMOVED-DATERANGES="id3-/.test(text) && text;
  });
  const [, id] = /RECENTLY-REMOVED-DATERANGES="([^"\t]*)/.exec(gone);
  assert.ok(!(await list('')).includes(`ID="${id}"`), 'what is named is not listed');
  await ended;
  await assertClean(follower, [readTs(bytes)]);
});
