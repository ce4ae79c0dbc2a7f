// The tools of these tests are themselves tested: on honest material and on material broken
// on purpose.
// SPDX-License-Identifier: MIT
//
// EXPECTED: every self-test below lib/ passes: no finding on good material, each fault named.
import './lib/ts.test.mjs';
import './lib/fmp4.test.mjs';
import './lib/rules.test.mjs';
import './lib/ledger.test.mjs';
import './lib/follower.test.mjs';
import './lib/agreement.test.mjs';
