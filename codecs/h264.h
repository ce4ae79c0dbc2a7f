/* Reads H.264 parameter sets and finds out what a NAL unit is. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: 0 or -EINVAL; `out` is then undefined.
 * Standards: ITU-T H.264 (08/2021) 7.3.2.1.1 (SPS), 7.3.2.2 (PPS), 7.3.3 (slice header),
 * 7.4.1.2.3 (order of NAL units), annex E (VUI).
 */
#ifndef CODECS_H264_H
#define CODECS_H264_H

#include "codecs/codec.h"
#include "codecs/vui.h"

enum { H264_SPS_ID_MAX = 31, H264_PPS_ID_MAX = 255 };

/* Table 7-1; H264_NAL_NONE stands for a unit without a sound header. */
enum h264_nal {
    H264_NAL_NONE = 0,
    H264_NAL_SLICE = 1,
    H264_NAL_PARTITION_A = 2,
    H264_NAL_IDR = 5,
    H264_NAL_SEI = 6,
    H264_NAL_SPS = 7,
    H264_NAL_PPS = 8,
    H264_NAL_AUD = 9,
};

struct h264_sps {
    uint8_t id;
    uint8_t profile, constraints, level; /* the three bytes of avc1.PPCCLL */
    uint8_t chroma_format, luma_depth, chroma_depth;
    uint8_t reorder;        /* frames; VUI_REORDER_UNKNOWN */
    bool interlaced;        /* frames may be coded as fields */
    bool separate_planes;   /* separate_colour_plane_flag */
    uint8_t frame_num_bits; /* of frame_num in slice headers */
    uint32_t width, height; /* cropped */
    struct vui vui;
};

struct h264_pps {
    uint8_t id, sps_id;
};

enum h264_nal h264_nal_type(const struct nal *nal);
/* Each takes the NAL unit with its header. */
int h264_sps_parse(const struct nal *nal, struct h264_sps *out);
int h264_pps_parse(const struct nal *nal, struct h264_pps *out);
/* Which set a unit is; -ENOENT when it is none, -EINVAL when its id cannot be. */
int h264_set_id(const struct nal *nal, enum codec_set_kind *kind, uint8_t *id);
/* The PPS that a slice of an IDR picture, which alone may bring another SPS into use, names;
 * -ENOENT when the unit is none. */
int h264_idr_pps(const struct nal *nal, uint8_t *out_id);

void h264_au_facts(const struct nal *nals, size_t n, struct au_facts *out);
bool h264_nal_starts_au(const struct nal *nal);
/* How many bytes of header an SEI unit has; 0: it is none. */
size_t h264_sei_header(const struct nal *nal);

#endif
