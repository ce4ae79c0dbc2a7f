// Writes small MPEG-2 transport streams by hand, for the checker's own tests.
// SPDX-License-Identifier: MIT
import { filler } from './make-fmp4.mjs';
import { crc32Mpeg } from './ts.mjs';

const PMT_PID = 0x1000;
export const VIDEO_PID = 0x100;
export const AUDIO_PID = 0x101;
const SPS = Buffer.from('000000016764000cacd941419f9f016a020202800000030080000019078a14cb', 'hex');
const PPS = Buffer.from('0000000168ebe3cb22c0', 'hex');

function section(tableId, id, body) {
  const b = Buffer.alloc(8 + body.length + 4);
  b[0] = tableId;
  b.writeUInt16BE(0xb000 | (5 + body.length + 4), 1);
  b.writeUInt16BE(id, 3);
  b[5] = 0xc1;
  body.copy(b, 8);
  b.writeUInt32BE(crc32Mpeg(b.subarray(0, -4)), b.length - 4);
  return b;
}

const word = (...n) => Buffer.from(n.flatMap((v) => [v >> 8 & 255, v & 255]));

function timestamp(marker, t) {
  const b = Buffer.alloc(5);
  const low = t % 2 ** 30;
  b[0] = marker << 4 | Math.floor(t / 2 ** 30) << 1 | 1;
  b.writeUInt16BE((low >> 15 & 0x7fff) << 1 | 1, 1);
  b.writeUInt16BE((low & 0x7fff) << 1 | 1, 3);
  return b;
}

// Keeps the counters, which go on from segment to segment.
export class TsWriter {
  constructor() { this.counters = new Map(); this.packets = []; }

  packet(pid, start, payload) {
    const counter = (this.counters.get(pid) ?? 15) + 1 & 15;
    this.counters.set(pid, counter);
    const room = 184 - payload.length;
    const p = Buffer.alloc(188, 0xff);
    p[0] = 0x47;
    p.writeUInt16BE((start ? 0x4000 : 0) | pid, 1);
    p[3] = (room ? 0x30 : 0x10) | counter;
    if (room) {
      p[4] = room - 1;
      if (room > 1) p[5] = 0;
    }
    payload.copy(p, 4 + room);
    this.packets.push(p);
  }

  // streams: [[type, pid]]
  tables(streams, programs = 1) {
    const list = Array.from({ length: programs }, (_, i) => word(i + 1, 0xe000 | (PMT_PID + i)));
    const table = (pid, bytes) => this.packet(pid, true, Buffer.concat([Buffer.from([0]), bytes,
      Buffer.alloc(183 - bytes.length, 0xff)]));
    table(0, section(0, 1, Buffer.concat(list)));
    table(PMT_PID, section(2, 1, Buffer.concat([word(0xe000 | VIDEO_PID, 0xf000),
      ...streams.map(([type, pid]) => Buffer.concat([Buffer.from([type]), word(0xe000 | pid,
        0xf000)]))])));
  }

  pes(pid, streamId, pts, payload) {
    const head = Buffer.concat([Buffer.from([0, 0, 1, streamId, 0, 0, 0x80, 0x80, 5]),
      timestamp(2, pts)]);
    const bytes = Buffer.concat([head, payload]);
    for (let p = 0; p < bytes.length; p += 184) {
      this.packet(pid, p === 0, bytes.subarray(p, p + 184));
    }
  }

  video(pts, key, seed, hevc = false) {
    const head = hevc ? [key ? 0x26 : 0x02, 1, 0x80] : [key ? 0x65 : 0x41, 0x88];
    const nal = Buffer.concat([Buffer.from([0, 0, 0, 1, ...head]),
      filler(seed, key ? 300 : 60)]);
    this.pes(VIDEO_PID, 0xe0, pts, key && !hevc ? Buffer.concat([SPS, PPS, nal]) : nal);
  }

  // ADTS, AAC-LC, 48 kHz, stereo.
  audio(pts, seed, pid = AUDIO_PID) {
    const size = 47;
    const adts = Buffer.from([0xff, 0xf1, 0x4c, 0x80, size >> 3, (size & 7) << 5 | 0x1f, 0xfc]);
    this.pes(pid, 0xc0, pts, Buffer.concat([adts, filler(seed, size - 7)]));
  }

  take() {
    const bytes = Buffer.concat(this.packets);
    this.packets = [];
    return bytes;
  }
}
