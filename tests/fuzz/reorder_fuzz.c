/* Fuzzes the order of SRT packets: any sequence numbers come out growing, and none twice. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/reorder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WINDOW = 32 };

struct seen {
    int32_t first, last; /* numbers count from first; last: -1 before the first packet */
    uint64_t packets, holes;
};

static void check(int ok)
{
    if (!ok)
        abort();
}

static void on_packet(void *ctx, const uint8_t *bytes, size_t len)
{
    struct seen *s = ctx;
    int32_t number;

    check(len == sizeof(number));
    memcpy(&number, bytes, sizeof(number));
    check(number > s->last);
    s->last = number;
    s->packets++;
}

static void on_hole(void *ctx)
{
    ((struct seen *)ctx)->holes++;
}

/* Two bytes: what number came, as a step from the newest (draft-sharabayko-srt 3.1: mod 2^31). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.last = -1};
    struct reorder_out out = {.ctx = &seen, .packet = on_packet, .hole = on_hole};
    struct reorder *r;
    int32_t newest = -1;
    uint64_t sent = 0;

    if (size < 2)
        return 0;
    seen.first = data[0] & 1 ? 0x7fffffff - (data[0] >> 1) : data[0];
    if (reorder_new(&r, seen.first, WINDOW, data[1] & 1, &out))
        return 0;
    for (size_t i = 2; i + 1 < size; i += 2) {
        int32_t step = (int8_t)data[i], number = newest + (data[i + 1] & 0x80 ? step * 100 : step);

        if (number < 0)
            continue;
        newest = number > newest ? number : newest;
        sent++;
        reorder_take(r, (int32_t)(((uint32_t)seen.first + (uint32_t)number) & 0x7fffffffu),
                     (const uint8_t *)&number, sizeof(number));
    }
    check(seen.packets <= sent);
    check(seen.packets + reorder_missing(r) <= (uint64_t)(newest + 1));
    check(reorder_is_waiting(r) || seen.packets + reorder_missing(r) == (uint64_t)(newest + 1));
    reorder_free(&r);
    return 0;
}
