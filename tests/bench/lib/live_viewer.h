/* A viewer that follows a live room as a player does: every rendition, reloads at the pace that
 * RFC 8216 section 6.3.4 asks for, each new segment once. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its connection and the last playlist of the rendition it is working on.
 * Thread: one. Life: live_viewer_new/_free. Fails: counts errors and starts again a second later.
 *
 * Phases: waiting -> reloading (a playlist is asked for) -> fetching (its new segments, one by
 * one) -> waiting. Joining is a reload of the multivariant playlist.
 */
#ifndef TESTS_BENCH_LIB_LIVE_VIEWER_H
#define TESTS_BENCH_LIB_LIVE_VIEWER_H

#include <netinet/in.h>
#include <stdint.h>

struct live_viewer;

/* What all viewers of a program did, added up. */
struct live_viewer_counts {
    uint64_t reloads, unchanged, segments, bytes, errors;
    uint64_t skipped; /* segments that left the playlist before they were fetched */
};

/* folder: "/live/ROOM/"; start_us: when it joins. */
__attribute__((warn_unused_result)) int live_viewer_new(struct live_viewer **out,
                                                        const struct sockaddr_in *to,
                                                        const char *folder, int64_t start_us,
                                                        struct live_viewer_counts *counts);
void live_viewer_free(struct live_viewer **v);
/* The socket to poll for reading, -1 while there is none. */
int live_viewer_fd(const struct live_viewer *v);
/* Bytes have arrived. Returns how long the reply that they completed took in us, or 0. */
int64_t live_viewer_read(struct live_viewer *v, int64_t now_us);
/* Asks for a playlist when one is due. */
void live_viewer_tick(struct live_viewer *v, int64_t now_us);

#endif
