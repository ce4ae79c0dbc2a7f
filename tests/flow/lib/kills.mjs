// A relay that is killed again and again under load, and publishers that come back as OBS does.
// SPDX-License-Identifier: MIT
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run } from './child.mjs';
import { clip } from './clips.mjs';
import { sleep } from './http.mjs';
import { NumberWatch } from './numbers.mjs';
import { pushFfmpeg } from './push.mjs';
import { scratch } from './relay.mjs';

// A wall clock of the relay's own. → {env, step(ms)}
export async function ownClock(t) {
  const dir = scratch(t);
  const [file, library] = [path.join(dir, 'clock'), path.join(dir, 'preload_clock.so')];
  const made = await run('gcc', ['-shared', '-fPIC', '-O1', '-D_GNU_SOURCE', '-o', library,
    path.join(ROOT, 'tests', 'faults', 'preload_clock.c')]);
  if (made.code !== 0) throw new Error(made.log);
  const bytes = Buffer.alloc(8);
  writeFileSync(file, bytes);
  let offset = 0;
  const step = (ms) => {
    offset += ms;
    bytes.writeBigInt64LE(BigInt(Math.round(offset * 1000)));
    const fd = openSync(file, 'r+');
    writeSync(fd, bytes, 0, 8, 0);
    closeSync(fd);
  };
  return { env: { LD_PRELOAD: library, PRELOAD_CLOCK: file }, step,
    // ms is gone over in steps of a tenth of a second.
    async drift(msPerSecond, seconds) {
      for (let i = 0; i < seconds * 10; i++) {
        step(msPerSecond / 10);
        await sleep(100);
      }
    } };
}

// Publishes into a room for ever; again() is a publisher whose connection was lost.
export class Publisher {
  constructor(t, relay, room, source) {
    Object.assign(this, { t, relay, room, source, going: true, starts: 0 });
    t.after(() => { this.going = false; });
    this.start();
  }

  start() {
    this.starts++;
    const push = pushFfmpeg(this.t, this.relay, { room: this.room, clip: this.source, loop: 1000 });
    this.push = push;
    push.exited.then(async () => {
      await sleep(500);
      if (this.going && this.push === push) this.start();
    });
  }

  async again() {
    await this.push.kill();
  }

  async stop() {
    this.going = false;
    await this.push.kill();
  }
}

export async function underLoad(t, relay, rooms) {
  const source = await clip('small');
  const publishers = rooms.map((room) => new Publisher(t, relay, room, source));
  const watch = new NumberWatch(t, relay, rooms);
  await watch.grown(30000);
  return { publishers, watch,
    async stop() {
      await watch.finish();
      await Promise.all(publishers.map((p) => p.stop()));
    } };
}
