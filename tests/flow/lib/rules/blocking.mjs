// Rules 92 to 98: how playlist requests that wait were answered.
// SPDX-License-Identifier: MIT
import { reach } from '../hls.mjs';

// Does a list hold part `part` (undefined: all) of MSN msn, or something later?
export function holds(list, { msn, part }) {
  const { open } = list;
  if (open.msn > msn) {
    // Whole, or followed by a part: but a part beyond its last is part 0 of the next (rule 93).
    const segment = list.segments.find((s) => s.msn === msn);
    if (part === undefined || !segment || part < segment.parts.length || !segment.parts.length) {
      return true;
    }
    return open.msn > msn + 1 || open.parts.length > 0;
  }
  return part !== undefined && open.msn === msn && open.parts.length > part;
}

// How far a list reaches that holds just what was asked for and nothing more.
export function wanted(list, { msn, part }) {
  if (part === undefined) return { msn: msn + 1, parts: 0 };
  const segment = list.segments.find((s) => s.msn === msn);
  if (segment?.parts.length && part >= segment.parts.length) return { msn: msn + 1, parts: 1 };
  return segment && part === segment.parts.length - 1 ? { msn: msn + 1, parts: 0 }
    : { msn, parts: part + 1 };
}

// Parts that came and that a list holds beyond what was asked for, counted over the segments it
// knows.
function surplus(list, asked) {
  const { msn, parts } = wanted(list, asked);
  const all = [...list.segments, list.open].filter((s) => s.msn >= msn);
  return all.reduce((n, s) => n + s.parts.filter((p) => !p.gap).length, 0) - parts;
}

const name = ({ msn, part }) => `_HLS_msn=${msn}${part === undefined ? '' : `&_HLS_part=${part}`}`;

// One answer to a reload that was to wait for `asked`, {msn, part}. exchange: {status, waitedMs}
// where what our own process slept is taken away; list: parsed, when the status is 200; before:
// the list known when it was asked; slackMs: doubt; aheadMs: how long before this answer the part
// that `before` hints at began to come, when that was asked for. What comes from the encoder in one
// burst, after a black-out, is listed at once: only a list that lags behind its own parts was held.
export function checkBlocking({ asked, exchange, list, before, slackMs, aheadMs = Infinity }) {
  const out = [];
  const fault = (rule, text, level) => out.push({ rule, text, level });
  const td = before.targetDuration * 1000;
  const { status, waitedMs } = exchange;
  const known = holds(before, asked);
  if (status === 200) {
    if (list.endList) return out;
    if (!holds(list, asked)) {
      const at = reach(list);
      const beyond = asked.part !== undefined && at.msn > asked.msn;
      const text = `${name(asked)} was answered with a list that reaches MSN ${at.msn}, `
        + `${at.parts} part(s)`;
      if (waitedMs >= 3 * td) fault(97, `${text}, after ${waitedMs} ms; 503 is due`, 'should');
      else fault(list.iframesOnly ? 98 : beyond ? 93 : 92, text, list.iframesOnly ? 'should'
        : 'must');
    } else if (waitedMs > 3 * td + slackMs) {
      fault(97, `${name(asked)} was held for ${waitedMs} ms; 503 is due after ${3 * td}`, 'should');
    } else if (known && waitedMs > slackMs) {
      fault(92, `${name(asked)}, which is there, was held for ${waitedMs} ms`);
    } else if (list.partTarget && waitedMs > slackMs && surplus(list, asked) > 2
      && aheadMs > slackMs) {
      fault(92, `${name(asked)} was held while ${surplus(list, asked)} more parts came`);
    }
  } else if (status === 503 || status === 0) {
    if (waitedMs > 3 * td + slackMs + 1000) {
      fault(97, `${name(asked)} waited ${waitedMs} ms, 503 is due after ${3 * td}`, 'should');
    } else if (status === 503 && waitedMs < 3 * td - slackMs) {
      fault(92, `${name(asked)} was answered 503 after ${waitedMs} ms`);
    }
  } else if (status === 400 && !known) {
    fault(list?.iframesOnly ? 98 : 92, `${name(asked)}, the next one, was answered 400`);
  }
  return out;
}
