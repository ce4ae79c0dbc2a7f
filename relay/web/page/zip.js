/* A zip archive of a few short texts, stored as they are (APPNOTE.TXT sections 4.3.7 to 4.3.16). */
/* SPDX-License-Identifier: MIT */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20; /* 2.0: folders */
const UTF8 = 0x0800; /* general purpose bit 11: names are UTF-8 */
const DAY = 0x21; /* 1980-01-01: the same texts give the same archive */

/* ISO 3309, as zip uses it. */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/* values: [bytes, number] pairs, little-endian. */
function pack(values) {
  const size = values.reduce((sum, [n]) => sum + n, 0);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const [n, value] of values) {
    if (n === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += n;
  }
  return new Uint8Array(view.buffer);
}

function join(parts) {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/* What the local and the central header of a file have in common. */
function common(name, bytes) {
  return [
    [2, VERSION], [2, UTF8], [2, 0], [2, 0], [2, DAY],
    [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0],
  ];
}

/* files: [name, text] pairs. */
export function zip(files) {
  const utf8 = new TextEncoder();
  const locals = [];
  const centrals = [];
  let at = 0;
  for (const [path, text] of files) {
    const [name, bytes] = [utf8.encode(path), utf8.encode(text)];
    const local = join([pack([[4, LOCAL], ...common(name, bytes)]), name, bytes]);
    const rest = [[2, 0], [2, 0], [2, 0], [4, 0], [4, at]];
    centrals.push(pack([[4, CENTRAL], [2, VERSION], ...common(name, bytes), ...rest]), name);
    locals.push(local);
    at += local.length;
  }
  const directory = join(centrals);
  const n = files.length;
  const end = pack([
    [4, END], [2, 0], [2, 0], [2, n], [2, n], [4, directory.length], [4, at], [2, 0],
  ]);
  return join([...locals, directory, end]);
}
