// Low-latency viewers by the hundred: part_swarm, in a process of its own.
// SPDX-License-Identifier: MIT
import path from 'node:path';
import { Child, ROOT } from './child.mjs';

const SWARM = path.join(ROOT, 'build', 'tests', 'bench', 'part_swarm');

// options: room, viewers, seconds, hints, switchParts. → Child with .counts(), once it has ended.
export function startSwarm(t, relay, { room, viewers, seconds, hints = false, switchParts = 0 }) {
  const swarm = new Child(SWARM, ['--viewers', `${viewers}`, '--seconds', `${seconds}`,
    ...(hints ? ['--hints'] : []), ...(switchParts ? ['--switch', `${switchParts}`] : []),
    `127.0.0.1:${relay.httpPort}/live/${room}/`]);
  t.after(() => swarm.signal('SIGKILL'));
  swarm.counts = async () => {
    await swarm.wait((seconds + 20) * 1000);
    return Object.fromEntries([...swarm.out.matchAll(/(\w+)=([\d.]+)/g)]
      .map(([, name, value]) => [name, Number(value)]));
  };
  return swarm;
}
