// What was found, each thing once, with the weight that its rule has.
// SPDX-License-Identifier: MIT
import { REGISTER } from './register.mjs';

// A fault is {rule, text} with an optional level; the rule's own level stands in register.mjs.
// 'note' is advice about how something was authored: it is reported and never counts as broken.
const ALIKE = 5;

export class Findings {
  constructor() { this.list = []; this.notes = []; this.seen = new Set(); this.alike = new Map(); }

  // The same sentence once only: a playlist is read many times. Of sentences that differ by their
  // numbers, the first few; `more` of the last one says how many there were beside.
  add(rule, where, text, level = REGISTER.get(rule)?.level ?? 'must') {
    const key = `${rule} ${where} ${text}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const kind = key.replace(/\d+/g, '0');
    const known = this.alike.get(kind) ?? [];
    if (known.length === ALIKE) {
      known.at(-1).more++;
      return;
    }
    const finding = { rule, where, text, level, more: 0 };
    this.alike.set(kind, [...known, finding]);
    (level === 'note' ? this.notes : this.list).push(finding);
  }

  takeAll(where, faults) { for (const f of faults) this.add(f.rule, where, f.text, f.level); }

  toString() {
    return this.list.map((f) => `rule ${f.rule}, ${f.where}: ${f.text}`).join('\n');
  }
}
