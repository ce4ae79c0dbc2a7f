// Exchanging the relay's program while it runs.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './child.mjs';
import { BINARY, scratch, startRelay } from './relay.mjs';

export const fronts = (relay) => relay.processes()
  .filter((p) => /^roomcast-front/.test(p.name));

// Asks as an operator would. → how long it took, in ms
export async function upgrade(relay) {
  const was = fronts(relay)[0].pid;
  const began = Date.now();
  const asked = await run(relay.binary, ['--upgrade', `${relay.pid}`]);
  assert.equal(asked.code, 0, `${asked.log}\n${relay.log.slice(-2000)}`);
  assert.ok(fronts(relay).some((p) => p.pid !== was), 'another front');
  return Date.now() - began;
}

// A relay whose program is a copy that can be exchanged.
export async function exchangeable(t, options = {}) {
  const binary = path.join(scratch(t), 'roomcast');
  copyFileSync(BINARY, binary);
  return startRelay(t, { ...options, binary, errors: [/upgrade/, ...(options.errors ?? [])] });
}

export function exchange(relay, bytes) {
  writeFileSync(`${relay.binary}.new`, bytes);
  chmodSync(`${relay.binary}.new`, 0o755);
  renameSync(`${relay.binary}.new`, relay.binary);
}
