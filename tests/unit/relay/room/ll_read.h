/* Reads a low-latency playlist as a whole, and asserts what must hold in each. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_LL_READ_H
#define TESTS_UNIT_ROOM_LL_READ_H

#include "tests/unit/relay/room/ll_listing.h"

/* Rules 71, 74 to 76, 82, 87. */
static inline void ll_read(struct ll_listing *l, const char *text)
{
    char *copy = strdup(text), *rest = copy, *line;
    memset(l, 0, sizeof(*l));
    while ((line = strsep(&rest, "\n")))
        ll_read_line(l, line);
    free(copy);
    assert_true(l->blocks && l->part_target_s > 0);
    double off = l->part_hold_back_s - 3 * l->part_target_s;
    assert_true(off < 0.0005 && off > -0.0005);
    assert_true(l->hold_back_s == 3 * l->target_s && l->can_skip_s == 6 * l->target_s);
    const struct ll_part *last = l->count > 0 ? &l->parts[l->count - 1] : NULL;
    bool unknown = last && last->gap && last->msn + (l->index == 0) == l->msn; /* what comes next */
    assert_true((l->ended || unknown) == (l->hint[0] == '\0'));
    assert_true(!l->ended || l->report_count == 0);
    assert_int_equal(l->skipped > 0 ? 10 : 6, l->version);
}

#endif
