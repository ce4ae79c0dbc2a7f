/* LINK_PART: a part of a segment that is still being written (draft-pantos-hls-rfc8216bis 3.2). */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; plain data inside a link_message. With part 0 travels the descriptor of the
 * segment's file, which grows until LINK_SEGMENT; what a part names in it never changes again.
 */
#ifndef RELAY_LINK_PART_H
#define RELAY_LINK_PART_H

#include <stdbool.h>
#include <stdint.h>

struct link_part {
    uint32_t track, init_id;
    uint64_t sequence; /* its segment's; equal for matching content of all tracks */
    uint32_t part;     /* from 0 in its segment */
    uint32_t offset;   /* in its segment's file; parts adjoin ... */
    uint32_t bytes;    /* ... and are whole moof + mdat pairs */
    uint32_t samples;
    int64_t start_90k;    /* DTS of its first sample */
    int64_t present_90k;  /* PTS of its first sample */
    int64_t duration_90k; /* DTS of the next part's first sample - start_90k */
    int64_t capture_wall_us;
    bool independent;   /* starts with an IDR (always true for audio) */
    bool discontinuity; /* part 0: the same as its segment's */
    bool last;          /* its segment ends with it: LINK_SEGMENT follows at once */
};

#endif
