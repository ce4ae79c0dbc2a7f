/* What a swarm of viewers saw first under each name: the bytes of a URI, the moment of an answer.
 */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/first_seen.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

struct first_seen_slot {
    uint64_t name, value; /* name 0: empty */
};

uint64_t first_seen_hash(uint64_t h, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}

static struct first_seen_slot *find(struct first_seen_slot *slot, size_t slots, uint64_t name)
{
    size_t i = name & (slots - 1);

    while (slot[i].name != 0 && slot[i].name != name)
        i = (i + 1) & (slots - 1);
    return &slot[i];
}

static int grow(struct first_seen *f)
{
    size_t slots = f->slots ? f->slots * 2 : FIRST_SLOTS;
    struct first_seen_slot *more = calloc(slots, sizeof(*more));

    if (!more)
        return -1;
    for (size_t i = 0; i < f->slots; i++)
        if (f->slot[i].name != 0)
            *find(more, slots, f->slot[i].name) = f->slot[i];
    free(f->slot);
    f->slot = more;
    f->slots = slots;
    return 0;
}

uint64_t first_seen_note(struct first_seen *f, uint64_t name_hash, uint64_t value)
{
    struct first_seen_slot *s;
    uint64_t name = name_hash ? name_hash : 1;

    if (f->used * 2 >= f->slots && grow(f) < 0)
        return value;
    s = find(f->slot, f->slots, name);
    if (s->name == 0) {
        *s = (struct first_seen_slot){name, value};
        f->used++;
    }
    return s->value;
}

void first_seen_fini(struct first_seen *f)
{
    free(f->slot);
    *f = (struct first_seen){0};
}
