/* Queries: what is let through says the same when it is written out again, and is judged. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/directives.h"
#include "relay/web/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
    if (!ok)
        abort();
}

static void again(const struct directives *d)
{
    char text[128];
    struct directives e;
    const char *sentence;
    int n = snprintf(text, sizeof text, "a");
    if (d->has_part)
        n += snprintf(text + n, sizeof text - (size_t)n, "&_HLS_part=%" PRIu64, d->part);
    if (d->has_skip)
        n += snprintf(text + n, sizeof text - (size_t)n, "&_HLS_skip=YES");
    if (d->has_msn)
        n += snprintf(text + n, sizeof text - (size_t)n, "&_HLS_msn=%" PRIu64, d->msn);
    check(directives_parse(&e, text, (size_t)n, &sentence) == 0);
    check(e.has_msn == d->has_msn && e.has_part == d->has_part && e.has_skip == d->has_skip &&
          e.msn == d->msn && e.part == d->part);
}

/* What is ready stays so when the stream goes on; nothing waits for more than two segments. */
static void judge(const struct directives *d, uint64_t open, uint32_t parts)
{
    struct view_rendition now = {
        .blocks = true, .open_msn = open, .open_parts = parts, .last_parts = 4};
    struct view_rendition next = {
        .blocks = true, .open_msn = open + 1, .last_parts = parts, .open_parts = 1};
    enum reload_verdict a = reload_judge(&now, 500, d), b = reload_judge(&next, 500, d);
    check(a > RELOAD_READY || b <= RELOAD_READY);
    check(a != RELOAD_WAIT || (d->msn <= open + 1 && d->msn + 1 >= open));
    check(d->msn >= open || a != RELOAD_TOO_FAR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct directives d;
    const char *sentence;
    struct view_rendition hint = {.blocks = true, .hint = "p99.m4s"};
    if (size < 2)
        return 0;
    (void)reload_is_hinted(&hint, (const char *)data, size);
    if (directives_parse(&d, (const char *)data + 2, size - 2, &sentence) != 0) {
        check(sentence != NULL);
        return 0;
    }
    again(&d);
    if (d.has_msn)
        judge(&d, data[0] < 128 ? data[0] : d.msn / 2 + data[0], data[1] % 9);
    return 0;
}
