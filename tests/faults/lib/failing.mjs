// Orders for tests/faults/tools/failing.c: which call of which process fails.
// SPDX-License-Identifier: MIT
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../flow/lib/child.mjs';
import { scratch } from '../../flow/lib/relay.mjs';

export const CALL = { malloc: 1, write: 2, shortWrite: 3, accept: 4, memfd: 5, pwrite: 6,
  slowPwrite: 7 };
export const ERROR = { EIO: 5, ENOMEM: 12, EMFILE: 24, ENOSPC: 28 };

const BYTES = 56;
const CLOCK_AT = 48;

export class Failing {
  constructor(t) {
    this.file = path.join(scratch(t), 'orders');
    this.fd = openSync(this.file, 'w+');
    writeSync(this.fd, Buffer.alloc(BYTES));
    t.after(() => closeSync(this.fd));
    this.env = { FAILING_ORDERS: this.file,
      LD_PRELOAD: path.join(ROOT, 'build/tests/faults/tools/failing') };
  }

  // The calls first .. first + count - 1 of that process from now on.
  order({ call, pid, error = ERROR.ENOMEM, first = 1, count = 1 }) {
    this.stop();
    const b = Buffer.alloc(BYTES);
    b.writeUInt32LE(call, 4);
    b.writeUInt32LE(pid, 8);
    b.writeUInt32LE(error, 12);
    b.writeBigUInt64LE(BigInt(first), 16);
    b.writeBigUInt64LE(BigInt(count), 24);
    writeSync(this.fd, b, 0, CLOCK_AT, 0);
    writeSync(this.fd, Buffer.from([1]), 0, 1, 0);
  }

  stop() { writeSync(this.fd, Buffer.alloc(4), 0, 4, 0); }

  // The wall clock of all processes is so far ahead of the true one.
  stepClock(us) {
    const b = Buffer.alloc(8);
    b.writeBigInt64LE(BigInt(Math.round(us)));
    writeSync(this.fd, b, 0, 8, CLOCK_AT);
  }

  // How many such calls there were, and how many of them failed.
  counts() {
    const b = Buffer.alloc(BYTES);
    readSync(this.fd, b, 0, BYTES, 0);
    return { seen: Number(b.readBigUInt64LE(32)), failed: Number(b.readBigUInt64LE(40)) };
  }
}
