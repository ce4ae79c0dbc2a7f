/* Blocking reload: has what a viewer waits for come, may it be waited for, or is it too far? */
/* SPDX-License-Identifier: MIT */
#include "relay/web/reload.h"

#include <string.h>

enum {
    SEGMENTS_AHEAD = 2, /* section 6.2.5.2: of the last segment in the playlist */
    PARTS_AHEAD = 3,    /* section 6.2.5.2: with parts of a second or more */
    HINT_AHEAD = 2,
    NUMBER_DIGITS = 18, /* fits 64 bits without a check */
};

/* Section 6.2.5.2: three, or for parts under a second as many as three seconds hold. */
static uint64_t advance_part_limit(uint32_t part_target_ms)
{
    if (part_target_ms == 0 || part_target_ms >= 1000)
        return PARTS_AHEAD;
    return PARTS_AHEAD * 1000u / part_target_ms;
}

/* Of a segment that is not whole: how many parts behind the last listed one is the wanted part, at
 * least? The segment that is open now may well get no more of them. */
static enum reload_verdict judge_part(const struct view_rendition *r, uint32_t part_target_ms,
                                      uint64_t msn, uint64_t part)
{
    uint64_t here = msn == r->open_msn ? r->open_parts : 0;
    if (part < here)
        return RELOAD_READY;
    return part - here < advance_part_limit(part_target_ms) ? RELOAD_WAIT : RELOAD_TOO_FAR;
}

enum reload_verdict reload_judge(const struct view_rendition *r, uint32_t part_target_ms,
                                 const struct directives *d)
{
    uint64_t open = r->open_msn, msn = d->msn, part = d->part;
    /* Without overflow: msn + 1 < open, msn > open - 1 + SEGMENTS_AHEAD. */
    if (msn < open && open - msn > 1)
        return RELOAD_OLD;
    if (msn > open && msn - open >= SEGMENTS_AHEAD)
        return RELOAD_TOO_FAR;
    if (msn < open && (!d->has_part || part < r->last_parts))
        return RELOAD_READY;
    if (!d->has_part)
        return RELOAD_WAIT;
    if (msn < open) {
        /* Section 6.2.5.2: behind the last part of its parent is the first part of the next. */
        msn = open;
        part = 0;
    }
    return judge_part(r, part_target_ms, msn, part);
}

/* "p225000123.m4s" is p, 225000123, .m4s: where the number starts, and how long it is. */
static size_t number_in(const char *name, size_t len, size_t *at)
{
    size_t n = 0;
    for (*at = 0; *at < len && (name[*at] < '0' || name[*at] > '9');)
        ++*at;
    while (*at + n < len && name[*at + n] >= '0' && name[*at + n] <= '9')
        n++;
    return n;
}

static uint64_t value_of(const char *digits, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (uint64_t)(digits[i] - '0');
    return value;
}

bool reload_is_hinted(const struct view_rendition *r, const char *name, size_t len)
{
    size_t hint_len = strlen(r->hint), at, name_at;
    if (!r->blocks || hint_len == 0)
        return false;
    if (len == hint_len && memcmp(name, r->hint, len) == 0)
        return true;
    size_t n = number_in(r->hint, hint_len, &at), name_n = number_in(name, len, &name_at);
    if (n == 0 || n > NUMBER_DIGITS || name_n == 0 || name_n > NUMBER_DIGITS || at != name_at ||
        name[at] == '0' || hint_len - n != len - name_n || memcmp(name, r->hint, at) != 0 ||
        memcmp(name + at + name_n, r->hint + at + n, len - at - name_n) != 0)
        return false;
    uint64_t here = value_of(r->hint + at, n), wanted = value_of(name + at, name_n);
    return wanted > here && wanted - here <= HINT_AHEAD;
}
