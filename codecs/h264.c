/* Reads H.264 parameter sets and finds out what a NAL unit is. */
/* SPDX-License-Identifier: MIT */
#include "codecs/h264.h"

#include "codecs/sei.h"

#include <errno.h>

enum {
    HEADER_BYTES = 1,
    PROFILE_BASELINE = 66,
    CONSTRAINT_SET3 = 0x10,
    REORDER_MAX = 16, /* E.2.1: not over MaxDpbFrames */
    MBS_MAX = 16384 / 16,
    SIZE_MAX_LUMA = 16384,
};

/* 7.3.2.1.1: the profiles whose SPS carries chroma_format_idc and what follows it. */
static bool has_chroma_format(uint8_t profile)
{
    static const uint8_t profiles[] = {100, 110, 122, 244, 44,  83, 86,
                                       118, 128, 138, 139, 134, 135};
    for (size_t i = 0; i < sizeof profiles; i++)
        if (profiles[i] == profile)
            return true;
    return false;
}

enum h264_nal h264_nal_type(const struct nal *nal)
{
    /* 7.4.1: forbidden_zero_bit; and a header alone is no unit. */
    if (nal->len <= HEADER_BYTES || nal->data[0] & 0x80)
        return H264_NAL_NONE;
    return (enum h264_nal)(nal->data[0] & 0x1f);
}

static void reader_init(struct bits *b, const struct nal *nal)
{
    bits_init_nal(b, nal->data + HEADER_BYTES, nal->len - HEADER_BYTES);
}

/* 7.3.2.1.1.1: only its length matters here. */
static void skip_scaling_list(struct bits *b, unsigned size)
{
    int32_t last = 8, next = 8;
    for (unsigned i = 0; i < size && next != 0 && !b->error; i++) {
        next = (int32_t)(((uint32_t)last + (uint32_t)bits_se(b)) & 0xff);
        last = next != 0 ? next : last;
    }
}

static void read_chroma(struct bits *b, struct h264_sps *out, bool *separate_planes)
{
    out->chroma_format = (uint8_t)bits_ue_max(b, 3);
    *separate_planes = out->chroma_format == 3 && bits_flag(b);
    out->luma_depth = (uint8_t)(8 + bits_ue_max(b, 6));
    out->chroma_depth = (uint8_t)(8 + bits_ue_max(b, 6));
    bits_skip(b, 1);   /* qpprime_y_zero_transform_bypass_flag */
    if (!bits_flag(b)) /* seq_scaling_matrix_present_flag */
        return;
    unsigned lists = out->chroma_format == 3 ? 12 : 8;
    for (unsigned i = 0; i < lists; i++)
        if (bits_flag(b))
            skip_scaling_list(b, i < 6 ? 16 : 64);
}

/* pic_order_cnt_type and what it brings. */
static uint32_t read_poc(struct bits *b)
{
    uint32_t type = bits_ue_max(b, 2);
    if (type == 0)
        bits_ue_max(b, 12); /* log2_max_pic_order_cnt_lsb_minus4 */
    if (type != 1)
        return type;
    bits_skip(b, 1); /* delta_pic_order_always_zero_flag */
    bits_se(b);      /* offset_for_non_ref_pic */
    bits_se(b);      /* offset_for_top_to_bottom_field */
    uint32_t cycle = bits_ue_max(b, 255);
    for (uint32_t i = 0; i < cycle && !b->error; i++)
        bits_se(b); /* offset_for_ref_frame */
    return type;
}

