/* Reads what a low-latency playlist says beside its segments, and asserts rules 71 to 90. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_LL_LISTING_H
#define TESTS_UNIT_ROOM_LL_LISTING_H

#include "tests/unit/relay/room/attributes.h"
#include "tests/unit/relay/room/playlist_rules.h"

enum { LL_PARTS = 64, LL_REPORTS = 8 };

struct ll_part {
    uint64_t msn;
    unsigned index; /* in its segment */
    double duration_s;
    bool independent, gap;
    char uri[80], range[80];
};

struct ll_listing {
    double target_s, part_target_s, part_hold_back_s, hold_back_s, can_skip_s;
    bool blocks, ended;
    unsigned version;
    size_t skipped, segments;
    uint64_t msn; /* of the segment that is open, or would be */
    size_t count;
    struct ll_part parts[LL_PARTS];
    char hint[80];
    long long hint_start; /* -1: it has no BYTERANGE-START */
    struct ll_report {
        char uri[80];
        uint64_t msn;
        long long part; /* -1: none */
    } reports[LL_REPORTS];
    size_t report_count;
    double whole_s; /* of all segments that are whole */
    /* of the segment that is being read */
    bool dated;
    unsigned index;
    double parts_s, extinf_s;
};

static inline void ll_read_part(struct ll_listing *l, const char *line)
{
    struct ll_part *p = &l->parts[l->count++];
    assert_true(l->count <= LL_PARTS && l->dated); /* rule 80 */
    *p = (struct ll_part){.msn = l->msn, .index = l->index++};
    p->duration_s = ll_number(line, "DURATION=");
    p->gap = strstr(line, ",GAP=YES") != NULL;
    p->independent = strstr(line, ",INDEPENDENT=YES") != NULL;
    p->gap = strstr(line, ",GAP=YES") != NULL;
    assert_true(ll_attribute(line, ",URI=", p->uri));
    ll_attribute(line, ",BYTERANGE=", p->range);
    assert_true(p->duration_s > 0 && p->duration_s <= l->part_target_s); /* rule 72 */
    for (size_t i = 0; i + 1 < l->count; i++)
        assert_true(strcmp(l->parts[i].uri, p->uri) != 0 || p->range[0] != '\0');
    l->parts_s += p->duration_s;
}

static inline void ll_read_report(struct ll_listing *l, const char *line)
{
    struct ll_report *r = &l->reports[l->report_count++];
    char value[80];
    assert_true(l->report_count <= LL_REPORTS && ll_attribute(line, ":URI=", r->uri));
    assert_true(ll_attribute(line, ",LAST-MSN=", value));
    r->msn = strtoull(value, NULL, 10);
    r->part = (long long)ll_number(line, ",LAST-PART=");
}

/* A URI ends its segment: its parts, where they are listed, are all of it (rule 79). */
static inline void ll_end_segment(struct ll_listing *l)
{
    double off = l->parts_s - l->extinf_s;
    assert_true(l->index == 0 || (off < 0.001 && off > -0.001));
    l->whole_s += l->extinf_s;
    l->segments++;
    l->msn++;
    l->index = 0;
    l->dated = false;
    l->parts_s = 0;
}

static inline void ll_read_line(struct ll_listing *l, const char *line)
{
    const char *v;
    char value[80];
    if ((v = rules_value(line, "#EXT-X-VERSION:")))
        l->version = (unsigned)strtoul(v, NULL, 10);
    else if ((v = rules_value(line, "#EXT-X-TARGETDURATION:")))
        l->target_s = strtod(v, NULL);
    else if ((v = rules_value(line, "#EXT-X-MEDIA-SEQUENCE:")))
        l->msn = strtoull(v, NULL, 10);
    else if ((v = rules_value(line, "#EXT-X-SERVER-CONTROL:"))) {
        l->blocks = strstr(v, "CAN-BLOCK-RELOAD=YES") != NULL;
        l->part_hold_back_s = ll_number(v, "PART-HOLD-BACK=");
        l->hold_back_s = ll_number(v, ",HOLD-BACK=");
        l->can_skip_s = ll_number(v, "CAN-SKIP-UNTIL=");
    } else if ((v = rules_value(line, "#EXT-X-PART-INF:")))
        l->part_target_s = ll_number(v, "PART-TARGET=");
    else if ((v = rules_value(line, "#EXT-X-SKIP:SKIPPED-SEGMENTS="))) {
        l->skipped = strtoul(v, NULL, 10);
        l->msn += l->skipped;
    } else if (rules_value(line, "#EXT-X-PROGRAM-DATE-TIME:"))
        l->dated = true;
    else if (rules_value(line, "#EXT-X-PART:"))
        ll_read_part(l, line);
    else if ((v = rules_value(line, "#EXTINF:")))
        l->extinf_s = strtod(v, NULL);
    else if (rules_value(line, "#EXT-X-PRELOAD-HINT:TYPE=PART,")) {
        assert_true(l->hint[0] == '\0' && ll_attribute(line, ",URI=", l->hint));
        l->hint_start = ll_attribute(line, ",BYTERANGE-START=", value) ? atoll(value) : -1;
    } else if (rules_value(line, "#EXT-X-RENDITION-REPORT:"))
        ll_read_report(l, line);
    else if (strcmp(line, "#EXT-X-ENDLIST") == 0)
        l->ended = true;
    else if (*line && *line != '#')
        ll_end_segment(l);
}

#endif
