// Changes the program map of a transport stream, and puts packets of further PIDs into it.
// SPDX-License-Identifier: MIT
import { crc32Mpeg } from './ts.mjs';

const PACKET = 188;

function withCrc(section) {
  const out = Buffer.concat([section, Buffer.alloc(4)]);
  out.writeUInt16BE(0xb000 | out.length - 3, 1);
  out.writeUInt32BE(crc32Mpeg(out.subarray(0, -4)), out.length - 4);
  return out;
}

// streams → streams, each {type, pid, descriptors}; the map must fit into one packet, as ffmpeg's.
export function remap(ts, pmtPid, change) {
  const out = Buffer.from(ts);
  for (let o = 0; o + PACKET <= out.length; o += PACKET) {
    const p = out.subarray(o, o + PACKET);
    if ((p.readUInt16BE(1) & 0x1fff) !== pmtPid || !(p[1] & 0x40)) continue;
    const section = p.subarray(5, 5 + 3 + (p.readUInt16BE(6) & 0xfff) - 4);
    const head = 12 + (section.readUInt16BE(10) & 0xfff);
    const streams = [];
    for (let s = head; s + 5 <= section.length;) {
      const n = section.readUInt16BE(s + 3) & 0xfff;
      streams.push({ type: section[s], pid: section.readUInt16BE(s + 1) & 0x1fff,
        descriptors: Buffer.from(section.subarray(s + 5, s + 5 + n)) });
      s += 5 + n;
    }
    const entries = change(streams).map(({ type, pid, descriptors = Buffer.alloc(0) }) => {
      const entry = Buffer.alloc(5);
      entry[0] = type;
      entry.writeUInt16BE(0xe000 | pid, 1);
      entry.writeUInt16BE(0xf000 | descriptors.length, 3);
      return Buffer.concat([entry, descriptors]);
    });
    const whole = withCrc(Buffer.concat([Buffer.from(section.subarray(0, head)), ...entries]));
    p.fill(0xff, 5);
    whole.copy(p, 5);
  }
  return out;
}

// One packet of a PID with at most 184 bytes of payload, stuffed in its adaptation field.
export function packetOf(pid, counter, payload) {
  const p = Buffer.alloc(PACKET, 0xff);
  const stuffing = 184 - payload.length;
  p[0] = 0x47;
  p[1] = 0x40 | pid >> 8;
  p[2] = pid & 255;
  p[3] = (stuffing ? 0x30 : 0x10) | counter & 15;
  if (stuffing > 0) p[4] = stuffing - 1;
  if (stuffing > 1) p[5] = 0;
  payload.copy(p, PACKET - payload.length);
  return p;
}

// Inserts packets, [{at (0 to 1 of the stream), packet}], between whole packets.
export function insertPackets(ts, inserts) {
  const pieces = [];
  let from = 0;
  for (const { at, packet } of [...inserts].sort((a, b) => a.at - b.at)) {
    const to = Math.floor(at * ts.length / PACKET) * PACKET;
    pieces.push(ts.subarray(from, to), packet);
    from = to;
  }
  return Buffer.concat([...pieces, ts.subarray(from)]);
}
