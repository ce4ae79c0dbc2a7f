/* Reads SCTE-35 splice information: which splice points one section announces. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: -EINVAL for a section that breaks off or is
 * none. The CRC is the caller's to check: it is that of every MPEG section.
 * Standard: ANSI/SCTE 35 2022: 9.6 (splice_info_section), 9.7 (commands), 10.3.3
 * (segmentation_descriptor), table 23 (segmentation_type_id).
 */
#ifndef CODECS_SCTE35_H
#define CODECS_SCTE35_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCTE35_TABLE_ID = 0xfc, SCTE35_SECTION_MAX = 4096, SCTE35_EVENTS_MAX = 8 };

enum scte35_kind {
    SCTE35_POINT,  /* something at a point that is neither out nor in */
    SCTE35_OUT,    /* programme leaves for a break */
    SCTE35_IN,     /* and comes back */
    SCTE35_CANCEL, /* what was announced of event_id will not be */
};

struct scte35_event {
    enum scte35_kind kind;
    uint32_t event_id; /* splice_event_id or segmentation_event_id; pairs out and in */
    uint8_t type;      /* segmentation_type_id of the out; 0: splice_insert or none */
    bool has_pts;      /* else: at once */
    uint64_t pts;      /* 33 bit, pts_adjustment added */
    bool has_duration; /* planned, of an out */
    uint64_t duration_90k;
    bool auto_return; /* no in will be said: the duration ends it */
};

/* The events of a whole section, CRC included, in its order; at most SCTE35_EVENTS_MAX. Returns
 * their number: 0 for keep-alives (splice_null, bandwidth_reservation) as well. */
int scte35_parse(const uint8_t *section, size_t len, struct scte35_event *out);

#endif
