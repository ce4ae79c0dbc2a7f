/* How long the parts of a segment should be. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: a call. Fails: never. */
#ifndef RELAY_PACKAGE_PART_LENGTH_H
#define RELAY_PACKAGE_PART_LENGTH_H

#include <stdint.h>

/* For a segment like one of `samples` (one at least) that lasted `length`, where no part may be
 * longer than `part`; all in the track's timescale. */
int64_t part_length_even(int64_t part, int64_t length, uint32_t samples);

#endif
