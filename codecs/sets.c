/* Keeps and finds the parameter sets that a track has shown. */
/* SPDX-License-Identifier: MIT */
#include "codecs/sets.h"

#include <string.h>

const struct codec_set *sets_find(const struct codec_sets *s, enum codec_set_kind kind, unsigned id)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->sets[i].kind == kind && s->sets[i].id == id)
            return &s->sets[i];
    return NULL;
}

const struct codec_set *sets_pps_in_use(const struct codec_sets *s)
{
    if (s->in_use)
        return sets_find(s, CODEC_SET_PPS, s->pps_in_use);
    for (uint32_t i = 0; i < s->count; i++)
        if (s->sets[i].kind == CODEC_SET_PPS)
            return &s->sets[i];
    return NULL;
}

struct nal sets_nal(const struct codec_set *set)
{
    return (struct nal){.data = set->data, .len = set->len};
}

void sets_write(struct bit_writer *w, const struct codec_set *set)
{
    bit_writer_put(w, 16, set->len);
    for (unsigned i = 0; i < set->len; i++)
        bit_writer_put(w, 8, set->data[i]);
}

/* FNV-1a over one set, 64 bits. */
static uint64_t set_hash(const struct codec_set *set)
{
    uint64_t hash = 0xcbf29ce484222325;
    const uint8_t head[] = {set->kind, set->id};
    for (size_t i = 0; i < sizeof head; i++)
        hash = (hash ^ head[i]) * 0x100000001b3;
    for (size_t i = 0; i < set->len; i++)
        hash = (hash ^ set->data[i]) * 0x100000001b3;
    return hash;
}

/* A sum, so that the same sets in another order are the same. */
uint64_t sets_hash(const struct codec_sets *s, int sps_in_use)
{
    uint64_t hash = (uint64_t)(sps_in_use + 1) * 0x9e3779b97f4a7c15;
    for (uint32_t i = 0; i < s->count; i++)
        hash += set_hash(&s->sets[i]);
    return hash;
}

static struct codec_set *find_or_add(struct codec_sets *s, enum codec_set_kind kind, uint8_t id)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->sets[i].kind == kind && s->sets[i].id == id)
            return &s->sets[i];
    if (s->count == CODEC_SETS_MAX)
        return NULL;
    struct codec_set *set = &s->sets[s->count++];
    *set = (struct codec_set){.kind = (uint8_t)kind, .id = id};
    return set;
}

bool sets_put(struct codec_sets *s, enum codec_set_kind kind, uint8_t id, const struct nal *nal)
{
    struct codec_set *set = nal->len <= sizeof set->data ? find_or_add(s, kind, id) : NULL;
    if (set == NULL) {
        s->ignored++;
        return false;
    }
    if (set->len == nal->len && memcmp(set->data, nal->data, nal->len) == 0)
        return false;
    memcpy(set->data, nal->data, nal->len);
    set->len = (uint16_t)nal->len;
    return true;
}
