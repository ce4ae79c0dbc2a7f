/* Viewers of low-latency playlists: each view against itself, and against the one before it. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_LL_VIEWERS_H
#define TESTS_UNIT_ROOM_LL_VIEWERS_H

#include "relay/room/view.h"
#include "tests/unit/relay/room/ll_read.h"

/* What is listed can be had, exactly so much of it; the hint cannot, yet. */
static inline void ll_check_files(const struct room_view *v, const struct ll_listing *l)
{
    struct view_match m;
    for (size_t i = 0; i < l->count; i++) {
        const struct ll_part *p = &l->parts[i];
        unsigned bytes, offset;
        if (p->gap) { /* section 4.4.4.9: it cannot be had */
            assert_int_not_equal(0, room_view_find(v, p->uri, strlen(p->uri), &m));
            continue;
        }
        assert_int_equal(0, room_view_find(v, p->uri, strlen(p->uri), &m));
        assert_true(m.blob && m.bytes > 0 && m.max_age_s > 0);
        if (p->range[0] == '\0')
            continue;
        assert_int_equal(2, sscanf(p->range, "%u@%u", &bytes, &offset));
        assert_true(m.offset == 0 && bytes > 0 && offset + bytes <= m.bytes);
        assert_true(m.open == (p->msn == l->msn));
    }
    if (l->hint_start > 0) {
        assert_int_equal(0, room_view_find(v, l->hint, strlen(l->hint), &m));
        assert_true(m.open && m.bytes == l->hint_start);
    } else if (l->hint[0] != '\0') {
        assert_int_not_equal(0, room_view_find(v, l->hint, strlen(l->hint), &m));
    }
}

/* What the web side waits by is what the text says. */
static inline void ll_check_fields(const struct view_rendition *r, const struct ll_listing *l)
{
    unsigned last = 0;
    assert_true(r->blocks == !l->ended);
    for (size_t i = 0; i < l->count; i++)
        last += l->parts[i].msn + 1 == l->msn;
    if (!r->blocks)
        return;
    assert_int_equal(l->msn, r->open_msn);
    assert_int_equal(l->index, r->open_parts);
    assert_true(last == 0 || last == r->last_parts);
    assert_string_equal(l->hint[0] ? strchr(l->hint, '/') + 1 : "", r->hint);
    assert_true(r->hint_offset == (l->hint_start > 0 ? (uint64_t)l->hint_start : 0));
}

/* Rules 88 to 90: what is skipped is far enough away, and the rest is the full list's own end. */
static inline void ll_check_delta(const struct view_rendition *r, const struct ll_listing *full)
{
    struct ll_listing *d = malloc(sizeof(*d));
    const char *text = r->delta->plain, *tail = strstr(text, "#EXT-X-SKIP:");
    ll_read(d, text);
    assert_true(d->skipped > 0 && d->skipped + d->segments == full->segments);
    assert_true(d->msn == full->msn && d->whole_s > d->can_skip_s);
    tail = strchr(strstr(tail, "#EXT-X-MAP"), '\n') + 1;
    size_t len = strlen(tail);
    assert_true(len < r->playlist->plain_len);
    assert_string_equal(tail, r->playlist->plain + r->playlist->plain_len - len);
    free(d);
}

/* Rules 21, 26, 82: a part stays what it was and leaves in order; what comes next was hinted. */
static inline void ll_check_reload(const struct ll_listing *was, const struct ll_listing *is)
{
    size_t k = 0;
    assert_true(was->part_target_s == is->part_target_s && is->msn >= was->msn);
    for (size_t i = 0; i < was->count && k == 0; i++)
        k = is->count > 0 && strcmp(was->parts[i].uri, is->parts[0].uri) == 0 &&
                    strcmp(was->parts[i].range, is->parts[0].range) == 0
                ? i + 1
                : 0;
    for (size_t i = 0; k > 0 && k - 1 + i < was->count; i++) {
        const struct ll_part *a = &was->parts[k - 1 + i], *b = &is->parts[i];
        assert_true(i < is->count && a->msn == b->msn && a->index == b->index && a->gap == b->gap);
        assert_string_equal(a->uri, b->uri);
        assert_true(a->duration_s == b->duration_s && a->independent == b->independent);
    }
    if (was->hint[0] != '\0' && was->hint_start < 0 && !was->ended)
        ll_check_promise(was, is);
}

/* Rule 86: on every other list, what that list says of itself in this view. */
static inline void ll_check_report(const struct ll_listing *of, const char *name,
                                   const struct ll_listing *in)
{
    char uri[80];
    snprintf(uri, sizeof(uri), "%s.m3u8", name);
    const struct ll_report *r = in->reports;
    while (r < in->reports + in->report_count && strcmp(r->uri, uri) != 0)
        r++;
    assert_true(r < in->reports + in->report_count);
    const struct ll_part *last = of->count > 0 ? &of->parts[of->count - 1] : NULL;
    assert_int_equal(of->index > 0 ? of->msn : of->msn - 1, r->msn);
    if (last && last->msn == r->msn)
        assert_int_equal(last->index, r->part);
}

#endif
