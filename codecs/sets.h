/* Keeps and finds the parameter sets that a track has shown. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; answers point into the codec_sets. Thread: that of the codec_sets.
 * Life: an answer holds until the next codec_sets_take(). Fails: NULL when there is none.
 */
#ifndef CODECS_SETS_H
#define CODECS_SETS_H

#include "codecs/bits.h"
#include "codecs/codec.h"

/* NULL when not held. id takes any value. */
const struct codec_set *sets_find(const struct codec_sets *s, enum codec_set_kind kind,
                                  unsigned id);
/* The PPS that the last IDR or IRAP picture named; before the first one, the first that came. */
const struct codec_set *sets_pps_in_use(const struct codec_sets *s);

struct nal sets_nal(const struct codec_set *set);

/* Copies a set in, over the one of its id. True when it is new or different; one that is too long
 * or has no room is counted in `ignored`. */
bool sets_put(struct codec_sets *s, enum codec_set_kind kind, uint8_t id, const struct nal *nal);
/* sps_in_use: -1 for none yet. */
uint64_t sets_hash(const struct codec_sets *s, int sps_in_use);

/* Appends a set to avcC or hvcC: 16 bits of length, then its bytes. */
void sets_write(struct bit_writer *w, const struct codec_set *set);

#endif
