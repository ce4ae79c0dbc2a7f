/* A hash table of fixed size; each slot remembers when its last ten lines were written. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log_rate.h"

/* FNV-1a, 64 bit: two kinds that share a value share a limit, which nobody would notice. */
static uint64_t hash_add(uint64_t h, unsigned char c)
{
    return (h ^ c) * UINT64_C(0x100000001b3);
}

uint64_t log_rate_kind(const char *ctx, const char *fmt)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *ctx; ctx++)
        h = hash_add(h, (unsigned char)*ctx);
    h = hash_add(h, 0);
    for (; *fmt && *fmt != ' '; fmt++)
        h = hash_add(h, (unsigned char)*fmt);
    return h ? h : 1;
}

/* The kind's slot, or the free or longest silent one of those where it may stand, made its own. */
static struct log_rate_slot *slot_of(struct log_rate *r, uint64_t kind)
{
    struct log_rate_slot *oldest = &r->slot[kind % LOG_RATE_SLOTS];
    for (unsigned i = 0; i < LOG_RATE_PROBES; i++) {
        struct log_rate_slot *s = &r->slot[(kind + i) % LOG_RATE_SLOTS];
        if (s->kind == kind)
            return s;
        if (s->seen_us < oldest->seen_us)
            oldest = s;
    }
    *oldest = (struct log_rate_slot){.kind = kind};
    return oldest;
}

bool log_rate_allow(struct log_rate *r, uint64_t kind, int64_t now_us, uint32_t *suppressed)
{
    pthread_mutex_lock(&r->lock);
    struct log_rate_slot *s = slot_of(r, kind);
    int64_t oldest_us = s->written_us[s->next];
    bool allowed = oldest_us == 0 || now_us - oldest_us >= LOG_RATE_US;
    s->seen_us = now_us;
    if (allowed) {
        *suppressed = s->suppressed;
        s->suppressed = 0;
        s->written_us[s->next] = now_us;
        s->next = (s->next + 1) % LOG_RATE_LINES;
    } else {
        s->suppressed++;
    }
    pthread_mutex_unlock(&r->lock);
    return allowed;
}
