/* Puts a film together, unit by unit. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   what it was given so far. Thread: one. Life: film_maker_new/film_maker_free.
 * Fails:  -ENOMEM; -E2BIG past the bytes it may have; the first failure stays.
 */
#ifndef RELAY_PACKAGE_FILM_MAKER_H
#define RELAY_PACKAGE_FILM_MAKER_H

#include "relay/package/film.h"

struct film_maker;

__attribute__((warn_unused_result)) int film_maker_new(struct film_maker **out, size_t max_bytes);
void film_maker_free(struct film_maker **m);
/* The next track; its codec, frame length, audio_config and language count. Its index. */
uint32_t film_maker_track(struct film_maker *m, const struct film_track *t);
/* A unit of a track: times are those of the loop, and sound has none. */
void film_maker_add(struct film_maker *m, uint32_t track, const uint8_t *data, size_t len,
                    int64_t dts_90k, int64_t pts_90k);
/* The film's bytes, malloc's. 0 or what failed. */
__attribute__((warn_unused_result)) int film_maker_finish(struct film_maker *m, int64_t period_90k,
                                                          uint8_t **bytes, size_t *len);

#endif
