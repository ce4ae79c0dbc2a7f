/* For tests: an H.264 picture in many slices. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PACKAGE_MANY_SLICES_H
#define TESTS_UNIT_PACKAGE_MANY_SLICES_H

#include "codecs/nal.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/codecs/put.h"
#include "tests/unit/codecs/record.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SLICES_MAX = 2000, SLICE_BYTES = 16 };

/* 7.3.3: first_mb_in_slice, slice_type, pic_parameter_set_id, frame_num, idr_pic_id ...; an IDR
 * with its parameter sets. Returns how many units that is. */
static inline size_t many_slices(struct nal *out, size_t slices, bool idr)
{
    static uint8_t bytes[SLICES_MAX][SLICE_BYTES];
    size_t n = idr ? record_avcc(H264_BASE_RECORD, out) : 0;

    for (size_t i = 0; i < slices; i++) {
        struct bit_writer w;

        memset(bytes[i], 0, SLICE_BYTES);
        bit_writer_init(&w, bytes[i], SLICE_BYTES);
        bit_writer_put(&w, 8, idr ? 0x65 : 0x41);
        put_ue(&w, (uint32_t)i);
        put_ue(&w, idr ? 7 : 5);
        put_ue(&w, 0);
        while (w.len < SLICE_BYTES)
            bit_writer_put(&w, 1, 1);
        out[n++] = (struct nal){bytes[i], SLICE_BYTES};
    }
    return n;
}

#endif
