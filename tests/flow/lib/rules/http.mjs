// Rules 69 and 101 to 111 as far as one answer shows them: pure, over status and headers.
// SPDX-License-Identifier: MIT
import { mediaType } from './syntax.mjs';

// A range as Cache-Control gives it; null: not said. s-maxage is for shared caches, as all here
// are.
export function maxAge(headers) {
  const text = headers['cache-control'] ?? '';
  if (/no-store|no-cache|private/.test(text)) return 0;
  const m = /s-maxage=(\d+)/.exec(text) ?? /max-age=(\d+)/.exec(text);
  return m ? Number(m[1]) : null;
}

const TYPES = {
  ts: ['video/mp2t'],
  fmp4: ['video/mp4', 'video/iso.segment', 'audio/mp4', 'audio/iso.segment', 'application/mp4'],
  init: ['video/mp4', 'audio/mp4', 'application/mp4'],
  packed: ['audio/aac', 'audio/ac3', 'audio/eac3', 'audio/mpeg', 'audio/mp4a-latm'],
  text: ['text/vtt'],
};

// Rule 107 of media. format: of media-segment.mjs, or 'init'.
export function checkType(format, headers, what) {
  const type = headers['content-type'];
  const right = TYPES[format]?.includes(mediaType(type)) ?? true;
  return right ? [] : [{ rule: 107, text: `${what} has Content-Type ${type}` }];
}

// Rules 104 and 110 of a playlist's answer. fresh: it brought something new just now; blocking:
// it was asked for with _HLS_msn.
export function checkPlaylistHeaders({ status, headers }, { targetDuration: td, live, blocking,
  fresh }) {
  const out = [];
  const fault = (rule, text) => out.push({ rule, text });
  const age = maxAge(headers);
  const what = `a ${blocking ? 'blocking ' : ''}playlist`;
  if (!live || !td) return out;
  if (status === 200 && age === null && !headers.expires) fault(104,
    `${what} has no Cache-Control`);
  else if (status === 200 && age > (blocking ? 6 * td : Math.max(1, td))) {
    fault(104, `${what} may be kept for ${age} s, TD is ${td}`);
  } else if (status >= 400 && age > 4 * td) {
    fault(104, `${what}'s ${status} may be kept for ${age} s, TD is ${td}`);
  }
  const [modified, date] = [headers['last-modified'], headers.date].map((d) => Date.parse(d));
  if (status === 200 && fresh && date - modified > (3 * td + 1) * 1000) {
    fault(110, `Last-Modified is ${(date - modified) / 1000} s before Date, TD is ${td}`);
  }
  return out;
}

// Rule 104 of an error about media.
export function checkErrorHeaders({ status, headers }, td, what) {
  const age = maxAge(headers);
  return status >= 400 && td && age > Math.max(1, td)
    ? [{ rule: 104, text: `${what}: a ${status} may be kept for ${age} s, TD is ${td}` }] : [];
}

// Rule 105: Age cannot be more than the time since something in the body cannot have been there.
// absentMs: ms from then until this answer was complete, null when nothing is known.
export function checkAge(headers, absentMs) {
  const age = Number(headers.age ?? 0);
  return absentMs !== null && age > 1 && age * 1000 > absentMs + 1000
    ? [{ rule: 105,
      text: `Age is ${age}, what it brings is at most ${(absentMs / 1000).toFixed(1)} s `
      + 'old' }] : [];
}

// Rule 108.
export function checkCors(headers, what) {
  const allowed = headers['access-control-allow-origin'];
  if (!allowed) return [{ rule: 108, text: `${what} has no Access-Control-Allow-Origin` }];
  const exposed = (headers['access-control-expose-headers'] ?? '').toLowerCase();
  const missing = exposed.includes('*') ? []
    : ['Age', 'Date', 'Content-Length',
      'Content-Range'].filter((n) => !exposed.includes(n.toLowerCase()));
  // Content-Length is safelisted (Fetch 2.2.4); the others are not.
  const hidden = missing.filter((n) => n !== 'Content-Length');
  return hidden.length ? [{ rule: 108, text: `${what} does not expose ${hidden.join(', ')}` }] : [];
}

// Rule 103: one range request's answer. whole: the resource; from, to: what was asked (to
// exclusive, null: open); needed: does a playlist use byte ranges?
export function checkRange(answer, { whole, from, to, needed, what }) {
  const { status, headers, body } = answer;
  const fault = (text) => [{ rule: 103, text: `${what}: ${text}` }];
  if (from >= whole.length) {
    if (status === 416) {
      return headers['content-range'] === `bytes */${whole.length}` ? []
        : fault(`416 with Content-Range ${headers['content-range']}`);
    }
    return status === 200 && !needed ? [] : fault(`a range past the end was answered ${status}`);
  }
  const end = Math.min(to ?? whole.length, whole.length);
  if (status === 200) return needed ? fault('a range was answered with the whole') : [];
  if (status !== 206) return fault(`a range was answered ${status}`);
  const says = new RegExp(`^bytes ${from}-${end - 1}/(${whole.length}|\\*)$`);
  if (!says.test(headers['content-range'] ?? '')) {
    return fault(`206 with Content-Range ${headers['content-range']}, asked was ${from}-`
      + `${end - 1}`);
  }
  return body.equals(whole.subarray(from, end)) ? [] : fault('206 with other bytes');
}

// Rules 31 and 83: how a body came. chunks: [{at, bytes}]; bestRate: bytes/ms that the link has
// shown; stalledMs: what our own process slept meanwhile. → ms it dribbled, 0 when it did not
export function dribbled({ headAt, doneAt, chunks, body },
  { durationS, bestRate, stalledMs, floorMs }) {
  const took = doneAt - headAt - stalledMs;
  if (!bestRate || chunks.length < 2 || took < Math.max(floorMs, durationS * 300)) return 0;
  // At a fifth of the best rate the link itself cannot be the reason.
  return took > 5 * body.length / bestRate ? Math.round(took) : 0;
}
