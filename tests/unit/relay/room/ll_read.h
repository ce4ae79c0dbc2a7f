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

static inline unsigned long long ll_part_number(const char *uri)
{
    return strtoull(strstr(uri, "/p") + 2, NULL, 10);
}

static inline bool ll_has(const struct ll_listing *l, const char *uri)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->parts[i].uri, uri) == 0)
            return true;
    return false;
}

/* Rule 82: what comes next was hinted; what never was does not come behind a gap either. */
static inline void ll_check_promise(const struct ll_listing *was, const struct ll_listing *is)
{
    bool next = true, broken = false;
    for (size_t i = 0; i < is->count && next; i++) {
        const struct ll_part *part = &is->parts[i];
        broken |= part->gap && !ll_has(was, part->uri);
        if (part->gap || ll_part_number(part->uri) < ll_part_number(was->hint))
            continue;
        assert_true(broken != (strcmp(part->uri, was->hint) == 0));
        next = false;
    }
}

#endif
