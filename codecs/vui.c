/* Reads the part of video usability information that H.264 and HEVC share. */
/* SPDX-License-Identifier: MIT */
#include "codecs/vui.h"

enum {
    UNSPECIFIED = 2,
    EXTENDED_SAR = 255,
    FPS_MAX = 300,      /* H.265 A.4.1 fR; H.264 A.3 allows 172 */
    CHROMA_LOC_MAX = 5, /* E.2.1 */
};

/* Table E-1, aspect_ratio_idc 0 (unspecified) to 16. */
static const uint8_t SARS[][2] = {
    {1, 1},   {1, 1},   {12, 11}, {10, 11}, {16, 11},  {40, 33}, {24, 11}, {20, 11}, {32, 11},
    {80, 33}, {18, 11}, {15, 11}, {64, 33}, {160, 99}, {4, 3},   {3, 2},   {2, 1},
};

void vui_init(struct vui *v)
{
    *v = (struct vui){
        .sar_num = 1,
        .sar_den = 1,
        .primaries = UNSPECIFIED,
        .transfer = UNSPECIFIED,
        .matrix = UNSPECIFIED,
        .reorder = VUI_REORDER_UNKNOWN,
    };
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void read_sar(struct bits *b, struct vui *v)
{
    uint32_t idc = bits_u(b, 8), num = 1, den = 1;
    if (idc == EXTENDED_SAR) {
        num = bits_u(b, 16);
        den = bits_u(b, 16);
    } else if (idc < sizeof SARS / sizeof SARS[0]) {
        num = SARS[idc][0];
        den = SARS[idc][1];
    }
    if (num == 0 || den == 0)
        return; /* E.2.1: then it is unspecified */
    uint32_t divisor = (uint32_t)greatest_common_divisor(num, den);
    v->sar_num = num / divisor;
    v->sar_den = den / divisor;
}

static void read_colour(struct bits *b, struct vui *v)
{
    bits_skip(b, 3); /* video_format */
    v->full_range = bits_flag(b);
    if (!bits_flag(b)) /* colour_description_present_flag */
        return;
    v->primaries = (uint8_t)bits_u(b, 8);
    v->transfer = (uint8_t)bits_u(b, 8);
    v->matrix = (uint8_t)bits_u(b, 8);
}

void vui_read_picture(struct bits *b, struct vui *v)
{
    if (bits_flag(b)) /* aspect_ratio_info_present_flag */
        read_sar(b, v);
    if (bits_flag(b))    /* overscan_info_present_flag */
        bits_skip(b, 1); /* overscan_appropriate_flag */
    if (bits_flag(b))    /* video_signal_type_present_flag */
        read_colour(b, v);
    if (bits_flag(b)) { /* chroma_loc_info_present_flag */
        bits_ue_max(b, CHROMA_LOC_MAX);
        bits_ue_max(b, CHROMA_LOC_MAX);
    }
}

void vui_read_rate(struct bits *b, struct vui *v, uint32_t ticks_per_picture)
{
    uint64_t units = (uint64_t)bits_u(b, 32) * ticks_per_picture;
    uint64_t scale = bits_u(b, 32);
    v->fps_num = v->fps_den = 0;
    /* A rate that no level allows is an encoder's clock, not a frame rate. */
    if (b->error || units == 0 || scale == 0 || scale > units * FPS_MAX)
        return;
    uint64_t divisor = greatest_common_divisor(scale, units);
    if (units / divisor > UINT32_MAX)
        return;
    v->fps_num = (uint32_t)(scale / divisor);
    v->fps_den = (uint32_t)(units / divisor);
}

void vui_tell(const struct vui *v, struct track_params *out)
{
    out->sar_num = v->sar_num;
    out->sar_den = v->sar_den;
    out->fps_num = v->fps_num;
    out->fps_den = v->fps_den;
    out->primaries = v->primaries;
    out->transfer = v->transfer;
    out->matrix = v->matrix;
    out->full_range = v->full_range;
}
