/* Reads HEVC parameter sets and finds out what a NAL unit is. */
/* SPDX-License-Identifier: MIT */
#include "codecs/hevc.h"

#include "codecs/bits.h"
#include "codecs/hevc_syntax.h"
#include "codecs/sei.h"

#include <errno.h>

enum {
    HEADER_BYTES = 2,
    SUB_LAYERS_MAX = 7,
    SIZE_MAX_LUMA = 16384,
    DPB_MAX = 16, /* A.4.2 */
    VPS_LAYER_SETS_MAX = 1023,
    SPATIAL_SEGMENTATION_MAX = 4095,
    PROGRESSIVE_SOURCE = 0x80, /* in the first byte of the constraint flags */
    INTERLACED_SOURCE = 0x40,
};

enum hevc_nal hevc_nal_type(const struct nal *nal)
{
    /* 7.3.1.2: forbidden_zero_bit, nal_unit_type u(6), nuh_layer_id u(6), temporal_id_plus1 u(3) */
    if (nal->len <= HEADER_BYTES || nal->data[0] & 0x81 || nal->data[1] >> 3 != 0 ||
        (nal->data[1] & 7) == 0)
        return HEVC_NAL_NONE;
    return (enum hevc_nal)(nal->data[0] >> 1);
}

static void reader_init(struct bits *b, const struct nal *nal)
{
    bits_init_nal(b, nal->data + HEADER_BYTES, nal->len - HEADER_BYTES);
}

/* What VPS and SPS say of each sub-layer; returns num_reorder_pics of the highest. */
static uint8_t read_ordering_info(struct bits *b, unsigned sub_layers)
{
    uint32_t reorder = 0;
    unsigned first = bits_flag(b) ? 0 : sub_layers - 1; /* _sub_layer_ordering_info_present_flag */
    for (unsigned i = first; i < sub_layers; i++) {
        bits_ue_max(b, DPB_MAX - 1); /* max_dec_pic_buffering_minus1 */
        reorder = bits_ue_max(b, DPB_MAX - 1);
        bits_ue(b); /* max_latency_increase_plus1 */
    }
    return (uint8_t)reorder;
}

static unsigned read_sub_layers(struct bits *b)
{
    unsigned sub_layers = bits_u(b, 3) + 1;
    if (sub_layers > SUB_LAYERS_MAX)
        b->error = true;
    return sub_layers;
}

int hevc_vps_parse(const struct nal *nal, struct hevc_vps *out)
{
    if (hevc_nal_type(nal) != HEVC_NAL_VPS)
        return -EINVAL;
    struct bits b;
    struct hevc_ptl ptl;
    struct vui rate;
    reader_init(&b, nal);
    vui_init(&rate);
    out->id = (uint8_t)bits_u(&b, 4);
    bits_skip(&b, 2 + 6); /* vps_base_layer_*_flag, vps_max_layers_minus1 */
    unsigned sub_layers = read_sub_layers(&b);
    bits_skip(&b, 1 + 16); /* vps_temporal_id_nesting_flag, vps_reserved_0xffff_16bits */
    hevc_read_ptl(&b, sub_layers, &ptl);
    read_ordering_info(&b, sub_layers);
    uint32_t max_layer_id = bits_u(&b, 6);
    uint32_t layer_sets = bits_ue_max(&b, VPS_LAYER_SETS_MAX);
    bits_skip(&b, (uint64_t)layer_sets * (max_layer_id + 1)); /* layer_id_included_flag */
    if (bits_flag(&b))                                        /* vps_timing_info_present_flag */
        vui_read_rate(&b, &rate, 1);
    out->fps_num = rate.fps_num;
    out->fps_den = rate.fps_den;
    return b.error ? -EINVAL : 0;
}

/* Sizes in luma samples and the conformance window in chroma units (7.4.3.2.1). */
static void read_size(struct bits *b, struct hevc_sps *out)
{
    out->chroma_format = (uint8_t)bits_ue_max(b, 3);
    bool separate_planes = out->chroma_format == 3 && bits_flag(b);
    uint32_t chroma = separate_planes ? 0 : out->chroma_format;
    uint32_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    uint32_t unit_y = chroma == 1 ? 2 : 1;
    uint32_t width = bits_ue_max(b, SIZE_MAX_LUMA);
    uint32_t height = bits_ue_max(b, SIZE_MAX_LUMA);
    out->width = width;
    out->height = height;
    if (!bits_flag(b)) /* conformance_window_flag */
        return;
    uint32_t crop_x = unit_x * (bits_ue_max(b, SIZE_MAX_LUMA) + bits_ue_max(b, SIZE_MAX_LUMA));
    uint32_t crop_y = unit_y * (bits_ue_max(b, SIZE_MAX_LUMA) + bits_ue_max(b, SIZE_MAX_LUMA));
    out->width = crop_x < width ? width - crop_x : 0;
    out->height = crop_y < height ? height - crop_y : 0;
}

