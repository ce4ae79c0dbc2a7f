/* A low-latency room at one moment: playlists that say which, and parts whose bytes are known. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_MADE_UP_STREAM_H
#define TESTS_UNIT_RELAY_WEB_MADE_UP_STREAM_H

#include "tests/unit/relay/web/made_up_room.h"

#include <inttypes.h>
#include <stdbool.h>

enum { PART_BYTES = 10000, PARTS_LISTED = 60, LONG_PARTS = 4, MADE_UP_TD_S = 2, FILE_AGE_S = 60 };

/* Segments of LONG_PARTS parts; part number n is part n % LONG_PARTS of segment n / LONG_PARTS. */
struct moment {
    uint64_t next; /* the number of the part that comes next */
    uint32_t target_duration_s;
    bool ended, ranges; /* ranges: parts are ranges of their segment's file, which is hinted */
};

static inline struct body *moment_body(const char *what, const struct moment *m)
{
    struct body *b;
    char text[400];
    memset(text, ' ', sizeof text);
    int n = snprintf(text, sizeof text, "%s %" PRIu64 "%s", what, m->next, m->ended ? " end" : "");
    text[n] = ' ';
    assert_int_equal(body_new(&b, "application/vnd.apple.mpegurl", text, sizeof text, true,
                              m->target_duration_s / 2, 1795382283000000),
                     0);
    return b;
}

static inline void moment_file(struct view_rendition *r, struct blob *b, const char *before,
                               uint64_t number, uint64_t part, uint32_t parts)
{
    struct view_file *f = &r->files[r->file_count++];
    *f = (struct view_file){.offset = (uint32_t)(part % 64) * PART_BYTES,
                            .bytes = parts * PART_BYTES,
                            .max_age_s = FILE_AGE_S};
    f->blob = blob_ref(b);

    snprintf(f->name, sizeof f->name, "%s%" PRIu64 ".m4s", before, number);
}

/* A rendition called name with the last parts and segments before m->next, out of b. */
static inline void moment_rendition(struct view_rendition *r, const char *name, struct blob *b,
                                    const struct moment *m)
{
    uint64_t open = m->next / LONG_PARTS;
    snprintf(r->name, sizeof r->name, "%s", name);
    r->media_type = "video/mp4";
    assert_int_equal(view_rendition_reserve(r, PARTS_LISTED + 4), 0);
    for (uint64_t n = m->next - PARTS_LISTED; n < m->next && !m->ranges; n++)
        moment_file(r, b, "p", n, n, 1);
    for (uint64_t n = open - 2; n < open; n++)
        moment_file(r, b, "", n, n * LONG_PARTS, LONG_PARTS);
    r->open_msn = open;
    r->last_parts = LONG_PARTS;
    r->open_parts = (uint32_t)(m->next % LONG_PARTS);
    if (m->ranges && r->open_parts > 0)
        moment_file(r, b, "", open, open * LONG_PARTS, r->open_parts);
    view_rendition_sort(r);
    r->blocks = !m->ended;
    r->playlist = moment_body(name, m);
    r->delta = m->ended ? NULL : moment_body("delta", m);
    r->delta_v2 = m->ended ? NULL : moment_body("delta_v2", m);
    if (!m->ended && m->ranges)
        snprintf(r->hint, sizeof r->hint, "%" PRIu64 ".m4s", open);
    else if (!m->ended)
        snprintf(r->hint, sizeof r->hint, "p%" PRIu64 ".m4s", m->next);
}

/* b: of 64 parts at least, whose bytes are byte_at(). */
static inline struct room_view *moment_view(const char *room, struct blob *b,
                                            const struct moment *m)
{
    struct room_view *v;
    assert_int_equal(room_view_new(&v, room, 2), 0);
    moment_rendition(&v->renditions[0], "video", b, m);
    moment_rendition(&v->renditions[1], "audio", b, m);
    body_unref(&v->renditions[1].delta);
    v->multivariant = moment_body("index", m);
    v->target_duration_s = m->target_duration_s;
    v->part_target_ms = 500;
    return v;
}

#endif
