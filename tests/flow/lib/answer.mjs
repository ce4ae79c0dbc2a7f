// What any decent origin does with a resource: methods, ranges, compression, CORS, lifetimes.
// SPDX-License-Identifier: MIT
import { gzipSync } from 'node:zlib';

const CORS = { 'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Age, Date, Content-Length, Content-Range' };
const empty = Buffer.alloc(0);

export const refusal = (status, maxAge = 1, more = {}) => ({ status, body: empty, headers: {
  ...CORS, 'content-length': '0', 'cache-control': `max-age=${maxAge}`, ...more } });

function ranged(request, out) {
  const m = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (!m || out.status !== 200) return out;
  const n = out.body.length;
  const from = Number(m[1]);
  const to = Math.min(n, m[2] === '' ? n : Number(m[2]) + 1);
  if (from >= n) return { ...refusal(416),
    headers: { ...refusal(416).headers, 'content-range': `bytes */${n}` } };
  return { status: 206, body: out.body.subarray(from, to), headers: { ...out.headers,
    'content-length': `${to - from}`, 'content-range': `bytes ${from}-${to - 1}/${n}` } };
}

// resource: {type, body, maxAge, compress} or null. → {status, headers, body}
export function answer(request, resource) {
  const { method, headers } = request;
  if (method === 'OPTIONS') {
    return refusal(204, 600, { 'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': 'Range' });
  }
  if (!['GET', 'HEAD'].includes(method)) return refusal(405);
  if (!resource) return refusal(404);
  const zip = resource.compress && /\bgzip\b(?!;q=0)/.test(headers['accept-encoding'] ?? '');
  const body = zip ? gzipSync(resource.body) : resource.body;
  const out = ranged(request, { status: 200, body, headers: { ...CORS,
    'content-type': resource.type, 'content-length': `${body.length}`,
    'cache-control': `max-age=${resource.maxAge ?? 60}`, date: new Date().toUTCString(),
    ...resource.compress ? { vary: 'Accept-Encoding' } : {},
    ...zip ? { 'content-encoding': 'gzip' } : {} } });
  return method === 'HEAD' ? { ...out, body: empty } : out;
}
