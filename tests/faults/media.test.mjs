// Faults of media time and structure, the long form: every case with SEEDS seeds. It runs alone.
// SPDX-License-Identifier: MIT
//
// EXPECTED: as tests/flow/faults-media.test.mjs, whose cases these are, with the invariants at their
// full strength around every case; and the long GOPs of case 24.
import { test } from 'node:test';
import { startRelay } from '../flow/lib/relay.mjs';
import { Invariants } from './lib/invariants.mjs';
import { longCases, mediaCases } from './lib/media-cases.mjs';
import { playCases } from './lib/media-run.mjs';
import { LONG, STRICT } from './lib/random.mjs';

const SEEDS = Number(process.env.SEEDS ?? 1);
const FROM = Number(process.env.SEED ?? 1);
const ONLY = process.env.CASE ? new RegExp(process.env.CASE) : /./;
const AT_ONCE = 6;

for (let seed = FROM; seed < FROM + SEEDS; seed++) {
  const cases = [...mediaCases(seed), ...(STRICT && !LONG ? [] : longCases(seed))].filter((c) => ONLY.test(c.name));
  for (let i = 0; i < cases.length; i += AT_ONCE) {
    const some = cases.slice(i, i + AT_ONCE);
    test(`seed ${seed}: ${some.map((c) => c.name).join(', ')}`, async (t) => {
      const relay = await startRelay(t, { set: ['hls.window_segments=40'] });
      const inv = await Invariants.start(t, relay);
      await playCases(t, relay, some);
      await inv.end();
    });
  }
}
