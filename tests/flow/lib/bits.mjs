// Reads bits, Exp-Golomb codes among them, from bytes without emulation prevention.
// SPDX-License-Identifier: MIT

export class Bits {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }

  get left() { return this.bytes.length * 8 - this.at; }

  // Past the end there are zeros; whoever cares asks `left`, which is then negative.
  u(n) {
    let v = 0;
    for (let i = 0; i < n; i++, this.at++) {
      v = v * 2 + ((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7)) & 1);
    }
    return v;
  }

  flag() { return this.u(1) === 1; }

  skip(n) { this.at += n; }

  // ue(v), se(v): ISO/IEC 14496-10 9.1.
  ue() {
    let zeros = 0;
    while (zeros < 32 && this.left > 0 && this.u(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.u(zeros);
  }

  se() {
    const k = this.ue();
    return k % 2 ? (k + 1) / 2 : -k / 2;
  }
}

// A NAL unit's payload without emulation prevention bytes (7.4.1).
export function unescape(nal) {
  const out = [];
  for (let i = 0; i < nal.length; i++) {
    if (i >= 2 && nal[i] === 3 && nal[i - 1] === 0 && nal[i - 2] === 0) continue;
    out.push(nal[i]);
  }
  return Buffer.from(out);
}
