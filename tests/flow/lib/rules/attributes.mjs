// Which type each attribute has (draft-pantos-hls-rfc8216bis 4.2 and each tag's own section).
// SPDX-License-Identifier: MIT

const TYPES = {
  quoted: /^"[^"\r\n]*"$/,
  integer: /^[0-9]{1,20}$/,
  decimal: /^[0-9]+(\.[0-9]+)?$/,
  signed: /^-?[0-9]+(\.[0-9]+)?$/,
  resolution: /^[0-9]+x[0-9]+$/,
  hex: /^0[xX][0-9A-F]+$/,
  word: /^[A-Za-z0-9-]+$/,
  yesNo: /^(YES|NO)$/,
};

const names = (type, text) => text.split(' ').map((n) => [n, type]);
const MAKE = (types) => new Map(Object.entries(types).flatMap(([t, text]) => names(t, text)));

const STREAM = { integer: 'BANDWIDTH AVERAGE-BANDWIDTH', decimal: 'SCORE', resolution: 'RESOLUTION',
  quoted: 'CODECS SUPPLEMENTAL-CODECS ALLOWED-CPC STABLE-VARIANT-ID VIDEO PATHWAY-ID '
    + 'REQ-VIDEO-LAYOUT', word: 'HDCP-LEVEL VIDEO-RANGE' };
const BY_TAG = new Map(Object.entries({
  'EXT-X-MAP': { quoted: 'URI BYTERANGE' },
  'EXT-X-KEY': { word: 'METHOD', quoted: 'URI KEYFORMAT KEYFORMATVERSIONS', hex: 'IV' },
  'EXT-X-SESSION-KEY': { word: 'METHOD', quoted: 'URI KEYFORMAT KEYFORMATVERSIONS', hex: 'IV' },
  'EXT-X-START': { signed: 'TIME-OFFSET', yesNo: 'PRECISE' },
  'EXT-X-DEFINE': { quoted: 'NAME VALUE IMPORT QUERYPARAM' },
  'EXT-X-SERVER-CONTROL': { decimal: 'CAN-SKIP-UNTIL HOLD-BACK PART-HOLD-BACK',
    yesNo: 'CAN-BLOCK-RELOAD CAN-SKIP-DATERANGES' },
  'EXT-X-PART-INF': { decimal: 'PART-TARGET' },
  'EXT-X-PART': { quoted: 'URI BYTERANGE', decimal: 'DURATION', yesNo: 'INDEPENDENT GAP' },
  'EXT-X-PRELOAD-HINT': { word: 'TYPE', quoted: 'URI',
    integer: 'BYTERANGE-START BYTERANGE-LENGTH' },
  'EXT-X-SKIP': { integer: 'SKIPPED-SEGMENTS', quoted: 'RECENTLY-REMOVED-DATERANGES' },
  'EXT-X-RENDITION-REPORT': { quoted: 'URI', integer: 'LAST-MSN LAST-PART' },
  'EXT-X-DATERANGE': { quoted: 'ID CLASS START-DATE END-DATE CUE', decimal: 'DURATION '
    + 'PLANNED-DURATION', yesNo: 'END-ON-NEXT' },
  'EXT-X-MEDIA': { word: 'TYPE', yesNo: 'DEFAULT AUTOSELECT FORCED', integer: 'BIT-DEPTH '
    + 'SAMPLE-RATE', quoted: 'URI GROUP-ID LANGUAGE ASSOC-LANGUAGE NAME STABLE-RENDITION-ID '
    + 'INSTREAM-ID CHARACTERISTICS CHANNELS PATHWAY-ID' },
  'EXT-X-STREAM-INF': { ...STREAM, decimal: 'SCORE FRAME-RATE', quoted: `${STREAM.quoted} AUDIO `
    + 'SUBTITLES' },
  'EXT-X-I-FRAME-STREAM-INF': { ...STREAM, quoted: `${STREAM.quoted} URI` },
  'EXT-X-SESSION-DATA': { quoted: 'DATA-ID VALUE URI LANGUAGE', word: 'FORMAT' },
  'EXT-X-CONTENT-STEERING': { quoted: 'SERVER-URI PATHWAY-ID' },
}).map(([tag, types]) => [tag, MAKE(types)]));

// Rule 8. Attributes that the table does not know may have any type.
export function checkTypes(tag, attributes, fault) {
  const types = BY_TAG.get(tag);
  for (const [name, { raw }] of attributes) {
    const type = types?.get(name);
    if (type && !TYPES[type].test(raw)) fault(8, `${tag}: ${name}=${raw} is not ${type}`);
  }
}
