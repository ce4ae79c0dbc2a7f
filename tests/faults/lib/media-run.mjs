// Plays cases of media faults at once, a room each, and holds every one to its promise.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import os from 'node:os';
import { Follower } from '../../flow/lib/follower.mjs';
import { sleep } from '../../flow/lib/http.mjs';
import { scratch } from '../../flow/lib/relay.mjs';
import { judgeCase } from './media-cases.mjs';
import { markPush } from './mark-push.mjs';
import { checkMarked } from './marked-ledger.mjs';

const SETTLE_MS = 6000;
// From a publisher's start as a process to its first IDR, and from a playlist to who polls it.
const START_MS = 700;
const PUSH_MS = 200000;

// Until the ledger is clean, or will not become so.
async function settled(ledger, follower) {
  const deadline = Date.now() + SETTLE_MS;
  let result = checkMarked(ledger, follower);
  while (result.faults.length && Date.now() < deadline) {
    await sleep(300);
    result = checkMarked(ledger, follower);
  }
  return result;
}

async function play(t, relay, c, dir) {
  const follower = new Follower(relay.base, c.room, { probes: false }).start();
  t.after(() => { follower.running = false; });
  follower.onIndex = () => { follower.playsAt ??= Date.now(); };
  const pushed = Date.now();
  const push = markPush(t, relay, { ...c, dir });
  const status = await push.wait(PUSH_MS);
  assert.deepEqual(status, { code: 0, signal: null }, `${c.name}: ${push.log}`);
  follower.left();
  const result = await settled(push.ledger(), follower);
  const findings = await follower.stop();
  const broken = findings.list.filter((f) => !(c.except ?? []).includes(f.rule))
    .map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`);
  assert.deepEqual(result.faults, [], `${c.name}: the ledger`);
  assert.deepEqual(broken, [], `${c.name}: broken rules`);
  assert.deepEqual(follower.errors, [], `${c.name}: requests that failed`);
  if (c.codec) assert.match(codecs(follower), c.codec, `${c.name}: CODECS`);
  if (c.firstMs) {
    const slackMs = START_MS * Math.max(1, os.loadavg()[0] / os.cpus().length);
    const tookMs = follower.playsAt - pushed;
    assert.ok(tookMs < c.firstMs + slackMs, `${c.name}: the first segment after ${tookMs} ms`);
  }
  if (c.independent !== undefined) {
    assert.equal(follower.renditions.get('video').list.independent, c.independent, c.name);
  }
  judgeCase(c, result);
  return result;
}

const codecs = (follower) => follower.index.variants.map((v) => v.attributes.get('CODECS')?.value)
  .join(' ');

// → nothing; throws with every case that failed
export async function playCases(t, relay, cases) {
  const dir = scratch(t);
  const outcome = await Promise.allSettled(cases.map((c) => play(t, relay, c, dir)));
  const failed = outcome.map((o, i) => (o.status === 'rejected'
    ? `${cases[i].name}: ${o.reason.message}\n  ${cases[i].script.join('; ')}` : null))
    .filter(Boolean);
  const units = outcome.reduce((n, o) => n + (o.value?.units ?? 0), 0);
  t.diagnostic(`${cases.length} cases, ${units} access units compared, ${failed.length} failed`);
  assert.equal(failed.length, 0, `${failed.join('\n\n')}`);
}
