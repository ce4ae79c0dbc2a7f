// What a run of the checker has to say, for people and for programs.
// SPDX-License-Identifier: MIT
import { REGISTER } from './rules.mjs';

const RANK = { must: 0, should: 1, note: 2 };
const byWeight = (a, b) => RANK[a.level] - RANK[b.level] || a.rule - b.rule;

// [1, 2, 3, 5] → "1-3, 5"
export function spans(numbers) {
  const out = [];
  for (const n of numbers) {
    const last = out.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else out.push([n, n]);
  }
  return out.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(', ');
}

const line = (f) => `    ${f.where}: ${f.text}${f.more ? ` (and ${f.more} more like it)` : ''}`;

function grouped(list) {
  const lines = [];
  let rule = null;
  for (const f of [...list].sort(byWeight)) {
    if (f.rule !== rule) lines.push(`  rule ${f.rule} (${f.level}): ${REGISTER.get(f.rule).text}`);
    rule = f.rule;
    lines.push(line(f));
  }
  return lines;
}

function seen(follower) {
  return [...follower.renditions.values(), ...follower.iframes.values()].map((r) => {
    const n = r.ordered().length;
    const parts = [...r.parts.values()].filter((p) => p.size !== undefined).length;
    return `  ${r.name}: ${r.reloads} reloads, ${n} segments${parts ? `, ${parts} parts` : ''}`;
  });
}

function unread(follower) {
  const failures = [...new Set([...follower.misses, ...follower.errors])];
  return failures.slice(0, 8).map((f) => `  ${f}`);
}

export function report(follower, { url, seconds }) {
  const { findings, facts } = follower;
  const out = [`${url}, followed for ${seconds} s`];
  if (!facts.has('list')) {
    return `${[...out, 'could not check: no playlist was read', ...unread(follower)].join('\n')}\n`;
  }
  out.push(...seen(follower));
  if (unread(follower).length) out.push('requests without a playlist:', ...unread(follower));
  out.push(findings.list.length ? 'broken rules:' : 'no rule was found broken');
  out.push(...grouped(findings.list));
  if (findings.notes.length) out.push('advice, not counted:', ...grouped(findings.notes));
  if (facts.has('encrypted')) out.push('encrypted media was not checked');
  for (const remark of follower.remarks) out.push(remark);
  const { looked, not } = follower.coverage();
  out.push(`rules looked at: ${spans(looked)}`);
  const reasons = Map.groupBy?.(not, (n) => n.why) ?? group(not);
  out.push('rules not looked at:');
  for (const [why, list] of reasons) out.push(`  ${spans(list.map((n) => n.rule))}: ${why}`);
  return `${out.join('\n')}\n`;
}

// Map.groupBy, which Node 18 and 20 lack.
function group(list) {
  const map = new Map();
  for (const n of list) map.set(n.why, [...map.get(n.why) ?? [], n]);
  return map;
}

export function asJson(follower, { url, seconds }) {
  const { looked, not } = follower.coverage();
  const named = (f) => ({ ...f, title: REGISTER.get(f.rule).text });
  return `${JSON.stringify({ url, seconds, checked: follower.facts.has('list'),
    findings: [...follower.findings.list].sort(byWeight).map(named),
    notes: [...follower.findings.notes].sort(byWeight).map(named),
    encrypted: follower.facts.has('encrypted'), remarks: [...follower.remarks],
    renditions: [...follower.renditions.values(), ...follower.iframes.values()].map((r) => ({
      name: r.name, reloads: r.reloads, segments: r.ordered().length, parts: r.parts.size })),
    failures: [...follower.misses, ...follower.errors], looked, not }, null, 2)}\n`;
}
