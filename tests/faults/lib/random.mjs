// Random numbers that a seed repeats, the seed of this run, and how busy the machine is.
// SPDX-License-Identifier: MIT
import os from 'node:os';

// FAULTS=strict holds a case to the whole promise, FAULTS=long makes it big as well.
export const STRICT = Boolean(process.env.FAULTS);
export const LONG = process.env.FAULTS === 'long';
export const SEED = Number(process.env.FAULT_SEED ?? 1);

// What a promise about time is multiplied with where others use the machine too.
export const busy = () => Math.max(1, os.loadavg()[0] / os.cpus().length);

// xorshift32 (G. Marsaglia, 2003).
export class Random {
  constructor(seed = SEED) {
    this.state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0 || 1;
  }

  next() {
    let x = this.state;
    x ^= x << 13; x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5; x >>>= 0;
    this.state = x;
    return x;
  }

  below(n) { return n > 0 ? Math.floor(this.next() / 4294967296 * n) : 0; }

  chance(p) { return p > 0 && this.next() / 4294967296 < p; }

  bytes(n) { return Buffer.from(Array.from({ length: n }, () => this.below(256))); }
}
