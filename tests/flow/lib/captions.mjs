// Puts closed captions into a transport stream that has none: real CEA-608 and 708, as SEI.
// SPDX-License-Identifier: MIT
//
// Takes a clip of one H.264 track, gives each access unit an SEI unit with ATSC A/53 cc_data
// (CTA-708-E 4.3), and writes the PES packets anew. Debian's ffmpeg has no source of captions.

const PACKET = 188;

const odd = (b) => b | (b.toString(2).replaceAll('0', '').length % 2 ? 0 : 0x80);

// CTA-608-E: control codes are sent twice; letters two at a time.
export function cea608(text, { channel = 1 } = {}) {
  const second = channel % 2 === 0 ? 0x08 : 0;
  const field = channel > 2 ? 1 : 0;
  const control = (code) => [0x14 | field | second, code];
  const pairs = [control(0x25), control(0x25), control(0x2d), control(0x2d)]; // RU2, CR
  for (let i = 0; i < text.length; i += 2) {
    pairs.push([text.charCodeAt(i), i + 1 < text.length ? text.charCodeAt(i + 1) : 0x20]);
  }
  return pairs.map(([a, b]) => [0xfc | field, odd(a), odd(b)]);
}

// CTA-708-E 5, 6: a packet with one service block of these characters.
export function cea708(text, { service = 1, sequence = 0 } = {}) {
  const block = [service << 5 | text.length, ...Buffer.from(text, 'latin1')];
  if (block.length % 2 === 0) block.push(0); // the null service block
  const bytes = [sequence << 6 | (block.length + 1) / 2, ...block];
  const triplets = [];
  for (let i = 0; i < bytes.length; i += 2) {
    triplets.push([i === 0 ? 0xff : 0xfe, bytes[i], bytes[i + 1]]);
  }
  return triplets;
}

export const PADDING = [0xfc, 0x80, 0x80];

// SEI user_data_registered_itu_t_t35 of H.264 with these triplets (at most 31).
export function captionSei(triplets) {
  const body = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03, 0x40 | triplets.length, 0xff,
    ...triplets.flat(), 0xff];
  const out = [0x06, 0x04, body.length];
  let zeros = 0;
  for (const b of body) {
    if (zeros === 2 && b <= 3) { out.push(3); zeros = 0; }
    out.push(b);
    zeros = b === 0 ? zeros + 1 : 0;
  }
  return Buffer.from([...out, 0x80]);
}

const nalTypeAt = (es, p) => es[p + 3] & 31;

// After the delimiter and parameter sets, before the first slice or other SEI.
function insertPoint(es) {
  for (let p = es.indexOf('\0\0\x01', 0, 'latin1'); p >= 0;
    p = es.indexOf('\0\0\x01', p + 3, 'latin1')) {
    if (![7, 8, 9].includes(nalTypeAt(es, p))) return p > 0 && es[p - 1] === 0 ? p - 1 : p;
  }
  return es.length;
}

const payloadStart = (p) => (p[3] & 0x20 ? 5 + p[4] : 4);

// One PES as packets of that PID. `head` is the adaptation field of its first packet, if it had one.
function packets(pid, bytes, head, counter) {
  const out = [];
  for (let at = 0; at < bytes.length; ) {
    const field = at === 0 && head ? Buffer.from(head) : Buffer.alloc(0);
    let n = Math.min(184 - field.length, bytes.length - at);
    let stuffing = 184 - field.length - n;
    const p = Buffer.alloc(PACKET, 0xff);
    let adaptation = field;
    if (stuffing > 0) {
      if (adaptation.length === 0) adaptation = stuffing === 1 ? Buffer.from([0])
        : Buffer.concat([Buffer.from([stuffing - 1, 0]), Buffer.alloc(stuffing - 2, 0xff)]);
      else {
        adaptation = Buffer.concat([adaptation, Buffer.alloc(stuffing, 0xff)]);
        adaptation[0] += stuffing;
      }
      stuffing = 0;
    }
    n = 184 - adaptation.length;
    p[0] = 0x47;
    p[1] = (at === 0 ? 0x40 : 0) | pid >> 8;
    p[2] = pid & 255;
    p[3] = (adaptation.length ? 0x30 : 0x10) | counter.value++ & 15;
    adaptation.copy(p, 4);
    bytes.copy(p, 4 + adaptation.length, at, at + n);
    at += n;
    out.push(p);
  }
  return out;
}

// The head of a PES without what the encoder stuffed it with: discontinuity and PCR stay.
function firstField(p) {
  if (!(p[3] & 0x20) || p[4] === 0) return null;
  const used = 2 + (p[5] & 0x10 ? 6 : 0);
  const field = Buffer.from(p.subarray(4, 4 + used));
  field[0] = used - 1;
  field[1] &= 0xf0;
  return field;
}

// ts: a transport stream; pid: its H.264 track; triplets(n) → those of access unit n (in decoding
// order), or null for none. → the stream with captions
export function insertCaptions(ts, pid, triplets) {
  const out = [];
  const counter = { value: 0 };
  let open = null;
  let n = 0;
  const flush = () => {
    if (!open) return;
    const pes = Buffer.concat(open.chunks);
    const head = 9 + pes[8];
    const es = pes.subarray(head);
    const cc = triplets(n++);
    const at = insertPoint(es);
    const sei = cc ? Buffer.concat([Buffer.from([0, 0, 0, 1]), captionSei(cc)]) : Buffer.alloc(0);
    const bytes = Buffer.concat([pes.subarray(0, head), es.subarray(0, at), sei, es.subarray(at)]);
    if (bytes.readUInt16BE(4) !== 0) {
      const length = bytes.length - 6;
      bytes.writeUInt16BE(length > 0xffff ? 0 : length, 4);
    }
    out.splice(open.at, 0, ...packets(pid, bytes, open.field, counter));
    open = null;
  };
  for (let o = 0; o + PACKET <= ts.length; o += PACKET) {
    const p = ts.subarray(o, o + PACKET);
    if ((p.readUInt16BE(1) & 0x1fff) !== pid) { out.push(p); continue; }
    if (p[1] & 0x40) {
      flush();
      open = { at: out.length, chunks: [], field: firstField(p) };
    }
    if (open && p[3] & 0x10) open.chunks.push(p.subarray(payloadStart(p)));
  }
  flush();
  return Buffer.concat(out);
}
