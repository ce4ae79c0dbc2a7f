/* What a media playlist says of each of its segments. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_LISTING_H
#define TESTS_UNIT_ROOM_LISTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { RULES_SEGMENTS = 512 };

/* What one playlist says of each of its segments. */
struct listing {
    unsigned target_s;
    uint64_t first_msn, first_sequence;
    bool ended, iframes, low_latency, ts;
    size_t count;
    struct listed {
        uint64_t msn, sequence;
        double duration_s, date_s;
        bool gap;
        char uri[80], map[80];
    } list[RULES_SEGMENTS];
};

/* YYYY-MM-DDTHH:MM:SS.mmmZ and nothing else (rule 51). */
static inline double rules_date(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    unsigned milli;
    char z, more;
    assert_non_null(rest);
    assert_true(sscanf(rest, ".%3u%c%c", &milli, &z, &more) == 2 && z == 'Z');
    return (double)timegm(&tm) + milli / 1000.0;
}

static inline const char *rules_value(const char *line, const char *tag)
{
    size_t len = strlen(tag);
    return strncmp(line, tag, len) == 0 ? line + len : NULL;
}

#endif
