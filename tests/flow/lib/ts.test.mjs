// The TS reader agrees with ffprobe and notices damage.
// SPDX-License-Identifier: MIT
//
// EXPECTED: the same access units, times and sizes as ffprobe sees; a lost packet, a broken
// CRC and a lost sync byte are each said; the 33-bit wrap is undone, forward and back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from './child.mjs';
import { clip } from './clips.mjs';
import { readTs, unwrap } from './ts.mjs';

async function probe(file, stream) {
  const r = await run('ffprobe', ['-loglevel', 'error', '-select_streams', stream, '-show_entries',
    'packet=pts,dts,flags', '-of', 'csv=p=0', file]);
  return r.out.split('\n').filter((l) => l !== '').map((l) => l.split(','));
}

for (const name of ['h264-bframes-1080p', 'hevc', 'small', 'vfr', 'aac-44100']) {
  test(`${name}: access units as ffprobe counts and dates them`, async () => {
    const c = await clip(name);
    assert.deepEqual(c.sent.faults, []);
    for (const [kind, selector] of [['video', 'v'], ['audio', 'a']]) {
      const stream = c.sent.streams.find((s) => s.kind === kind);
      const packets = await probe(c.copy, selector);
      assert.equal(stream.aus.length, packets.length);
      for (const [i, [pts, dts, flags]] of packets.entries()) {
        assert.ok(Math.abs(stream.aus[i].pts - Number(pts)) <= 2, `${kind} ${i} pts`);
        assert.ok(Math.abs(stream.aus[i].dts - Number(dts)) <= 2, `${kind} ${i} dts`);
        if (kind === 'video') assert.equal(stream.aus[i].key, flags.startsWith('K'));
      }
    }
  });
}

test('damage is said', async () => {
  const { copy } = await clip('small');
  const good = readFileSync(copy);
  const packets = [...Array(200).keys()].map((i) => good.readUIntBE(i * 188 + 1, 3));
  const video = packets.findLastIndex((w) => w >> 8 === 0x0100 && w & 0x10);
  const lost = Buffer.concat([good.subarray(0, 188 * video), good.subarray(188 * (video + 1))]);
  assert.match(readTs(lost).faults.join(), /counter/);
  const crc = Buffer.from(good);
  const pat = 188 * packets.findIndex((w) => (w >> 8 & 0x1fff) === 0);
  crc[pat + 10] ^= 1;
  assert.match(readTs(crc).faults.join(), /CRC/);
  const sync = Buffer.from(good);
  sync[188 * 7] = 0;
  assert.match(readTs(sync).faults.join(), /no sync byte/);
  assert.match(readTs(good.subarray(0, 188 * 9 + 5)).faults.join(), /5 bytes after/);
});

test('33-bit timestamps are unwrapped to the nearest', () => {
  const top = 2 ** 33;
  assert.equal(unwrap(5, top - 10), top + 5);
  assert.equal(unwrap(top - 5, top + 3), top - 5);
  assert.equal(unwrap(100, 5 * top + 90), 5 * top + 100);
  assert.equal(unwrap(7, null), 7);
});
