/* What a worker says of a segment or a part, judged: nothing of it is believed. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/claims.h"

#include "relay/room/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

static const int64_t longest_90k = INT64_C(3600) * 90000;    /* no segment lasts an hour */
static const int64_t furthest_90k = INT64_C(1) << 52;        /* 1,500 years on the timeline */
static const int64_t most_reorder_90k = INT64_C(30) * 90000; /* between DTS and PTS */
static const int64_t capture_off_us = INT64_C(3600000000);

bool claim_has_bytes(int fd, uint64_t bytes)
{
    struct stat st;
    return fd >= 0 && bytes > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size >= bytes;
}

const char *claim_fault(const struct session *s, uint32_t track, int64_t start_90k,
                        int64_t duration_90k)
{
    if (track >= LINK_TRACK_SLOTS || !s->tracks[track].rendition)
        return "a track that was not announced";
    if (duration_90k <= 0 || duration_90k > longest_90k)
        return "an impossible duration";
    if (start_90k < 0 || start_90k > furthest_90k)
        return "an impossible time";
    return NULL;
}

int64_t claim_present_90k(int64_t start_90k, int64_t present_90k)
{
    bool sane = present_90k >= start_90k && present_90k - start_90k <= most_reorder_90k;
    return sane ? present_90k : start_90k;
}

int64_t claim_capture_us(int64_t capture_wall_us, int64_t duration_90k, int64_t wall_us)
{
    bool sane =
        capture_wall_us > wall_us - capture_off_us && capture_wall_us < wall_us + capture_off_us;
    return sane ? capture_wall_us : wall_us - ticks_to_us(duration_90k);
}

void claim_etag(const struct session *s, const char *room, const char *rendition, uint64_t msn,
                char out[static 24])
{
    char names[256];
    int len = snprintf(names, sizeof(names), "%s/%s/%" PRIu64 "/%" PRIu64 "/%" PRId64, room,
                       rendition, msn, s->feed, s->opened_wall_us);
    snprintf(out, 24, "\"%016" PRIx64 "\"", digest(names, (size_t)len));
}
