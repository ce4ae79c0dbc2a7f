/* What one HTTP thread counts; written by it alone, read by anybody. */
/* SPDX-License-Identifier: MIT */
/* Owns: itself. Thread: tally_add by the owner, reading by any. Life: all zero. Fails: never. */
#ifndef RELAY_WEB_TALLY_H
#define RELAY_WEB_TALLY_H

#include "relay/room/body.h"
#include "relay/web/access.h"

#include <stdatomic.h>
#include <stdint.h>

enum { TALLY_CODES = 600 };

struct tally {
    _Atomic uint64_t connections, connections_open, refused_full;
    _Atomic uint64_t requests, bytes_out;
    _Atomic uint64_t by_code[TALLY_CODES];
    _Atomic uint64_t timeouts_head, timeouts_idle, timeouts_send, bad_requests;
    _Atomic uint64_t tls_handshakes, tls_resumed, tls_failed, tls_refused;
    _Atomic uint64_t h2_connections, h2_streams, h2_resets, h2_floods, h2_refused;
    _Atomic uint64_t holding, listeners, listeners_cut;
    _Atomic uint64_t audiences[BODY_AUDIENCES]; /* of the listeners, how many are which */
    _Atomic uint64_t access_refused[ACCESS_VERDICTS];
    _Atomic uint64_t blocked_answered, blocked_refused, blocked_timeouts;
};

/* One writer, so a plain load and store do: no locked instruction per reply. n may be negative
 * for gauges. */
static inline void tally_add(_Atomic uint64_t *counter, int64_t n)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + (uint64_t)n, memory_order_relaxed);
}

#endif
