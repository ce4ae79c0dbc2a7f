// mark_push as a child of a test.
// SPDX-License-Identifier: MIT
import path from 'node:path';
import { Child, ROOT } from '../../flow/lib/child.mjs';
import { readLedger } from './marked-ledger.mjs';

const BINARY = path.join(ROOT, 'build', 'tests', 'faults', 'mark_push');

// options: room, script (lines), seed, speed, srtClockUs, dir (for the ledger), streamId, srtPort,
// latencyMs.
// → Child with .ledger() and .script
export function markPush(t, relay, options) {
  const { room, script, seed = 1, speed = 1, srtClockUs = 0, dir, streamId = room,
    srtPort = relay.srtPort, latencyMs = 0 } = options;
  const file = path.join(dir, `${room}.ledger`);
  const push = new Child(BINARY, ['--to', `127.0.0.1:${srtPort}`, '--stream', streamId,
    '--ledger', file, '--speed', `${speed}`, '--seed', `${seed}`, '--srt-clock', `${srtClockUs}`,
    '--latency', `${latencyMs}`],
    { stdin: 'pipe' });
  push.process.stdin.end(`${script.join('\n')}\n`);
  push.ledger = () => readLedger(file);
  push.script = script;
  t.after(() => { push.signal('SIGKILL'); return push.exited; });
  return push;
}
