/* Audio frames that arrive before the first picture, kept for a moment: a small bounded queue. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   copies of the frames, EARLY_FRAMES and EARLY_BYTES at most; the oldest go first.
 * Thread: the worker's loop. Life: early_new/early_free.
 */
#ifndef RELAY_PACKAGE_EARLY_H
#define RELAY_PACKAGE_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EARLY_FRAMES = 256, EARLY_BYTES = 262144 };

struct early;

__attribute__((warn_unused_result)) int early_new(struct early **out);
void early_free(struct early **e);
/* 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int early_add(struct early *e, uint64_t raw_pts,
                                                  int64_t wall_us, const uint8_t *data, size_t len);
/* The oldest frame; its bytes are valid until the next call. False when empty. */
bool early_next(struct early *e, uint64_t *raw_pts, int64_t *wall_us, const uint8_t **data,
                size_t *len);
/* From the oldest frame's timestamp to the newest one's. */
int64_t early_span_90k(const struct early *e);
uint64_t early_first(const struct early *e);
/* Frames given up because of the bounds. */
uint64_t early_dropped(const struct early *e);

#endif
