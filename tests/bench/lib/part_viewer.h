/* A viewer that follows one rendition of a live room with low latency, part by part, and holds what
 * it is given against what all other viewers of the program were given. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its connection. Shares counts, which hold what everybody saw first.
 * Thread: one. Life: part_viewer_new/_free. Fails: counts errors and joins again a second later.
 *
 * Phases: joining (multivariant) -> entering (a playlist without directives, or the one that a
 * rendition report names) -> reloading (blocked until the next part) -> fetching (each part of it
 * that is new) -> [hinting (asks for the part to come)] -> reloading.
 */
#ifndef TESTS_BENCH_LIB_PART_VIEWER_H
#define TESTS_BENCH_LIB_PART_VIEWER_H

#include "tests/bench/lib/first_seen.h"
#include "tests/bench/lib/histogram.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct part_viewer;

struct part_viewer_options {
    struct sockaddr_in to;
    const char *folder;    /* "/live/ROOM/" */
    unsigned switch_parts; /* go over to the next rendition after so many; 0: stay */
    bool hints;            /* ask for hinted parts before they are listed */
};

/* What all viewers of a program did and saw, added up. */
struct part_viewer_counts {
    uint64_t joins, switches, playlists, parts, bytes, errors, hinted, hints_gone;
    uint64_t older;       /* playlists that end before one that the same viewer had seen */
    uint64_t unsatisfied; /* blocked answers without what was asked for */
    uint64_t missed;      /* parts that were never listed while the viewer followed */
    uint64_t differing;   /* an address whose bytes are not those that another viewer got */
    uint64_t lifetime_wrong, age_missing, age_wrong, expired;
    uint64_t aged; /* answers that had spent a second or more in a cache */
    struct first_seen bytes_of, moment_of;
    struct histogram reload, part; /* since the first viewer had the same answer, or had asked */
    int64_t worst_us;              /* of reload */
};

__attribute__((warn_unused_result)) int part_viewer_new(struct part_viewer **out,
                                                        const struct part_viewer_options *o,
                                                        unsigned index, int64_t start_us,
                                                        struct part_viewer_counts *counts);
void part_viewer_free(struct part_viewer **v);
/* The socket to poll for reading, -1 while there is none. */
int part_viewer_fd(const struct part_viewer *v);
/* Bytes have arrived. */
void part_viewer_read(struct part_viewer *v, int64_t now_us);
/* Joins when that is due. */
void part_viewer_tick(struct part_viewer *v, int64_t now_us);

#endif
