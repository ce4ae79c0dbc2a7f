/* What a low-latency viewer reads from a media playlist; not a checker. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; a list is a value. Thread: any. Fails: -EPROTO for text that is no playlist. */
#ifndef TESTS_BENCH_LIB_PART_PLAYLIST_H
#define TESTS_BENCH_LIB_PART_PLAYLIST_H

#include "tests/bench/lib/media_playlist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARTS_MAX = 256 };

/* A moment of a rendition: segment msn has that many parts, and all before it are whole. */
struct part_position {
    uint64_t msn;
    unsigned parts;
};

struct part {
    struct part_position at; /* its segment, and its index in it */
    char uri[URI_MAX];
    bool ranged;
    uint64_t from, bytes; /* bytes: 0 of a hint, whose end nobody knows yet */
    int64_t duration_us;
};

struct part_report {
    char uri[URI_MAX];
    struct part_position last; /* LAST-MSN, LAST-PART */
};

struct part_playlist {
    unsigned target_s;
    bool blocks, has_hint, ended;
    struct part_position end;
    struct part hint;
    size_t parts, reports;
    struct part part[PARTS_MAX];
    struct part_report report[RENDITIONS_MAX];
};

int part_playlist_parse(struct part_playlist *p, const char *text);
/* Negative, zero or positive, as a is before, at or after b. */
int part_position_compare(const struct part_position *a, const struct part_position *b);

#endif
