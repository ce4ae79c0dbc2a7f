// Faults of media time and structure, the short form: a room for each, all of them at once.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every access unit that was sent whole comes out once, in order and unaltered; the
// timeline goes on; a discontinuity where the case has one and nowhere else; and the invariants.
import { test } from 'node:test';
import { Invariants } from '../faults/lib/invariants.mjs';
import { mediaCases } from '../faults/lib/media-cases.mjs';
import { playCases } from '../faults/lib/media-run.mjs';
import { startRelay } from './lib/relay.mjs';

const SEED = Number(process.env.SEED ?? 1);
const ONLY = process.env.CASE ? new RegExp(process.env.CASE) : /./;

test(`media faults, seed ${SEED}`, async (t) => {
  const relay = await startRelay(t, { set: ['hls.window_segments=40'] });
  const inv = await Invariants.start(t, relay, { memoryMb: 48 });
  await playCases(t, relay, mediaCases(SEED).filter((c) => ONLY.test(c.name)));
  await inv.end();
});
