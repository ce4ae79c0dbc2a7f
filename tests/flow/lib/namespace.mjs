// Runs a test file again inside a network namespace of its own, where packets may be dropped.
// SPDX-License-Identifier: MIT
//
// Nothing outside is touched: the namespace has a loopback only and ends with the process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';

const MARK = 'ROOMCAST_NAMESPACE';

async function whyNot() {
  if (process.getuid() !== 0) return 'needs root for a network namespace';
  const r = await run('unshare', ['-n', 'sh', '-c',
    'ip link set lo up && nft add table inet roomcast'], { limitMs: 5000 });
  return r.code === 0 ? false : `no network namespace with nftables here: ${r.log.trim()}`;
}

// body(t) runs where nft() works. The outer test only starts it and shows what it said.
export async function testInNamespace(name, url, body) {
  if (process.env[MARK]) { test(name, body); return; }
  const skip = await whyNot();
  test(name, { skip }, async () => {
    const r = await run('unshare', ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh',
      process.execPath, '--test-reporter=tap', fileURLToPath(url)], { limitMs: 150000,
      env: { [MARK]: '1', NODE_TEST_CONTEXT: undefined } });
    assert.equal(r.code, 0, `${r.out}\n${r.log}`);
  });
}

async function nft(...args) {
  const r = await run('nft', args, { limitMs: 5000 });
  assert.equal(r.code, 0, `nft ${args.join(' ')}: ${r.log}`);
}

// Drops packets from and to the port as the match says ("" for all). → function that ends it.
export async function dropPackets(port, match) {
  await nft('add', 'table', 'inet', 'loss');
  await nft('add', 'chain', 'inet', 'loss', 'in', '{ type filter hook input priority 0; }');
  for (const way of ['dport', 'sport']) {
    await nft('add', 'rule', 'inet', 'loss', 'in', `udp ${way} ${port} ${match} counter drop`);
  }
  return () => nft('delete', 'table', 'inet', 'loss');
}

export async function dropped() {
  const r = await run('nft', ['list', 'table', 'inet', 'loss'], { limitMs: 5000 });
  return [...r.out.matchAll(/counter packets (\d+)/g)].reduce((n, m) => n + Number(m[1]), 0);
}
