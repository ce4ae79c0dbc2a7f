/* What a worker says of a segment or a part, judged: nothing of it is believed. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: pure functions. Fails: never.
 */
#ifndef RELAY_ROOM_CLAIMS_H
#define RELAY_ROOM_CLAIMS_H

#include "relay/room/session.h"

#include <stdbool.h>
#include <stdint.h>

/* A regular file with that many bytes at least, and any are wanted. */
bool claim_has_bytes(int fd, uint64_t bytes);
/* The fault in what parts and segments have in common, or NULL. */
const char *claim_fault(const struct session *s, uint32_t track, int64_t start_90k,
                        int64_t duration_90k);
/* PTS is at or a few frames behind DTS; what is not is not believed. */
int64_t claim_present_90k(int64_t start_90k, int64_t present_90k);
/* A capture time is not believed when it is an hour from our clock. */
int64_t claim_capture_us(int64_t capture_wall_us, int64_t duration_90k, int64_t wall_us);
/* The ETag of a segment's bytes: no other content of this festival has the same names and numbers.
 */
void claim_etag(const struct session *s, const char *room, const char *rendition, uint64_t msn,
                char out[static 24]);

#endif
