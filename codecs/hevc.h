/* Reads HEVC parameter sets and finds out what a NAL unit is. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: 0 or -EINVAL; `out` is then undefined.
 * Only the base layer counts: a unit with nuh_layer_id over 0 is HEVC_NAL_NONE.
 * Standards: ITU-T H.265 (08/2021) 7.3.2.1 (VPS), 7.3.2.2 (SPS), 7.3.2.3 (PPS), 7.3.3
 * (profile_tier_level), 7.3.6.1 (slice header), 7.4.2.4.4 (order of NAL units), annex E (VUI).
 */
#ifndef CODECS_HEVC_H
#define CODECS_HEVC_H

#include "codecs/codec.h"
#include "codecs/vui.h"

enum { HEVC_VPS_ID_MAX = 15, HEVC_SPS_ID_MAX = 15, HEVC_PPS_ID_MAX = 63 };

/* Table 7-1; HEVC_NAL_NONE stands for a unit without a sound header. */
enum hevc_nal {
    HEVC_NAL_RASL_N = 8,
    HEVC_NAL_RASL_R = 9,
    HEVC_NAL_BLA_W_LP = 16,
    HEVC_NAL_IDR_W_RADL = 19,
    HEVC_NAL_IDR_N_LP = 20,
    HEVC_NAL_CRA = 21,
    HEVC_NAL_VPS = 32,
    HEVC_NAL_SPS = 33,
    HEVC_NAL_PPS = 34,
    HEVC_NAL_AUD = 35,
    HEVC_NAL_SEI_PREFIX = 39,
    HEVC_NAL_NONE = 64,
};

/* The general_ part of profile_tier_level, as hvcC and CODECS repeat it. */
struct hevc_ptl {
    uint8_t profile_space, profile, level;
    bool high_tier;
    uint32_t compatibility; /* flag 0 in the top bit */
    uint8_t constraints[6];
};

struct hevc_vps {
    uint8_t id;
    uint32_t fps_num, fps_den; /* 0/0 when not said */
};

struct hevc_sps {
    uint8_t id, vps_id, sub_layers;
    bool temporal_id_nested, interlaced;
    struct hevc_ptl ptl;
    uint8_t chroma_format, luma_depth, chroma_depth;
    uint8_t reorder;        /* sps_max_num_reorder_pics of the highest sub-layer */
    uint32_t width, height; /* inside the conformance window */
    struct vui vui;
};

struct hevc_pps {
    uint8_t id, sps_id;
    bool tiles, wavefront;
};

enum hevc_nal hevc_nal_type(const struct nal *nal);
/* Each takes the NAL unit with its header. */
int hevc_vps_parse(const struct nal *nal, struct hevc_vps *out);
int hevc_sps_parse(const struct nal *nal, struct hevc_sps *out);
int hevc_pps_parse(const struct nal *nal, struct hevc_pps *out);
/* Which set a unit is; -ENOENT when it is none, -EINVAL when its id cannot be. */
int hevc_set_id(const struct nal *nal, enum codec_set_kind *kind, uint8_t *id);
/* The PPS that a slice of an IRAP picture, which alone may bring another SPS into use, names;
 * -ENOENT when the unit is none. */
int hevc_irap_pps(const struct nal *nal, uint8_t *out_id);

void hevc_au_facts(const struct nal *nals, size_t n, struct au_facts *out);
bool hevc_nal_starts_au(const struct nal *nal);
/* How many bytes of header an SEI unit before the picture has; 0: it is none. */
size_t hevc_sei_header(const struct nal *nal);

#endif
