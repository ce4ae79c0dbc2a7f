// A relay one of whose children can be made to break: see saboteur.c.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run } from './child.mjs';
import { scratch, startRelay } from './relay.mjs';

// → {env, order(byte)}. Built under a sanitizer, the relay must be preloaded with its run-time
// first, which these tests do without.
export async function prepareSabotage(t) {
  const dir = scratch(t);
  const library = path.join(dir, 'saboteur.so');
  const cc = await run('cc', ['-std=c11', '-D_GNU_SOURCE', '-O1', '-shared', '-fPIC', '-o', library,
    path.join(ROOT, 'tests/flow/lib/saboteur.c'), '-ldl']);
  assert.equal(cc.code, 0, cc.log);
  const page = path.join(dir, 'order');
  writeFileSync(page, Buffer.alloc(4096));
  const file = openSync(page, 'r+');
  return { env: { LD_PRELOAD: library, SABOTAGE: page },
    order: (what) => writeSync(file, what, 0) };
}

// → {relay, order(byte)}
export async function startSabotaged(t, options) {
  const { env, order } = await prepareSabotage(t);
  return { relay: await startRelay(t, { ...options, env }), order };
}
