/* Gives an IDR picture another idr_pic_id, so that it may follow itself. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: as said; `out` is then undefined.
 * Standard: ITU-T H.264 (08/2021) 7.3.3 (slice header), 7.4.3 (idr_pic_id: two IDR pictures in a
 * row must differ in it, all slices of a picture agree), 7.4.1 (emulation prevention).
 */
#ifndef CODECS_H264_IDR_H
#define CODECS_H264_IDR_H

#include "codecs/nal.h"

#include <stddef.h>
#include <stdint.h>

/* What of an SPS the slice header needs to be read as far as idr_pic_id. */
struct h264_idr_layout {
    uint8_t frame_num_bits;
    uint8_t separate_planes, fields; /* separate_colour_plane_flag, !frame_mbs_only_flag */
};

/* How many bytes h264_idr_renumber may want for a unit. */
size_t h264_idr_room(const struct nal *nal);
/* From an SPS with its header. 0 or -EINVAL. */
int h264_idr_layout(const struct nal *sps, struct h264_idr_layout *out);
/* The slice `nal` (type 5) with another idr_pic_id: the same other one for the same one. Every bit
 * behind it stays at its place in its byte, for CABAC's data begins on a whole one. 0; -EINVAL: not
 * such a slice, or `size` is too small. */
int h264_idr_renumber(const struct nal *nal, const struct h264_idr_layout *layout, uint8_t *out,
                      size_t size, size_t *len);
/* For tests: the idr_pic_id of a slice. 0 or -EINVAL. */
int h264_idr_number(const struct nal *nal, const struct h264_idr_layout *layout, uint32_t *out);

#endif