/* log2_min_luma_coding_block_size_minus3 up to strong_intra_smoothing_enabled_flag. */
static void skip_coding_tools(struct bits *b, unsigned poc_lsb_bits)
{
    for (int i = 0; i < 6; i++)
        bits_ue(b);                   /* block sizes and transform depths */
    if (bits_flag(b) && bits_flag(b)) /* scaling_list_enabled_flag, sps_..._data_present_flag */
        hevc_skip_scaling_lists(b);
    bits_skip(b, 2);    /* amp_enabled_flag, sample_adaptive_offset_enabled_flag */
    if (bits_flag(b)) { /* pcm_enabled_flag */
        bits_skip(b, 8);
        bits_ue(b);
        bits_ue(b);
        bits_skip(b, 1);
    }
    hevc_skip_ref_pic_sets(b, bits_ue_max(b, 64));
    if (bits_flag(b)) { /* long_term_ref_pics_present_flag */
        uint32_t count = bits_ue_max(b, 32);
        bits_skip(b, (uint64_t)count * (poc_lsb_bits + 1));
    }
    bits_skip(b, 2);
}

/* E.2.1 */
static void read_vui(struct bits *b, struct vui *v, unsigned sub_layers)
{
    vui_read_picture(b, v);
    bits_skip(b, 1); /* neutral_chroma_indication_flag */
    v->field_seq = bits_flag(b);
    bits_skip(b, 1);  /* frame_field_info_present_flag */
    if (bits_flag(b)) /* default_display_window_flag: a hint for displays, not a crop */
        for (int i = 0; i < 4; i++)
            bits_ue(b);
    if (bits_flag(b)) { /* vui_timing_info_present_flag */
        vui_read_rate(b, v, 1);
        if (bits_flag(b)) /* vui_poc_proportional_to_timing_flag */
            bits_ue(b);
        if (bits_flag(b)) /* vui_hrd_parameters_present_flag */
            hevc_skip_hrd(b, sub_layers);
    }
    if (!bits_flag(b)) /* bitstream_restriction_flag */
        return;
    bits_skip(b, 3);
    v->min_spatial_segmentation = (uint16_t)bits_ue_max(b, SPATIAL_SEGMENTATION_MAX);
}

/* 7.4.4: interlaced when the source is said to be, or each picture to be one field. */
static bool is_interlaced(const struct hevc_sps *sps)
{
    uint8_t source = sps->ptl.constraints[0] & (PROGRESSIVE_SOURCE | INTERLACED_SOURCE);
    return sps->vui.field_seq || source == INTERLACED_SOURCE;
}

int hevc_sps_parse(const struct nal *nal, struct hevc_sps *out)
{
    if (hevc_nal_type(nal) != HEVC_NAL_SPS)
        return -EINVAL;
    struct bits b;
    reader_init(&b, nal);
    *out = (struct hevc_sps){.id = 0};
    vui_init(&out->vui);
    out->vps_id = (uint8_t)bits_u(&b, 4);
    out->sub_layers = (uint8_t)read_sub_layers(&b);
    out->temporal_id_nested = bits_flag(&b);
    hevc_read_ptl(&b, out->sub_layers, &out->ptl);
    out->id = (uint8_t)bits_ue_max(&b, HEVC_SPS_ID_MAX);
    read_size(&b, out);
    out->luma_depth = (uint8_t)(8 + bits_ue_max(&b, 8));
    out->chroma_depth = (uint8_t)(8 + bits_ue_max(&b, 8));
    unsigned poc_lsb_bits = bits_ue_max(&b, 12) + 4;
    out->reorder = read_ordering_info(&b, out->sub_layers);
    skip_coding_tools(&b, poc_lsb_bits);
    bool has_vui = bits_flag(&b);
    if (b.error || out->width == 0 || out->height == 0)
        return -EINVAL;
    if (has_vui)
        read_vui(&b, &out->vui, out->sub_layers);
    if (b.error)
        vui_init(&out->vui);
    out->interlaced = is_interlaced(out);
    return 0;
}

