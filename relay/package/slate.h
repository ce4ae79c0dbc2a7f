/* Judges an agency's clip and makes the film of it that a room without a feed shows. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing beyond a call. Thread: any, at start and at a reload; it reads files, so never in
 *         a worker. Life: one call. Fails: -EINVAL with a sentence for whoever wrote the file's
 *         name: what was expected, what was found, what to do; -ENOMEM.
 *
 * MPEG-TS or MP4, H.264 that begins with an IDR, AAC or no sound at all (silence is made then).
 */
#ifndef RELAY_PACKAGE_SLATE_H
#define RELAY_PACKAGE_SLATE_H

#include <stddef.h>
#include <stdint.h>

enum { SLATE_BYTES_MAX = 64 << 20, SLATE_SECONDS_MAX = 600, SLATE_GOP_SECONDS_MAX = 10 };

/* The film's bytes (film.h), malloc's. */
__attribute__((warn_unused_result)) int slate_make(const uint8_t *clip, size_t len, uint8_t **film,
                                                   size_t *film_len, char *why, size_t size);

#endif
