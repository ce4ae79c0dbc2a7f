// A control group of a test's own that limits memory, version 1 or 2, and a program inside it.
// SPDX-License-Identifier: MIT
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { scratch } from '../../flow/lib/relay.mjs';
import { sleep } from '../../flow/lib/http.mjs';

const LEGACY = { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes', most: 'memory.max_usage_in_bytes', events: 'memory.oom_control' };
const UNIFIED = { root: '/sys/fs/cgroup', limit: 'memory.max', usage: 'memory.current',
  most: 'memory.peak', events: 'memory.events' };

function kind() {
  if (existsSync(path.join(LEGACY.root, LEGACY.limit))) return LEGACY;
  const controllers = path.join(UNIFIED.root, 'cgroup.subtree_control');
  return existsSync(controllers) && /\bmemory\b/.test(readFileSync(controllers, 'latin1'))
    ? UNIFIED : null;
}

export class MemoryGroup {
  // → a group of that many bytes, or a sentence that says why there is none. Whoever made it removes
  // it, once the program inside has ended.
  static make(bytes) {
    const is = kind();
    if (!is) return 'no memory controller is mounted here';
    const dir = path.join(is.root, `roomcast-test-${process.pid}`);
    try {
      mkdirSync(dir);
      writeFileSync(path.join(dir, is.limit), `${bytes}`);
    } catch (e) { return `no control group can be made here: ${e.message}`; }
    return new MemoryGroup(dir, is);
  }

  constructor(dir, is) { Object.assign(this, { dir, is }); }

  read(name) {
    try { return readFileSync(path.join(this.dir, this.is[name]), 'latin1'); } catch { return ''; }
  }

  limit(bytes) { writeFileSync(path.join(this.dir, this.is.limit), `${bytes}`); }

  get usage() { return Number(this.read('usage')); }

  get most() { return Number(this.read('most')); }

  get kills() { return Number(/oom_kill (\d+)/.exec(this.read('events'))?.[1] ?? 0); }

  // A program that runs as the other one does, but inside. → its path
  wrap(t, binary) {
    const file = path.join(scratch(t), 'inside');
    writeFileSync(file, `#!/bin/sh\necho $$ >${this.dir}/cgroup.procs\nexec ${binary} "$@"\n`);
    chmodSync(file, 0o755);
    return file;
  }

  async remove() {
    for (let i = 0; i < 50; i++) {
      try { rmdirSync(this.dir); return; } catch { await sleep(100); }
    }
  }
}
