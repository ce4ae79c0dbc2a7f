// Low latency through Varnish.
// SPDX-License-Identifier: MIT
//
// EXPECTED: a hundred viewers cost the relay what one does; each gets every part, at once, with the
// relay's bytes; nobody is shown an older playlist after a newer one; Age is right.
import { test } from 'node:test';
import { lowLatencyThrough } from './lib/through-cache.mjs';

test('cache-varnish', (t) => lowLatencyThrough(t, 'varnish', { sendsAge: true, wakesMs: 500 }));