int hevc_pps_parse(const struct nal *nal, struct hevc_pps *out)
{
    if (hevc_nal_type(nal) != HEVC_NAL_PPS)
        return -EINVAL;
    struct bits b;
    reader_init(&b, nal);
    out->id = (uint8_t)bits_ue_max(&b, HEVC_PPS_ID_MAX);
    out->sps_id = (uint8_t)bits_ue_max(&b, HEVC_SPS_ID_MAX);
    bits_skip(&b, 2 + 3 + 2); /* dependent_slice_segments_enabled_flag to cabac_init_present_flag */
    bits_ue(&b);              /* num_ref_idx_l0_default_active_minus1 */
    bits_ue(&b);              /* num_ref_idx_l1_default_active_minus1 */
    bits_se(&b);              /* init_qp_minus26 */
    bits_skip(&b, 2);         /* constrained_intra_pred_flag, transform_skip_enabled_flag */
    if (bits_flag(&b))        /* cu_qp_delta_enabled_flag */
        bits_ue(&b);
    bits_se(&b); /* pps_cb_qp_offset */
    bits_se(&b); /* pps_cr_qp_offset */
    bits_skip(&b,
              4); /* pps_slice_chroma_qp_offsets_present_flag to transquant_bypass_enabled_flag */
    out->tiles = bits_flag(&b);
    out->wavefront = bits_flag(&b); /* entropy_coding_sync_enabled_flag */
    return b.error ? -EINVAL : 0;
}

int hevc_set_id(const struct nal *nal, enum codec_set_kind *kind, uint8_t *id)
{
    struct hevc_ptl ptl;
    struct bits b;
    enum hevc_nal type = hevc_nal_type(nal);
    if (type < HEVC_NAL_VPS || type > HEVC_NAL_PPS)
        return -ENOENT;
    reader_init(&b, nal);
    if (type == HEVC_NAL_VPS) {
        *kind = CODEC_SET_VPS;
        *id = (uint8_t)bits_u(&b, 4);
    } else if (type == HEVC_NAL_SPS) {
        *kind = CODEC_SET_SPS;
        bits_skip(&b, 4); /* sps_video_parameter_set_id */
        unsigned sub_layers = read_sub_layers(&b);
        bits_skip(&b, 1);
        hevc_read_ptl(&b, sub_layers, &ptl);
        *id = (uint8_t)bits_ue_max(&b, HEVC_SPS_ID_MAX);
    } else {
        *kind = CODEC_SET_PPS;
        *id = (uint8_t)bits_ue_max(&b, HEVC_PPS_ID_MAX);
    }
    return b.error ? -EINVAL : 0;
}

static bool is_irap(enum hevc_nal type)
{
    return type >= HEVC_NAL_BLA_W_LP && type <= HEVC_NAL_CRA;
}

/* Table 7-1: the rest of 0 to 31 is reserved. */
static bool is_picture(enum hevc_nal type)
{
    return type <= HEVC_NAL_RASL_R || is_irap(type);
}

int hevc_irap_pps(const struct nal *nal, uint8_t *out_id)
{
    if (!is_irap(hevc_nal_type(nal)))
        return -ENOENT;
    struct bits b;
    reader_init(&b, nal);
    bits_skip(&b, 1 + 1); /* first_slice_segment_in_pic_flag, no_output_of_prior_pics_flag */
    *out_id = (uint8_t)bits_ue_max(&b, HEVC_PPS_ID_MAX);
    return b.error ? -EINVAL : 0;
}

void hevc_au_facts(const struct nal *nals, size_t n, struct au_facts *out)
{
    for (size_t i = 0; i < n; i++) {
        enum hevc_nal type = hevc_nal_type(&nals[i]);
        out->has_picture |= is_picture(type);
        out->idr |= type == HEVC_NAL_IDR_W_RADL || type == HEVC_NAL_IDR_N_LP;
        out->random_access |= is_irap(type);
        out->leans_back |= type == HEVC_NAL_RASL_N || type == HEVC_NAL_RASL_R;
        out->has_parameters |= type >= HEVC_NAL_VPS && type <= HEVC_NAL_PPS;
        if (type == HEVC_NAL_SEI_PREFIX && out->keyint == 0)
            out->keyint = sei_keyint(nals[i].data + HEADER_BYTES, nals[i].len - HEADER_BYTES);
    }
}

bool hevc_nal_starts_au(const struct nal *nal)
{
    enum hevc_nal type = hevc_nal_type(nal);
    if (is_picture(type))
        return nal->data[HEADER_BYTES] & 0x80; /* first_slice_segment_in_pic_flag */
    return (type >= HEVC_NAL_VPS && type <= HEVC_NAL_AUD) || type == HEVC_NAL_SEI_PREFIX ||
           (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
}

size_t hevc_sei_header(const struct nal *nal)
{
    return hevc_nal_type(nal) == HEVC_NAL_SEI_PREFIX ? HEADER_BYTES : 0;
}
