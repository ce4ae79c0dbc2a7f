// High dynamic range: PQ with HDR10 metadata, HLG, and plain BT.709 beside them.
// SPDX-License-Identifier: MIT
//
// EXPECTED: VIDEO-RANGE by the VUI's transfer characteristics (rule 62); colr in the sample entry
// with the VUI's values; HDR10's SEI in every IDR that had it, bit for bit, in hvcC (rule 49) and
// as mdcv and clli.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playTogether } from './lib/situation.mjs';
import { nalType } from './lib/nal.mjs';

const BT2020 = (transfer) => ({ primaries: 9, transfer, matrix: 9, fullRange: false });
const CASES = {
  'hevc-pq-hdr10': { range: 'PQ', colour: BT2020(16) },
  'hevc-hlg': { range: 'HLG', colour: BT2020(18) },
  'avc-hlg': { range: 'HLG', colour: BT2020(18) },
  'hevc-main10-40': { range: 'SDR', colour: { primaries: 1, transfer: 1, matrix: 1,
    fullRange: false } },
};
// G, B, R, white point; 1000 cd/m2 to 0.005 cd/m2, as x265 was told.
const MASTERING = Buffer.from('33c286c41d4c0bb884d03e803d1340420098968000000032', 'hex');

// The SEI units of hvcC's array of NAL type 39.
function seiOfRecord(hvcC) {
  const units = [];
  let p = 23;
  for (let arrays = hvcC[22]; arrays > 0; arrays--) {
    const type = hvcC[p] & 63;
    const count = hvcC.readUInt16BE(p + 1);
    p += 3;
    for (let i = 0; i < count; i++) {
      const n = hvcC.readUInt16BE(p);
      if (type === 39) units.push(hvcC.subarray(p + 2, p + 2 + n));
      p += 2 + n;
    }
  }
  return units;
}

test('VIDEO-RANGE, colour boxes and HDR10 metadata', async (t) => {
  const rooms = await playTogether(t, Object.keys(CASES));
  for (const { name, follower, result } of rooms) {
    assert.equal(result.leftOut, 0, name);
    const { init } = follower.renditions.get('video').ordered()[0];
    const range = follower.index.variants[0].attributes.get('VIDEO-RANGE').raw;
    assert.equal(range, CASES[name].range, name);
    assert.deepEqual(init.colour, CASES[name].colour, name);
    assert.equal(init.clli === null, name !== 'hevc-pq-hdr10', name);
  }
  const { source, follower } = rooms.find((r) => r.name === 'hevc-pq-hdr10');
  const { init } = follower.renditions.get('video').ordered()[0];
  assert.deepEqual(init.clli, { maxCll: 1000, maxFall: 400 });
  assert.ok(init.mdcv.equals(MASTERING));
  const sent = source.sent.streams[0].aus[0].units.filter((n) => nalType('hevc', n) === 39
    && [137, 144].includes(n[2])).sort((a, b) => a[2] - b[2]);
  assert.equal(sent.length, 2, 'x265 wrote both messages');
  assert.deepEqual(seiOfRecord(init.config), sent, 'hvcC repeats them');
});
