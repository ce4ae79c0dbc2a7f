/* Reads the part of video usability information that H.264 and HEVC share. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: vui_init() on the caller's stack.
 * Fails: by the reader's sticky error; then the caller calls vui_init() again: a VUI that breaks
 * off says nothing, since nothing in it is needed to decode, and real encoders get it wrong.
 * Standards: ITU-T H.264 (08/2021) annex E, H.265 (08/2021) annex E, ISO/IEC 23091-2 (codes).
 */
#ifndef CODECS_VUI_H
#define CODECS_VUI_H

#include "codecs/bits.h"
#include "codecs/track_params.h"

#include <stdbool.h>
#include <stdint.h>

enum { VUI_REORDER_UNKNOWN = 255 };

struct vui {
    uint32_t sar_num, sar_den;           /* 1:1 when not said */
    uint32_t fps_num, fps_den;           /* pictures; 0/0 when not said */
    uint8_t primaries, transfer, matrix; /* 2 unspecified */
    bool full_range;
    bool field_seq;                    /* HEVC: each picture is a field */
    uint8_t reorder;                   /* H.264: max_num_reorder_frames, or VUI_REORDER_UNKNOWN */
    uint16_t min_spatial_segmentation; /* HEVC: min_spatial_segmentation_idc */
};

void vui_init(struct vui *v);
/* aspect_ratio_info_present_flag up to chroma_sample_loc_type_bottom_field. */
void vui_read_picture(struct bits *b, struct vui *v);
/* num_units_in_tick and time_scale, 64 bits; a picture takes ticks_per_picture of the units. */
void vui_read_rate(struct bits *b, struct vui *v, uint32_t ticks_per_picture);
/* Copies what a track's parameters repeat of it. */
void vui_tell(const struct vui *v, struct track_params *out);

#endif
