/* A short film that is shown again and again: units of some tracks, and when each is due. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; points into the caller's bytes, which must stay. Thread: any, one per cursor.
 * Life:   film_open in the caller's memory. Fails: film_open -EINVAL, also for bytes that only
 *         look like a film: every offset is checked once, here.
 *
 * The pictures make a loop of period_90k. Sound is frames of equal length without a seam, so that
 * its clock never jumps; which frame is heard follows the pictures' loop, to half a frame.
 */
#ifndef RELAY_PACKAGE_FILM_H
#define RELAY_PACKAGE_FILM_H

#include "codecs/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILM_TRACKS = 8, FILM_UNITS_MAX = 200000, FILM_LANGUAGE = 12 };

/* In the bytes, as film_maker writes them: a head, then each track's units, then their data. */
struct film_unit {
    uint64_t offset; /* from the film's start */
    uint32_t len, reserved;
    int64_t dts_90k, pts_90k; /* pictures: in the loop; sound: 0 */
};

struct film_track {
    uint32_t codec;                /* enum codec_id */
    uint32_t samples, sample_rate; /* of each frame of sound */
    uint32_t audio_config, count;
    char language[FILM_LANGUAGE];
    uint64_t units; /* offset of `count` film_units */
};

struct film_head {
    char magic[8];
    uint32_t tracks, reserved;
    int64_t period_90k;
    struct film_track track[FILM_TRACKS];
};

struct film {
    const uint8_t *bytes;
    size_t len;
    struct film_head head;
};

/* How far it was shown: the running number of each track's next unit. */
struct film_cursor {
    uint64_t next[FILM_TRACKS];
};

struct film_frame {
    uint32_t track;
    int64_t dts_90k, pts_90k, next_90k; /* since the film was first started */
    const uint8_t *data;                /* pictures: NAL units behind their lengths in 4 bytes */
    size_t len;
};

#define FILM_MAGIC "rc-film"

int film_open(struct film *f, const uint8_t *bytes, size_t len);
/* The earliest unit that is not shown yet, if it is over by then; and moves on. */
bool film_next(const struct film *f, struct film_cursor *c, int64_t until_90k,
               struct film_frame *out);
/* The earliest unit of that track, over or not; and moves on. */
void film_take(const struct film *f, struct film_cursor *c, uint32_t track, struct film_frame *out);
/* Where that track's next unit begins. */
int64_t film_due_90k(const struct film *f, const struct film_cursor *c, uint32_t track);
/* The NAL units of a picture. Returns how many, `max` at most. */
size_t film_nals(const struct film_frame *frame, struct nal *out, size_t max);

#endif
