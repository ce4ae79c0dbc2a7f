/* Compares what viewers are shown with golden text; UPDATE=1 in the environment writes it. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_GOLDEN_H
#define TESTS_UNIT_ROOM_GOLDEN_H

#include "tests/unit/relay/room/stage.h"

/* The text at /live/ROOM/TAIL now, or NULL. */
static inline const char *stage_text(struct stage *s, const char *room, const char *tail)
{
    struct room_view *v = *viewers_place(&s->viewers, room);
    struct view_match m;
    if (!v || room_view_find(v, tail, strlen(tail), &m) < 0)
        return NULL;
    assert_non_null(m.body);
    return m.body->plain;
}

static inline void golden_compare(const char *text, const char *file)
{
    char path[160], wanted[16384];
    snprintf(path, sizeof(path), "tests/golden/%s", file);
    assert_non_null(text);
    if (getenv("UPDATE")) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(0, fclose(f));
    }
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is missing", path);
    size_t len = fread(wanted, 1, sizeof(wanted) - 1, f);
    fclose(f);
    wanted[len] = '\0';
    if (strcmp(wanted, text) != 0)
        fail_msg("%s differs; the text now is:\n%s", path, text);
}

static inline void stage_golden(struct stage *s, const char *tail, const char *file)
{
    golden_compare(stage_text(s, "hall", tail), file);
}

/* What the newest view says of a rendition; l is the caller's. */
static inline void stage_listing(struct stage *s, const char *name, struct listing *l)
{
    char tail[64];
    snprintf(tail, sizeof(tail), "%s.m3u8", name);
    const char *text = stage_text(s, "hall", tail);
    assert_non_null(text);
    rules_read(l, name, text);
}

#endif
