// 33 hours of media within seconds: the 33-bit clock wraps early, and again 26.5 h later.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every picture comes out, no discontinuity, and the last one is where 33 hours put it.
// Nobody could follow that fast: counters and the last playlist tell.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markPush } from '../faults/lib/mark-push.mjs';
import { WRAP } from '../faults/lib/media-cases.mjs';
import { readSegment, readInit } from './lib/fmp4.mjs';
import { parsePlaylist } from './lib/hls.mjs';
import { get, until } from './lib/http.mjs';
import { scratch, startRelay } from './lib/relay.mjs';

const HOURS = 33;
const STEP_S = 1.5;
const PICTURES = HOURS * 3600 / STEP_S;
const EARLY_S = 5 * 3600;
const SPEED = 12000;

test('33 hours with two wraps', async (t) => {
  const relay = await startRelay(t, { env: { ROOMCAST_CLOCK_SCALE: '1000' },
    set: ['limits.feed_mbps=2000'] });
  const push = markPush(t, relay, { room: 'days', dir: scratch(t), speed: SPEED,
    script: [`set audio=off gop=1 width=16 height=16 step=${STEP_S * 90000}`,
      `jump ${WRAP - EARLY_S * 90000}`, `play ${HOURS * 3600}`] });
  const status = await push.wait(120000);
  assert.deepEqual(status, { code: 0, signal: null }, push.log);
  const ended = await until('the feed to end', 10000,
    () => relay.lines(/room\/days feed_ended/)[0]);
  assert.match(ended, new RegExp(`access_units=${PICTURES}/${PICTURES}$`), ended);
  const root = `${relay.base}/live/days/`;
  const list = parsePlaylist((await get(`${root}video.m3u8`)).body.toString('utf8'));
  const real = list.segments.filter((s) => !s.gap); // the room fills its hole already
  const last = real.at(-1);
  const init = readInit((await get(root + last.map)).body);
  const { samples } = readSegment((await get(root + last.uri)).body, init);
  const first = readSegment((await get(root + real[0].uri)).body, init).samples[0];
  assert.equal(list.segments.filter((s) => s.discontinuity).length, 0);
  assert.equal((samples.at(-1).dts - first.dts) / 90000,
    real.reduce((n, s) => n + s.duration, 0) - STEP_S, 'decode times in the last list');
  assert.ok(Math.abs(samples.at(-1).dts / 90000 - (HOURS * 3600 - STEP_S)) < 60,
    `the last picture is at ${samples.at(-1).dts / 90000} s`);
});
