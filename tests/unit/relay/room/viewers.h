/* Viewers that hold the newest view of each room and check every one they are shown. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_VIEWERS_H
#define TESTS_UNIT_ROOM_VIEWERS_H

#include "relay/room/view.h"
#include "tests/unit/relay/room/playlist_rules.h"

enum { VIEWERS_ROOMS = 12 };

struct viewers {
    struct room_view *views[VIEWERS_ROOMS]; /* the newest of each room */
    unsigned shows;
    bool anew; /* the next view may begin a new list, although the last one had ended */
};

/* Rule 31: what is listed can be had, and a gap's file is not there; unless parts that came of it
 * are ranges of that file. */
static inline void viewers_check_files(const struct room_view *v, const struct listing *l)
{
    struct view_match m;
    for (size_t i = 0; i < l->count; i++) {
        const struct listed *s = &l->list[i];
        if (l->iframes && s->gap) /* a segment without an IDR */
            continue;
        bool there = room_view_find(v, s->uri, strlen(s->uri), &m) == 0;
        assert_true(there ? !s->gap || l->low_latency : s->gap);
        assert_true(s->gap || (m.blob && m.max_age_s >= 1));
        if (l->ts)
            continue;
        assert_int_equal(0, room_view_find(v, s->map, strlen(s->map), &m));
        assert_non_null(m.blob);
    }
}

/* Rules 16, 18, 21: nothing that was said before is said otherwise. */
static inline void viewers_check_reload(const struct listing *was, const struct listing *is)
{
    assert_int_equal(was->target_s, is->target_s);
    assert_true(is->first_msn >= was->first_msn && is->first_sequence >= was->first_sequence);
    for (size_t i = 0, k = 0; i < was->count; i++) {
        const struct listed *a = &was->list[i];
        while (k < is->count && is->list[k].msn < a->msn)
            k++;
        if (k == is->count || is->list[k].msn != a->msn)
            continue;
        assert_int_equal(a->sequence, is->list[k].sequence);
        assert_string_equal(a->map, is->list[k].map);
        assert_true(a->gap == is->list[k].gap);
        assert_true(a->duration_s == is->list[k].duration_s && a->date_s == is->list[k].date_s);
    }
}

/* Rules 20, 54, 65: renditions agree where their content does. A gap takes its twin's date. */
static inline void viewers_check_twins(const struct listing *a, const struct listing *b)
{
    assert_int_equal(a->target_s, b->target_s);
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            if (a->list[i].msn != b->list[k].msn)
                continue;
            assert_int_equal(a->list[i].sequence, b->list[k].sequence);
            double apart = a->list[i].date_s - b->list[k].date_s;
            /* Behind a segment that was cut short nobody knows where a gap began, and in a hole it
             * begins where the rendition ended. */
            bool vague = a->list[i].gap || b->list[k].gap;
            double most = vague ? a->target_s : 0.6;
            assert_true(apart > -most && apart < most);
        }
    }
}

static inline struct view_rendition *viewers_rendition(const struct room_view *v, const char *name)
{
    for (size_t i = 0; v && i < v->rendition_count; i++)
        if (strcmp(v->renditions[i].name, name) == 0)
            return &v->renditions[i];
    return NULL;
}

static inline void viewers_check(const struct room_view *was, const struct room_view *v, bool anew)
{
    struct listing *l = calloc(3, sizeof(*l));
    for (size_t i = 0; i < v->rendition_count; i++) {
        const struct view_rendition *r = &v->renditions[i], *old = viewers_rendition(was, r->name);
        if (!r->playlist)
            continue;
        rules_read(&l[0], r->name, r->playlist->plain);
        viewers_check_files(v, &l[0]);
        if (old && old->playlist) {
            rules_read(&l[1], r->name, old->playlist->plain);
            assert_true(anew || l[0].ended || !l[1].ended);
            viewers_check_reload(&l[1], &l[0]);
        }
        for (size_t k = 0; k < i; k++) {
            if (!v->renditions[k].playlist)
                continue;
            rules_read(&l[2], v->renditions[k].name, v->renditions[k].playlist->plain);
            viewers_check_twins(&l[0], &l[2]);
        }
    }
    free(l);
}

/* Where the room's view is, or may be put. */
static inline struct room_view **viewers_place(struct viewers *s, const char *room)
{
    struct room_view **empty = NULL;
    for (size_t i = 0; i < VIEWERS_ROOMS; i++) {
        if (s->views[i] && strcmp(s->views[i]->room, room) == 0)
            return &s->views[i];
        if (!s->views[i] && !empty)
            empty = &s->views[i];
    }
    assert_non_null(empty);
    return empty;
}

#endif
