// Rules 1 to 9: what the text of any playlist must be.
// SPDX-License-Identifier: MIT
import { MEDIA_TAGS, MULTIVARIANT_TAGS, SEGMENT_TAGS } from '../hls.mjs';

const CONTENT_TYPES = new Set(['application/vnd.apple.mpegurl', 'audio/mpegurl']);

export const mediaType = (contentType) => (contentType ?? '').split(';')[0].trim().toLowerCase();
export const isPlaylistType = (contentType) => CONTENT_TYPES.has(mediaType(contentType));

// Rules 1–3 and 107: what the bytes must be, and what the answer says of them.
export function checkText(bytes, headers, path) {
  const contentType = headers['content-type'];
  const out = [];
  const text = bytes.toString('utf8');
  if (!/^#EXTM3U(\r?\n|$)/.test(text)) out.push({ rule: 1, text: '#EXTM3U is not the first line' });
  if (!Buffer.from(text, 'utf8').equals(bytes)) out.push({ rule: 2, text: 'is not UTF-8' });
  if (text !== text.normalize('NFC')) out.push({ rule: 2, text: 'is not NFC' });
  // 4.4.5.2 has tabs between the IDs of one attribute, whatever 4.1 says.
  const rest = text.replace(/RECENTLY-REMOVED-DATERANGES="[^"\n]*"/g, '');
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/.test(rest)) {
    out.push({ rule: 2, text: 'holds a BOM or control characters' });
  }
  if (!isPlaylistType(contentType) && !/\.m3u8?$/.test(path)) {
    out.push({ rule: 3, text: `Content-Type is ${contentType}, and path ${path} does not end in `
      + '.m3u8' });
  } else if (!isPlaylistType(contentType)) {
    out.push({ rule: 107, text: `a playlist has Content-Type ${contentType}` });
  }
  return out;
}

// Rule 4: what Section 8 demands of EXT-X-VERSION.
export function neededVersion(list) {
  const has = (name) => list.tags.some((t) => t.name === name);
  const attribute = (name) => list.tags.some((t) => t.attributes?.has(name));
  let need = 1;
  const atLeast = (v, condition) => { if (condition) need = Math.max(need, v); };
  atLeast(2, list.tags.some((t) => t.name === 'EXT-X-KEY' && t.attributes.has('IV')));
  atLeast(3, list.segments.some((s) => s.durationText?.includes('.')));
  atLeast(4, has('EXT-X-BYTERANGE') || has('EXT-X-I-FRAMES-ONLY'));
  atLeast(5, has('EXT-X-MAP') || attribute('KEYFORMAT') || attribute('KEYFORMATVERSIONS'));
  atLeast(6, has('EXT-X-MAP') && !has('EXT-X-I-FRAMES-ONLY'));
  atLeast(7, list.media.some((m) => m.get('INSTREAM-ID')?.value.startsWith('SERVICE')));
  atLeast(8, has('EXT-X-DEFINE'));
  atLeast(9, has('EXT-X-SKIP'));
  atLeast(10, list.skip?.removed !== undefined && list.skip !== null);
  atLeast(11, list.tags.some((t) => t.name === 'EXT-X-DEFINE' && t.attributes.has('QUERYPARAM')));
  atLeast(12, list.tags.some((t) => [...t.attributes?.keys() ?? []]
    .some((n) => n.startsWith('REQ-'))));
  return need;
}

// A list whose delta updates need a version may carry that version in its whole form too.
function allowedVersion(list, need) {
  const updates = list.control?.skipUntil === undefined ? 0 : list.control.skipsDateRanges ? 10 : 9;
  return Math.max(need, 6, updates, list.partTarget ? 9 : 0);
}

// Rules 4–8: one playlist of either kind, by itself.
export function checkSyntax(list) {
  const out = [...list.faults];
  const count = (name) => list.tags.filter((t) => t.name === name).length;
  const version = list.version ?? 1;
  if (count('EXT-X-VERSION') > 1) out.push({ rule: 4, text: 'EXT-X-VERSION twice' });
  const need = neededVersion(list);
  if (version < need) out.push({ rule: 4, text: `EXT-X-VERSION ${list.version}, needs ${need}` });
  if (version > allowedVersion(list, need)) {
    out.push({ rule: 4, text: `EXT-X-VERSION ${list.version} exceeds the need, ${need}`,
      level: 'should' });
  }
  if (count('EXT-X-ALLOW-CACHE') && version >= 7) {
    out.push({ rule: 5, text: 'EXT-X-ALLOW-CACHE, which version 7 removed' });
  }
  if (version >= 6 && list.tags.some((t) => t.attributes?.has('PROGRAM-ID'))) {
    out.push({ rule: 5, text: 'PROGRAM-ID, which version 6 removed' });
  }
  const names = list.tags.map((t) => t.name);
  const media = names.find((n) => MEDIA_TAGS.has(n) || SEGMENT_TAGS.has(n));
  const multi = names.find((n) => MULTIVARIANT_TAGS.has(n));
  if (media && multi) out.push({ rule: 6, text: `${media} and ${multi} in one playlist` });
  for (const name of MEDIA_TAGS) {
    if (count(name) > 1) out.push({ rule: 7, text: `${name} ${count(name)} times` });
  }
  return out;
}

// Rule 9: the same tag about the same thing has the same bytes at every reload. was, is:
// attribute Maps whose values mean the same.
export function checkSameBytes(what, was, is) {
  const out = [];
  for (const [name, { raw }] of was) {
    const now = is.get(name)?.raw;
    if (now !== undefined && now !== raw && Number(now) === Number(raw)) {
      out.push({ rule: 9, text: `${what}: ${name} was written ${raw}, is written ${now}` });
    }
  }
  return out;
}
