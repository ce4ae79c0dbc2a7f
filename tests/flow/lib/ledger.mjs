// Compares what was sent with what came out, access unit by access unit, bit for bit.
// SPDX-License-Identifier: MIT
//
// The promise: every access unit that was sent is in exactly one segment, with all its bytes, in
// order, with its PTS and DTS moved by one constant per session. Left out may be only what comes
// before the first IDR of a session: video, and audio that ends before that IDR begins.

const seconds = (ticks90k) => (ticks90k / 90000).toFixed(4);

function describe(kind, au, index) {
  return `${kind} access unit ${index} (pts ${seconds(au.pts)} s${au.key && kind === 'video'
    ? ', IDR' : ''}, ${au.units.length} unit(s), ${au.units.reduce((n, u) => n + u.length, 0)} B)`;
}

// First difference between two lists of units, in words.
export function difference(sent, got) {
  for (let i = 0; i < Math.max(sent.length, got.length); i++) {
    if (!sent[i]) return `unit ${i} (${got[i].length} B) was added`;
    if (!got[i]) return `unit ${i} (${sent[i].length} B) is missing`;
    if (sent[i].equals(got[i])) continue;
    const n = Math.min(sent[i].length, got[i].length);
    let at = 0;
    while (at < n && sent[i][at] === got[i][at]) at++;
    const sizes = `(sent ${sent[i].length} B, got ${got[i].length} B)`;
    return `unit ${i} differs from byte ${at} on ${sizes}`;
  }
  return 'nothing';
}

// Why samples[at] is not aus[next]: lost, extra or altered.
function explain(kind, aus, next, samples, at) {
  const au = aus[next];
  const sample = samples[at];
  const sent = describe(kind, au, next);
  if (!sample) return `${sent} and ${aus.length - next - 1} after it never came out`;
  const later = aus.findIndex((a, i) => i > next && a.sha1 === sample.sha1);
  if (later > 0) {
    return `${sent} was lost, with ${later - next - 1} after it: ${sample.where} is unit ${later}`;
  }
  const earlier = aus.findIndex((a, i) => i < next && a.sha1 === sample.sha1);
  if (earlier >= 0) return `${sample.where} repeats access unit ${earlier}, expected ${sent}`;
  return `${sent} was altered in ${sample.where}: ${difference(au.units, sample.units)}`;
}

// What the relay may leave out at the head of a session. → index of the first that must come
function firstDue(stream, video) {
  if (stream.kind === 'video') return stream.aus.findIndex((a) => a.key);
  const idr = video?.aus.find((a) => a.key);
  if (!idr) return 0;
  const length = stream.frameSamples * 90000 / stream.sampleRate;
  const due = stream.aus.findIndex((a) => a.pts + length > idr.dts);
  return due < 0 ? stream.aus.length : due;
}

// In 90 kHz ticks. Video is exact. A frame of 1024 samples at 48 kHz lasts 1920 ticks, so its time
// is right to the tick. At 44.1 kHz the PES timestamp itself is rounded and a sample lasts 2 ticks.
export function toleranceOf(track) {
  if (track.kind === 'video' && track.timescale === 90000) return 0;
  return Number.isInteger(1024 * 90000 / track.timescale) ? 1 : 90000 / track.timescale + 1;
}

class TrackLedger {
  constructor(name, track) {
    Object.assign(this, { name, track, at: 0, faults: [], matched: 0, leftOut: 0 });
  }

  fault(text) { if (this.faults.length < 8) this.faults.push(`${this.name}: ${text}`); }

  // One session's stream against the samples from this.at on. `next` is the first access unit of
  // the following session, where an incomplete one may end.
  session(session, stream, video, next, offsets) {
    const { samples } = this.track;
    const due = firstDue(stream, video);
    const { aus } = stream;
    let i = this.firstSent(aus, samples[this.at], offsets);
    if (i < 0 || i > due) i = due;
    this.leftOut += i;
    const from = this.at;
    for (; i < aus.length; i++, this.at++) {
      const sample = samples[this.at];
      if (sample?.sha1 === aus[i].sha1 && !this.isNewSession(session, sample, next, from)) {
        this.times(stream, aus[i], i, sample, offsets);
        this.breaks(sample, from);
        this.matched++;
      } else if (session.complete === false && (!sample || sample.discontinuity)) break;
      else {
        this.fault(explain(stream.kind, aus, i, samples, this.at));
        return false;
      }
    }
    session.reached = { ...session.reached, [stream.pid]: i };
    return true;
  }

