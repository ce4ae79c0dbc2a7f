// The checker on delivery: the answers' headers, ranges, methods, and simultaneous requests.
// SPDX-License-Identifier: MIT
//
// EXPECTED: each broken one of rules 100 to 111 gives exactly its number.
import { refusal } from './lib/answer.mjs';
import { change, header, right, wrong } from './lib/scenario.mjs';

const LIST = /video\.m3u8/;
const SEGMENT = /video\/\d+\.m4s/;
const classic = (options) => ({ ll: false, names: ['video'], seconds: 3, ...options });
const get = ({ method }) => method === 'GET';

right('delivery', classic({}));

wrong(100, 'an unknown parameter is refused',
  classic(change(LIST, () => refusal(400), ({ query }) =>
  query.has('hls-check'))));
wrong(101, 'never compressed', { seconds: 3, ...change(LIST, (got, r) => r.origin.handle({ ...r,
  headers: {} }), ({ headers }) => headers['accept-encoding'] === 'gzip') });
wrong(101, 'compressed without Vary', classic(header(LIST, 'vary', undefined)));
wrong(103, 'a range with other bytes',
  classic(change(SEGMENT, (got) => ({ ...got, body: Buffer.alloc(
  got.body.length) }), ({ headers }) => headers.range)));
wrong(103, 'a wrong Content-Range', classic(header(SEGMENT, 'content-range', 'bytes 0-9/10',
  ({ headers }) => headers.range)));
wrong(103, 'a range past the end', classic(change(SEGMENT, (got) => ({ ...got, status: 206 }),
  (_, got) => got.status === 416)));
wrong(104, 'a playlist without Cache-Control', classic(header(LIST, 'cache-control', undefined)));
wrong(104, 'a playlist that may be kept for a minute', classic(header(LIST, 'cache-control',
  'max-age=60')));
wrong(104, 'a 404 that may be kept for an hour', classic(header(/none/, 'cache-control',
  'max-age=3600')));
wrong(104, 'a 400 that may be kept for a minute', { names: ['video'], seconds: 3, ...header(LIST,
  'cache-control', 'max-age=60', (_, got) => got.status === 400) });
wrong(105, 'an Age that cannot be', { seconds: 3, ...header(LIST, 'age', '20') });
wrong(106, 'a lifetime longer than the segment lives', { ll: false, names: ['video'], seconds: 24,
  window: 6, history: 7, wrong: { answer: (got, r) => (/\/10[0-2]\.m4s/.test(r.path)
    && r.origin.clock.now() > 18000 ? refusal(404) : got) } });
wrong(107, 'a segment as text', classic(header(SEGMENT, 'content-type', 'text/plain')));
wrong(107, 'a playlist as text', classic(header(LIST, 'content-type', 'text/plain')));
wrong(108, 'no CORS on a segment', classic(header(SEGMENT, 'access-control-allow-origin', undefined,
  get)));
wrong(108, 'no CORS on an error',
  classic(header(/none/, 'access-control-allow-origin', undefined)));
wrong(108, 'Age and Date are not exposed',
  classic(header(LIST, 'access-control-expose-headers', '')));
wrong(108, 'no preflight', classic(change(SEGMENT, () => refusal(405), ({ method }) => method
  === 'OPTIONS')));
wrong(110, 'Last-Modified of a minute ago',
  { ll: false, names: ['video'], ...change(LIST, (got) => ({
  ...got, headers: { ...got.headers,
    'last-modified': new Date(Date.now() - 60000).toUTCString() } })) });
wrong(111, 'HEAD is refused', classic(change(LIST, () => refusal(405), ({ method }) => method
  === 'HEAD')));
wrong(111, 'HEAD brings another length',
  classic(header(SEGMENT, 'content-length', '7', ({ method }) =>
  method === 'HEAD')));
wrong(111, 'POST is answered like GET', classic(change(LIST, (got, r) => r.origin.handle({ ...r,
  method: 'GET' }), ({ method }) => method === 'POST')));
