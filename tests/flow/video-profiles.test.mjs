// The profiles and levels that real encoders make: H.264 Baseline to High 4:2:2, HEVC Main, Main10.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit bit for bit; the sample entry's record and CODECS say exactly what
// the encoder's own SPS says (rule 60; RFC 6381 3.3, ISO/IEC 14496-15 annex E.3), in hvc1 and avc1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playTogether } from './lib/situation.mjs';
import { nalType } from './lib/nal.mjs';

const stripEscapes = (nal) => Buffer.from(nal.toString('latin1').replaceAll('\0\0\x03', '\0\0'),
  'latin1');

// What the name of the codec must be, from the first SPS that was sent.
function expected(source) {
  const video = source.sent.streams.find((s) => s.kind === 'video');
  const isSps = (n) => nalType(video.codec, n) === (video.codec === 'hevc' ? 33 : 7);
  const sps = stripEscapes(video.aus.flatMap((a) => a.units).find(isSps));
  if (video.codec === 'h264') {
    return `avc1.${sps.toString('hex', 1, 4).toUpperCase()}`;
  }
  // 7.3.2.2.1: two bytes of NAL header, one of ids, then profile_tier_level().
  const ptl = sps.subarray(3, 15);
  const bits = ptl.readUInt32BE(1).toString(2).padStart(32, '0');
  const compatibility = parseInt([...bits].reverse().join(''), 2).toString(16).toUpperCase();
  const constraints = [...ptl.subarray(5, 11)];
  while (constraints.at(-1) === 0) constraints.pop();
  return ['hvc1', ptl[0] & 31, compatibility, `${ptl[0] & 32 ? 'H' : 'L'}${ptl[11]}`,
    ...constraints.map((c) => c.toString(16).toUpperCase())].join('.');
}

// What the options ask for, as far as it is the same for every build of the encoder.
const CASES = {
  'avc-baseline-30': /^avc1\.42C01E$/,
  'avc-main-40': /^avc1\.4D[04]028$/,
  'avc-high-52': /^avc1\.640034$/,
  'avc-high10-42': /^avc1\.6E002A$/,
  'avc-high422-51': /^avc1\.7A0033$/,
  'hevc-main-31': /^hvc1\.1\.6\.L93\./,
  'hevc-main-high-tier-51': /^hvc1\.1\.6\.H153\./,
  'hevc-main10-40': /^hvc1\.2\.4\.L120\./,
};

test('CODECS of every profile and level', async (t) => {
  const rooms = await playTogether(t, Object.keys(CASES));
  for (const { name, source, follower, result } of rooms) {
    assert.equal(result.leftOut, 0, name);
    const { init } = follower.renditions.get('video').ordered()[0];
    const [codecs] = follower.index.variants[0].attributes.get('CODECS').value.split(',');
    assert.match(codecs, CASES[name], name);
    assert.equal(codecs, expected(source), name);
    assert.equal(init.rfc6381.toLowerCase(), codecs.toLowerCase(), name);
    assert.equal(init.entry, codecs.slice(0, 4), name);
  }
});
