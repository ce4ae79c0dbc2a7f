/* What the connections of one HTTP thread share: its loop, limits, clocks and counters. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/http_loop.h"

#include "relay/base/clock.h"
#include "relay/web/h2_shared.h"
#include "relay/web/tls.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 64, US_PER_MS = 1000, US_PER_S = 1000000 };

/* One thread per base, and nobody else touches it: libevent's locks would be for nothing. */
static struct event_base *base_new(void)
{
    struct event_config *cfg = event_config_new();
    if (!cfg)
        return NULL;
    struct event_base *base = NULL;
    /* EV_ET and EV_CLOSED: a connection is registered once in its life, for all it may need. */
    if (event_config_require_features(cfg, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE) == 0 &&
        event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    return base;
}

int http_loop_init(struct http_loop *l, const struct config *config, struct gate *gate,
                   uint32_t thread)
{
    *l = (struct http_loop){.config = config, .gate = gate, .thread = thread, .heir = -1};
    ring_init(&l->ready);
    ring_init(&l->listeners);
    l->now_us = clock_mono_us();
    deadline_wheel_init(&l->wheel, l->now_us);
    input_pool_init(&l->inputs, config->http.max_head_bytes);
    l->base = base_new();
    return l->base ? 0 : -ENOMEM;
}

void http_loop_fini(struct http_loop *l)
{
    assert(l->conn_count == 0);
    input_pool_fini(&l->inputs);
    h2_shared_free(&l->h2);
    tls_context_unref(&l->tls);
    free(l->record);
    l->record = NULL;
    free(l->conns);
    free(l->free_slots);
    l->conns = NULL;
    l->free_slots = NULL;
    if (l->base)
        event_base_free(l->base);
    l->base = NULL;
}

int http_loop_secure(struct http_loop *l, struct gate *handshakes)
{
    assert(l->tls && !l->record);
    l->handshakes = handshakes;
    l->record = calloc(1, TLS_RECORD_BYTES);
    return l->record ? 0 : -ENOMEM;
}

void http_loop_set_tls(struct http_loop *l, struct tls_context *t)
{
    tls_context_unref(&l->tls);
    l->tls = tls_context_ref(t);
}

static int grow(struct http_loop *l)
{
    uint32_t count = l->slot_count ? l->slot_count * 2 : SLOTS_FIRST;
    struct conn **conns = realloc(l->conns, count * sizeof *conns);
    if (!conns)
        return -ENOMEM;
    l->conns = conns;
    uint32_t *free_slots = realloc(l->free_slots, count * sizeof *free_slots);
    if (!free_slots)
        return -ENOMEM;
    l->free_slots = free_slots;
    /* All present slots are taken, so the stack of free ones is empty: fill it with the new. */
    for (uint32_t i = l->slot_count; i < count; i++) {
        l->conns[i] = NULL;
        l->free_slots[i - l->slot_count] = count - 1 - (i - l->slot_count);
    }
    l->slot_count = count;
    return 0;
}

int http_loop_add(struct http_loop *l, struct conn *c, uint32_t *slot)
{
    if (l->conn_count == l->slot_count) {
        int rc = grow(l);
        if (rc)
            return rc;
    }
    *slot = l->free_slots[l->slot_count - l->conn_count - 1];
    l->conns[*slot] = c;
    l->conn_count++;
    return 0;
}

void http_loop_remove(struct http_loop *l, uint32_t slot)
{
    assert(slot < l->slot_count && l->conns[slot]);
    l->conns[slot] = NULL;
    l->conn_count--;
    l->free_slots[l->slot_count - l->conn_count - 1] = slot;
}

int64_t http_loop_send_deadline(const struct http_loop *l, uint64_t bytes)
{
    int64_t us = (int64_t)l->config->http.send_timeout_ms * US_PER_MS;
    if (l->config->http.min_rate_bytes) {
        int64_t fair = (int64_t)(bytes * US_PER_S / l->config->http.min_rate_bytes);
        us = fair > us ? fair : us;
    }
    return l->now_us + us;
}
