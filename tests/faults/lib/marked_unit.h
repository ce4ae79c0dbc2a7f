/* Access units that say who they are: a number and a CRC-32 of all that is in them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its bytes. Thread: any. Life: unit_begin ... unit_end, again and again; unit_fini.
 * Fails:  aborts without memory: it is a test.
 *
 * Video is an Annex B byte stream. The mark is user_data_unregistered (ISO/IEC 14496-10 D.1.7,
 * 23008-2 D.2.7) in text, so that it needs no emulation prevention:
 *   MARK_UUID "NNNNNNNN CCCCCCCC"   number, CRC-32 of every NAL unit that is no SEI
 * Sound is one ADTS frame: a data_stream_element (14496-3 section 4.4.2.7) with the mark and noise,
 * then a silent channel pair; its CRC is of the noise.
 */
#ifndef TESTS_FAULTS_LIB_MARKED_UNIT_H
#define TESTS_FAULTS_LIB_MARKED_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARK_UUID "roomcast-faults!"
enum { UNIT_NALS = 16 };

enum unit_codec { UNIT_H264, UNIT_HEVC, UNIT_AAC };

struct picture {
    enum unit_codec codec;
    uint32_t width, height, step_90k; /* multiples of 16; one frame's ticks */
    uint32_t number;
    bool idr, cra, leading, bidirectional, recovery; /* P when none of the first three */
    uint32_t frame_num, poc, idr_pic_id;
    uint32_t padding_bytes; /* of filler data */
    uint32_t profile_twist; /* other parameter sets of the same size */
};

struct unit {
    uint8_t *bytes;
    size_t len, size;
    uint32_t crc;
    uint64_t *random;
    bool hevc;
};

/* A generator of its own, so that a seed means the same everywhere. */
uint64_t next_random(uint64_t *state);
uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, size_t len);

void unit_picture(struct unit *u, const struct picture *p);
void unit_sound(struct unit *u, uint32_t number, uint32_t noise_bytes);
void unit_fini(struct unit *u);

#endif
