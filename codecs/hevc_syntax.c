/* The parts of HEVC's parameter sets that must be walked through to reach what comes after. */
/* SPDX-License-Identifier: MIT */
#include "codecs/hevc_syntax.h"

enum {
    PTL_PROFILE_BITS = 88, /* 2 + 1 + 5 + 32 + 48 */
    PTL_LEVEL_BITS = 8,
    PTL_SUB_LAYERS = 8,
    REF_PICS_MAX = 16, /* A.4.2: MaxDpbSize */
    CPB_COUNT_MAX = 32,
};

void hevc_read_ptl(struct bits *b, unsigned sub_layers, struct hevc_ptl *out)
{
    out->profile_space = (uint8_t)bits_u(b, 2);
    out->high_tier = bits_flag(b);
    out->profile = (uint8_t)bits_u(b, 5);
    out->compatibility = bits_u(b, 32);
    for (size_t i = 0; i < sizeof out->constraints; i++)
        out->constraints[i] = (uint8_t)bits_u(b, 8);
    out->level = (uint8_t)bits_u(b, 8);
    if (sub_layers <= 1)
        return;
    unsigned skip = 0;
    for (unsigned i = 0; i + 1 < sub_layers; i++) {
        skip += bits_flag(b) ? PTL_PROFILE_BITS : 0;
        skip += bits_flag(b) ? PTL_LEVEL_BITS : 0;
    }
    bits_skip(b, 2ull * (PTL_SUB_LAYERS - (sub_layers - 1))); /* reserved_zero_2bits */
    bits_skip(b, skip);
}

void hevc_skip_scaling_lists(struct bits *b)
{
    for (unsigned size_id = 0; size_id < 4; size_id++) {
        unsigned coefficients = size_id == 0 ? 16 : 64;
        for (unsigned matrix = 0; matrix < 6; matrix += size_id == 3 ? 3 : 1) {
            if (!bits_flag(b)) { /* scaling_list_pred_mode_flag */
                bits_ue(b);      /* scaling_list_pred_matrix_id_delta */
                continue;
            }
            if (size_id > 1)
                bits_se(b); /* scaling_list_dc_coef_minus8 */
            for (unsigned i = 0; i < coefficients && !b->error; i++)
                bits_se(b);
        }
    }
}

/* A set that says by one or two flags which pictures of the set before it stay, and adds one. */
static unsigned skip_predicted_set(struct bits *b, unsigned before)
{
    bits_skip(b, 1); /* delta_rps_sign */
    bits_ue(b);      /* abs_delta_rps_minus1 */
    unsigned count = 0;
    for (unsigned i = 0; i <= before; i++) {
        bool used = bits_flag(b); /* used_by_curr_pic_flag, else use_delta_flag */
        count += used || bits_flag(b);
    }
    return count;
}

static unsigned skip_listed_set(struct bits *b)
{
    unsigned count = bits_ue_max(b, REF_PICS_MAX);
    count += bits_ue_max(b, REF_PICS_MAX);
    for (unsigned i = 0; i < count && !b->error; i++) {
        bits_ue(b);      /* delta_poc_s0_minus1 or _s1_ */
        bits_skip(b, 1); /* used_by_curr_pic_s0_flag or _s1_ */
    }
    return count;
}

void hevc_skip_ref_pic_sets(struct bits *b, unsigned count)
{
    unsigned pictures = 0;
    for (unsigned i = 0; i < count && !b->error; i++) {
        bool predicted = i > 0 && bits_flag(b);
        pictures = predicted ? skip_predicted_set(b, pictures) : skip_listed_set(b);
        if (pictures > REF_PICS_MAX)
            b->error = true;
    }
}

/* E.2.3 */
static void skip_sub_layer_hrd(struct bits *b, unsigned cpb_count, bool sub_pictures)
{
    for (unsigned i = 0; i < cpb_count && !b->error; i++) {
        for (int k = 0; k < (sub_pictures ? 4 : 2); k++)
            bits_ue(b);
        bits_skip(b, 1); /* cbr_flag */
    }
}

void hevc_skip_hrd(struct bits *b, unsigned sub_layers)
{
    bool nal = bits_flag(b), vcl = bits_flag(b), sub_pictures = false;
    if (nal || vcl) {
        sub_pictures = bits_flag(b);
        if (sub_pictures)
            bits_skip(b, 19);
        bits_skip(b, 8); /* bit_rate_scale, cpb_size_scale */
        if (sub_pictures)
            bits_skip(b, 4);
        bits_skip(b, 15);
    }
    for (unsigned i = 0; i < sub_layers && !b->error; i++) {
        bool low_delay = false;
        unsigned cpb_count = 1;
        bool fixed = bits_flag(b) || bits_flag(b); /* _general_flag implies _within_cvs_flag */
        if (fixed)
            bits_ue(b); /* elemental_duration_in_tc_minus1 */
        else
            low_delay = bits_flag(b);
        if (!low_delay)
            cpb_count = bits_ue_max(b, CPB_COUNT_MAX - 1) + 1;
        if (nal)
            skip_sub_layer_hrd(b, cpb_count, sub_pictures);
        if (vcl)
            skip_sub_layer_hrd(b, cpb_count, sub_pictures);
    }
}