/* Sizes in macroblocks, then frame_cropping in the units of 7.4.2.1.1. */
static void read_size(struct bits *b, struct h264_sps *out, bool separate_planes)
{
    uint32_t width = 16 * (bits_ue_max(b, MBS_MAX - 1) + 1);
    uint32_t map_units = bits_ue_max(b, MBS_MAX - 1) + 1;
    bool frame_mbs_only = bits_flag(b);
    uint32_t height = 16 * map_units * (frame_mbs_only ? 1 : 2);
    out->interlaced = !frame_mbs_only;
    if (!frame_mbs_only)
        bits_skip(b, 1); /* mb_adaptive_frame_field_flag */
    bits_skip(b, 1);     /* direct_8x8_inference_flag */
    out->width = width;
    out->height = height;
    if (!bits_flag(b)) /* frame_cropping_flag */
        return;
    uint32_t chroma = separate_planes ? 0 : out->chroma_format;
    uint32_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    uint32_t unit_y = (chroma == 1 ? 2 : 1) * (frame_mbs_only ? 1 : 2);
    uint32_t crop_x = unit_x * (bits_ue_max(b, SIZE_MAX_LUMA) + bits_ue_max(b, SIZE_MAX_LUMA));
    uint32_t crop_y = unit_y * (bits_ue_max(b, SIZE_MAX_LUMA) + bits_ue_max(b, SIZE_MAX_LUMA));
    out->width = crop_x < width ? width - crop_x : 0;
    out->height = crop_y < height ? height - crop_y : 0;
}

/* E.1.2 */
static void skip_hrd(struct bits *b)
{
    uint32_t count = bits_ue_max(b, 31) + 1;
    bits_skip(b, 8); /* bit_rate_scale, cpb_size_scale */
    for (uint32_t i = 0; i < count && !b->error; i++) {
        bits_ue(b);
        bits_ue(b);
        bits_skip(b, 1);
    }
    bits_skip(b, 20);
}

/* E.1.1. A frame lasts two ticks: num_units_in_tick is that of a field. */
static void read_vui(struct bits *b, struct vui *v)
{
    vui_read_picture(b, v);
    if (bits_flag(b)) { /* timing_info_present_flag */
        vui_read_rate(b, v, 2);
        bits_skip(b, 1); /* fixed_frame_rate_flag */
    }
    bool nal_hrd = bits_flag(b);
    if (nal_hrd)
        skip_hrd(b);
    bool vcl_hrd = bits_flag(b);
    if (vcl_hrd)
        skip_hrd(b);
    if (nal_hrd || vcl_hrd)
        bits_skip(b, 1); /* low_delay_hrd_flag */
    bits_skip(b, 1);     /* pic_struct_present_flag */
    if (!bits_flag(b))   /* bitstream_restriction_flag */
        return;
    bits_skip(b, 1);
    for (int i = 0; i < 4; i++)
        bits_ue(b); /* max_bytes_per_pic_denom to log2_max_mv_length_vertical */
    uint32_t reorder = bits_ue(b);
    bits_ue(b); /* max_dec_frame_buffering */
    v->reorder = (uint8_t)(reorder <= REORDER_MAX ? reorder : VUI_REORDER_UNKNOWN);
}

/* E.2.1: what holds when max_num_reorder_frames is not there. */
static uint8_t inferred_reorder(const struct h264_sps *sps, uint32_t poc_type)
{
    /* 7.4.2.1.1: with type 2, output order is decoding order. Annex A.2.1: no B slices. */
    if (poc_type == 2 || sps->profile == PROFILE_BASELINE)
        return 0;
    /* The intra-only profiles: those of High 10 and up with constraint_set3_flag, and CAVLC 4:4:4.
     */
    bool intra_can = sps->profile == 44 || sps->profile == 86 || sps->profile == 100 ||
                     sps->profile == 110 || sps->profile == 122 || sps->profile == 244;
    return intra_can && sps->constraints & CONSTRAINT_SET3 ? 0 : VUI_REORDER_UNKNOWN;
}