  // Which access unit the session's first sample is; silence repeats itself, so time decides too.
  firstSent(aus, sample, offsets) {
    if (!sample) return -1;
    const at = sample.pts * 90000 / this.track.timescale;
    return aus.findIndex((a) => a.sha1 === sample.sha1
      && (offsets.value === undefined || Math.abs(at - a.pts - offsets.value) < 900));
  }

  // A cut-off session ends where a DISCONTINUITY brings the next one's first unit.
  isNewSession(session, sample, next, from) {
    return session.complete === false && sample.discontinuity && this.at > from && next
      && sample.sha1 === next.sha1;
  }

  breaks(sample, from) {
    if (sample.discontinuity && this.at !== from) {
      this.fault(`EXT-X-DISCONTINUITY before ${sample.where}, inside one session`);
    }
    if (this.at === from && from > 0 && !sample.discontinuity) {
      this.fault(`a new session begins at ${sample.where} without EXT-X-DISCONTINUITY`);
    }
  }

  times(stream, au, index, sample, offsets) {
    const scale = 90000 / this.track.timescale;
    const off = sample.pts * scale - au.pts;
    const tolerance = toleranceOf(this.track);
    if (offsets.value === undefined || (offsets.tolerance > tolerance)) {
      Object.assign(offsets, { value: off, tolerance });
    }
    if (Math.abs(off - offsets.value) > tolerance + offsets.tolerance) {
      this.fault(`${describe(stream.kind, au, index)} in ${sample.where} is shown `
        + `${((off - offsets.value) / 90).toFixed(3)} ms off`);
    }
    const offDts = sample.dts * scale - au.dts;
    if (stream.kind === 'video' && offDts !== off) {
      this.fault(`${describe(stream.kind, au, index)}: DTS moved by ${offDts}, PTS by ${off}`);
    }
  }
}

const streamsOf = (session, kind) => session.streams.filter((s) => s.kind === kind);

// sessions: [{streams (of readTs), complete (default true)}] in the order they were published.
// tracks: of Follower.tracks(). → {faults: [text], matched, leftOut, tracks: Map name → ledger}
export function compare(sessions, tracks) {
  const ledgers = new Map();
  const order = (kind) => tracks.filter((t) => t.kind === kind);
  const faults = [];
  const offsets = sessions.map(() => ({}));
  for (const kind of ['video', 'audio']) {
    const count = Math.max(...sessions.map((s) => streamsOf(s, kind).length));
    for (let n = 0; n < count; n++) {
      const track = order(kind)[n];
      const name = track?.name ?? `${kind} ${n + 1}`;
      if (!track) { faults.push(`${name}: no rendition carries it`); continue; }
      const ledger = new TrackLedger(name, track);
      ledgers.set(name, ledger);
      runTrack(ledger, sessions, kind, n, offsets);
    }
    if (order(kind).length > count) {
      faults.push(`${order(kind).length} ${kind} renditions for ${count} streams`);
    }
  }
  for (const l of ledgers.values()) faults.push(...l.faults);
  const sum = (key) => [...ledgers.values()].reduce((n, l) => n + l[key], 0);
  return { faults, matched: sum('matched'), leftOut: sum('leftOut'), tracks: ledgers };
}

function runTrack(ledger, sessions, kind, n, offsets) {
  for (const [k, session] of sessions.entries()) {
    const stream = streamsOf(session, kind)[n];
    if (!stream) continue;
    const video = streamsOf(session, 'video')[0];
    const following = sessions[k + 1] && streamsOf(sessions[k + 1], kind)[n];
    const next = following?.aus[Math.max(0, firstDue(following, video))];
    if (!ledger.session(session, stream, video, next, offsets[k])) return;
  }
  const left = ledger.track.samples.length - ledger.at;
  if (left > 0) {
    const { where } = ledger.track.samples[ledger.at];
    ledger.fault(`${left} samples more than were sent, from ${where}`);
  }
}

// All that a complete session must bring, for waiting until it has come out.
export function isComplete(sessions, tracks) {
  return compare(sessions, tracks).faults.length === 0;
}
