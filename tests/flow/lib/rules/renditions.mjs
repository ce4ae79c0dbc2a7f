// Rules 20, 54, 65, 66, 86 and 99: the playlists of one presentation against each other.
// SPDX-License-Identifier: MIT

// Rules 20, 54 and 66: [{name, segments}] as in checkTimeline, segments dated. A segment's date
// names its first sample in presentation order.
export function checkAlignment(renditions, toleranceMs) {
  const out = [];
  const usable = renditions.map((r) => ({ name: r.name, segments: r.segments
    .filter((s) => s.date !== undefined && s.media?.samples.length)
    .map((s) => ({ ...s, at: firstTime(s), epoch: s.date - firstTime(s) })) }));
  const [first] = usable;
  for (const r of usable) {
    for (const [i, s] of r.segments.entries()) {
      const other = r === first ? r.segments[i - 1] : nearest(first.segments, s);
      if (!other || other.dsn !== s.dsn) continue;
      const off = beside(s.epoch - other.epoch, s.media.wraps);
      // Within one list, a jump of a second and more is a hole or an overlap: rules 32 and 53.
      if (off <= toleranceMs || (r === first && off >= 1000)) continue;
      out.push(misaligned(r.name, s, first, (s.epoch - other.epoch).toFixed(1)));
    }
  }
  return out.concat(checkBreaks(renditions));
}

const firstTime = (s) => s.media.samples.reduce((n, x) => Math.min(n, x.pts), Infinity)
  / s.init.timescale * 1000;
// A transport stream's clock wraps every 2^33 ticks.
const beside = (ms, wraps) => {
  const turn = 2 ** 33 / 90;
  return Math.abs(wraps ? ms - Math.round(ms / turn) * turn : ms);
};
const nearest = (segments, s) => segments.filter((x) => x.dsn === s.dsn)
  .reduce((a, b) => (a && Math.abs(a.at - s.at) <= Math.abs(b.at - s.at) ? a : b), null);

// The date is wrong when the media times of twins agree, else the times are. A twin has the same
// number, or in lists that number otherwise, the nearest date.
function misaligned(name, s, first, off) {
  const twin = first.segments.find((x) => x.msn === s.msn && x.dsn === s.dsn)
    ?? first.segments.reduce((a, b) => (Math.abs(a.date - s.date) <= Math.abs(b.date - s.date)
      ? a : b));
  return beside(twin.at - s.at, s.media.wraps) > 1000 * s.duration
    ? { rule: 66,
      text: `${name} MSN ${s.msn}: media times are ${off} ms from those of ${first.name} `
      + 'at the same date' }
    : { rule: 54, text: `${name} MSN ${s.msn}: date minus media time differs by ${off} ms from `
      + `${first.name}` };
}

// The same DISCONTINUITY must carry the same number everywhere: its dates must agree.
function checkBreaks(renditions) {
  const out = [];
  const breaks = new Map();
  for (const r of renditions) {
    for (const s of r.segments.filter((x) => x.discontinuity && x.date !== undefined)) {
      const known = breaks.get(s.dsn);
      if (!known) breaks.set(s.dsn, { date: s.date, name: r.name });
      else if (Math.abs(known.date - s.date) > 4000) {
        out.push({ rule: 20, text: `discontinuity ${s.dsn} lies ${s.date - known.date} ms apart in `
          + `${known.name} and ${r.name}` });
      }
    }
  }
  return out;
}

// Rule 65: [{name, list}]. The TARGETDURATION of I-frame lists is rule 67's matter.
export function checkSame(renditions) {
  const out = [];
  const [first] = renditions;
  const control = renditions.find((r) => r.list.control && !r.list.endList);
  for (const r of renditions) {
    if (!r.list.iframesOnly && r.list.targetDuration !== first.list.targetDuration) {
      out.push({ rule: 65, where: r.name,
        text: `TARGETDURATION is ${r.list.targetDuration}, that of `
        + `${first.name} is ${first.list.targetDuration}` });
    }
    const mine = r.list.control?.text;
    if (control && mine !== undefined && sorted(mine) !== sorted(control.list.control.text)
      && !r.list.endList) {
      out.push({ rule: 65, where: r.name, text: `SERVER-CONTROL is ${mine}, that of `
        + `${control.name} is ${control.list.control.text}` });
    }
  }
  return out;
}

const sorted = (text) => text.split(',').sort().join();

// Rule 86 within one list: others: URLs of the other media playlists (not of I-frames).
export function checkReports(list, url, others) {
  const out = [];
  const fault = (text) => out.push({ rule: 86, text });
  const reported = new Set();
  for (const report of list.reports) {
    if (!report.uri) { fault('a RENDITION-REPORT without URI'); continue; }
    if (/^[a-z][a-z0-9+.-]*:/i.test(report.uri)) fault(`${report.uri} is not relative`);
    const to = new URL(report.uri, url).href;
    if (reported.has(to)) fault(`${report.uri} is reported twice`);
    reported.add(to);
    if (report.msn === undefined) fault(`the report of ${report.uri} has no LAST-MSN`);
    if (report.part === undefined && list.partTarget) {
      fault(`the report of ${report.uri} has no LAST-PART`);
    }
  }
  for (const other of others) if (!reported.has(other)) fault(`no RENDITION-REPORT of ${other}`);
  return out;
}

const order = (r) => r.msn * 1e4 + (r.part ?? 0);

// Rule 86 in time. known: what the other list was seen to reach long enough before this one was
// asked for; later: what it reached when asked long enough after this one came (either may be
// null).
// reached: {msn, part} of the newest part.
export function checkReportTime(report, known, later) {
  const show = (r) => `MSN ${r.msn} part ${r.part}`;
  if (known && order(report) < order(known)) {
    return [{ rule: 86, text: `${report.uri} is reported at ${show(report)}, and was at `
      + `${show(known)} before that` }];
  }
  return later && order(report) > order(later)
    ? [{ rule: 86, text: `${report.uri} is reported at ${show(report)}, and was at ${show(later)} `
      + 'after that' }] : [];
}

// Rule 99: when each MSN was whole, by rendition: [{name, whole: Map msn → {at, doubtMs, date}}].
// Equal numbers need not mean equal content; equal numbers of one date do. absentMs(from, to): how
// much of that time nothing could reach the server.
export function checkTogether(renditions, partTarget, slackMs, absentMs = () => 0) {
  const out = [];
  const [first, ...others] = renditions;
  for (const r of others) {
    for (const [msn, a] of r.whole) {
      const b = first.whole.get(msn);
      if (!b || !(Math.abs(a.date - b.date) < 500)) continue;
      const apart = Math.abs(a.at - b.at) - a.doubtMs - b.doubtMs - slackMs
        - absentMs(Math.min(a.at, b.at), Math.max(a.at, b.at));
      if (apart > partTarget * 1000) {
        out.push({ rule: 99, text: `MSN ${msn} came to ${r.name} and ${first.name} `
          + `${Math.round(Math.abs(a.at - b.at))} ms apart` });
      }
    }
  }
  return out;
}
