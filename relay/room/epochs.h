/* Where a room's timeline breaks: discontinuity sequence and wall clock of each media sequence. */
/* SPDX-License-Identifier: MIT */
/*
 * An epoch is the run of media sequence numbers (MSN) between two discontinuities. All renditions
 * of a room ask the same epochs, so that matching content has the same discontinuity sequence
 * (rule 20) and the same PROGRAM-DATE-TIME (rule 54) in every playlist.
 *
 * Owns:   nothing but itself. Thread: control. Life: epochs_init. Fails: never; older epochs than
 *         the kept ones are forgotten, and whoever still asks for them is told of the oldest kept.
 */
#ifndef RELAY_ROOM_EPOCHS_H
#define RELAY_ROOM_EPOCHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Renditions run at most a few segments apart, so only the newest epochs are ever asked for. */
enum { EPOCHS_KEPT = 16 };
/* Of one epoch, and segments lie between them: the same holds for these. */
enum { EPOCH_SLEWS = 4 };

struct epoch {
    uint64_t first_msn;
    uint64_t sequence; /* its discontinuity sequence number */
    bool anchored;
    int64_t anchor_90k;     /* this point of the room's timeline ... */
    int64_t anchor_wall_us; /* ... was captured at this wall time */
    size_t slew_count;
    struct epoch_slew {
        uint64_t first_msn; /* from there on the wall clock is ... */
        int64_t us;         /* ... so much further */
    } slews[EPOCH_SLEWS];
};

struct epochs {
    struct epoch list[EPOCHS_KEPT];
    size_t count; /* 1 at least */
};

void epochs_init(struct epochs *e, uint64_t first_msn, uint64_t sequence);
/* A discontinuity stands before msn, which must not lie before the newest epoch. Twice is once. */
void epochs_break(struct epochs *e, uint64_t msn);
struct epoch *epochs_at(struct epochs *e, uint64_t msn);
struct epoch *epochs_newest(struct epochs *e);
/* Anchors an epoch unless it is: at_90k was captured at wall_us, or later where that would make
 * the room's wall clock go back against the epoch before (rule 53). */
void epochs_anchor(struct epochs *e, uint64_t msn, int64_t at_90k, int64_t wall_us);
/* Moves the newest epoch's wall clock by us, from msn on; nothing when the epoch begins later. */
void epochs_slew(struct epochs *e, uint64_t msn, int64_t us);
/* Wall time of a point on the timeline that lies in that segment (UINT64_MAX: in the newest), once
 * the epoch is anchored. */
int64_t epoch_wall_us(const struct epoch *e, uint64_t msn, int64_t at_90k);

/* 1/90000 s to microseconds and back; exact enough for 300 years. */
int64_t ticks_to_us(int64_t ticks_90k);

#endif
