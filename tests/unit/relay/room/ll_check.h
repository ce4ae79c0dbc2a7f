/* Every view of a low-latency room, checked as a whole: lists, deltas, reports, I-frames. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_LL_CHECK_H
#define TESTS_UNIT_ROOM_LL_CHECK_H

#include "tests/unit/relay/room/ll_viewers.h"
#include "tests/unit/relay/room/viewers.h"

static inline bool ll_is_iframes(const struct view_rendition *r)
{
    return strcmp(r->name, "iframes") == 0;
}

static inline void ll_check_rendition(const struct room_view *was, const struct room_view *v,
                                      const struct view_rendition *r)
{
    struct ll_listing *l = calloc(2, sizeof(*l));
    const struct view_rendition *old = viewers_rendition(was, r->name);
    ll_read(&l[0], r->playlist->plain);
    ll_check_files(v, &l[0]);
    ll_check_fields(r, &l[0]);
    if (r->delta)
        ll_check_delta(r, &l[0]);
    if (old && old->playlist) {
        ll_read(&l[1], old->playlist->plain);
        ll_check_reload(&l[1], &l[0]);
    }
    for (size_t i = 0; i < v->rendition_count; i++) {
        const struct view_rendition *other = &v->renditions[i];
        if (other == r || ll_is_iframes(other) || !other->playlist)
            continue;
        ll_read(&l[1], other->playlist->plain);
        if (!l[0].ended && !l[1].ended)
            ll_check_report(&l[1], other->name, &l[0]);
    }
    free(l);
}

/* What may be waited for is what the list itself does not show yet, whatever else moves on. */
static inline void ll_check_iframes(const struct view_rendition *r)
{
    static const char number[] = "#EXT-X-MEDIA-SEQUENCE:", entry[] = "#EXTINF:";
    const char *at = strstr(r->playlist->plain, number);
    uint64_t end;
    assert_non_null(at);
    end = strtoull(at + sizeof(number) - 1, NULL, 10);
    for (at = r->playlist->plain; (at = strstr(at, entry)); at += sizeof(entry) - 1)
        end++;
    assert_int_equal(end, r->open_msn);
}

static inline void ll_check(const struct room_view *was, const struct room_view *v)
{
    for (size_t i = 0; v->part_target_ms > 0 && i < v->rendition_count; i++) {
        const struct view_rendition *r = &v->renditions[i];
        assert_true(r->playlist || !r->blocks);
        if (!r->playlist)
            continue;
        assert_true(v->target_duration_s > 0);
        if (ll_is_iframes(r))
            ll_check_iframes(r);
        else
            ll_check_rendition(was, v, r);
    }
}

#endif
