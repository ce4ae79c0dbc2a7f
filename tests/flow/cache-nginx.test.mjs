// Low latency through nginx.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a hundred viewers cost the relay what one does; each gets every part with the relay's
// bytes; nobody is shown an older playlist after a newer one. nginx looks after waiting requests
// twice a second (proxy_cache_lock), so half a second may pass; and it sends no Age, but the
// relay's Date.
import { test } from 'node:test';
import { lowLatencyThrough } from './lib/through-cache.mjs';

test('cache-nginx', (t) => lowLatencyThrough(t, 'nginx', { sendsAge: false, wakesMs: 1000 }));