int h264_sps_parse(const struct nal *nal, struct h264_sps *out)
{
    if (h264_nal_type(nal) != H264_NAL_SPS)
        return -EINVAL;
    struct bits b;
    reader_init(&b, nal);
    *out = (struct h264_sps){.chroma_format = 1, .luma_depth = 8, .chroma_depth = 8};
    vui_init(&out->vui);
    bool separate_planes = false;
    out->profile = (uint8_t)bits_u(&b, 8);
    out->constraints = (uint8_t)bits_u(&b, 8);
    out->level = (uint8_t)bits_u(&b, 8);
    out->id = (uint8_t)bits_ue_max(&b, H264_SPS_ID_MAX);
    if (has_chroma_format(out->profile))
        read_chroma(&b, out, &separate_planes);
    out->separate_planes = separate_planes;
    out->frame_num_bits = (uint8_t)(4 + bits_ue_max(&b, 12)); /* log2_max_frame_num_minus4 */
    uint32_t poc_type = read_poc(&b);
    bits_ue_max(&b, 16); /* max_num_ref_frames */
    bits_skip(&b, 1);    /* gaps_in_frame_num_value_allowed_flag */
    read_size(&b, out, separate_planes);
    bool has_vui = bits_flag(&b);
    if (b.error || out->width == 0 || out->height == 0 || out->width > SIZE_MAX_LUMA ||
        out->height > SIZE_MAX_LUMA)
        return -EINVAL;
    if (has_vui)
        read_vui(&b, &out->vui);
    if (b.error)
        vui_init(&out->vui);
    out->reorder = out->vui.reorder;
    if (out->reorder == VUI_REORDER_UNKNOWN)
        out->reorder = inferred_reorder(out, poc_type);
    return 0;
}

int h264_pps_parse(const struct nal *nal, struct h264_pps *out)
{
    if (h264_nal_type(nal) != H264_NAL_PPS)
        return -EINVAL;
    struct bits b;
    reader_init(&b, nal);
    out->id = (uint8_t)bits_ue_max(&b, H264_PPS_ID_MAX);
    out->sps_id = (uint8_t)bits_ue_max(&b, H264_SPS_ID_MAX);
    return b.error ? -EINVAL : 0;
}

int h264_set_id(const struct nal *nal, enum codec_set_kind *kind, uint8_t *id)
{
    struct bits b;
    enum h264_nal type = h264_nal_type(nal);
    if (type != H264_NAL_SPS && type != H264_NAL_PPS)
        return -ENOENT;
    reader_init(&b, nal);
    if (type == H264_NAL_SPS)
        bits_skip(&b, 24); /* profile_idc, constraint flags, level_idc */
    *kind = type == H264_NAL_SPS ? CODEC_SET_SPS : CODEC_SET_PPS;
    *id = (uint8_t)bits_ue_max(&b, type == H264_NAL_SPS ? H264_SPS_ID_MAX : H264_PPS_ID_MAX);
    return b.error ? -EINVAL : 0;
}

int h264_idr_pps(const struct nal *nal, uint8_t *out_id)
{
    if (h264_nal_type(nal) != H264_NAL_IDR)
        return -ENOENT;
    struct bits b;
    reader_init(&b, nal);
    bits_ue(&b);        /* first_mb_in_slice */
    bits_ue_max(&b, 9); /* slice_type */
    *out_id = (uint8_t)bits_ue_max(&b, H264_PPS_ID_MAX);
    return b.error ? -EINVAL : 0;
}

static bool is_picture(enum h264_nal type)
{
    return type == H264_NAL_SLICE || type == H264_NAL_PARTITION_A || type == H264_NAL_IDR;
}

void h264_au_facts(const struct nal *nals, size_t n, struct au_facts *out)
{
    for (size_t i = 0; i < n; i++) {
        enum h264_nal type = h264_nal_type(&nals[i]);
        out->has_picture |= is_picture(type);
        out->idr |= type == H264_NAL_IDR;
        out->random_access = out->idr;
        out->has_parameters |= type == H264_NAL_SPS || type == H264_NAL_PPS;
        if (type == H264_NAL_SEI && out->keyint == 0)
            out->keyint = sei_keyint(nals[i].data + HEADER_BYTES, nals[i].len - HEADER_BYTES);
    }
}

bool h264_nal_starts_au(const struct nal *nal)
{
    enum h264_nal type = h264_nal_type(nal);
    if (is_picture(type))
        return nal->data[HEADER_BYTES] & 0x80; /* first_mb_in_slice is 0: ue(v) "1" */
    return (type >= H264_NAL_SEI && type <= H264_NAL_AUD) || (type >= 14 && type <= 18);
}

size_t h264_sei_header(const struct nal *nal)
{
    return h264_nal_type(nal) == H264_NAL_SEI ? HEADER_BYTES : 0;
}
