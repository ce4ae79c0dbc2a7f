// Boxes of ISO/IEC 14496-12: where they are and what lies in them.
// SPDX-License-Identifier: MIT

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'dinf', 'mvex', 'moof',
  'traf', 'edts']);

// → [{type, start, end, body, children}]; throws when a size leaves its parent.
export function readBoxes(bytes, from = 0, to = bytes.length) {
  const boxes = [];
  let p = from;
  while (p < to) {
    if (to - p < 8) throw new Error(`${to - p} bytes at ${p} are no box`);
    let size = bytes.readUInt32BE(p);
    const type = bytes.toString('latin1', p + 4, p + 8);
    let head = 8;
    if (size === 1 && to - p >= 16) {
      size = Number(bytes.readBigUInt64BE(p + 8));
      head = 16;
    }
    if (size < head || p + size > to) throw new Error(`box ${type} at ${p} has size ${size}`);
    const box = { type, start: p, end: p + size, body: bytes.subarray(p + head, p + size) };
    if (CONTAINERS.has(type)) box.children = readBoxes(bytes, p + head, p + size);
    boxes.push(box);
    p += size;
  }
  return boxes;
}

export const child = (box, ...path) => path.reduce(
  (b, type) => b?.children?.find((c) => c.type === type), box);
export const all = (boxes, type) => boxes.filter((b) => b.type === type);
