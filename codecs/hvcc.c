/* Turns HEVC parameter sets into track parameters and an HEVCDecoderConfigurationRecord. */
/* SPDX-License-Identifier: MIT */
#include "codecs/hvcc.h"

#include "codecs/bits.h"
#include "codecs/hdr10.h"
#include "codecs/hevc.h"
#include "codecs/sets.h"

#include <errno.h>
#include <stdio.h>

enum { RECORD_DEPTH_MAX = 8 + 7 }; /* three bits for what is over 8 */

struct in_use {
    struct hevc_vps vps;
    struct hevc_sps sps;
    struct hevc_pps pps;
};

static int find_in_use(const struct codec_sets *s, struct in_use *out)
{
    const struct codec_set *set = sets_pps_in_use(s);
    if (set == NULL)
        return -EAGAIN;
    struct nal nal = sets_nal(set);
    if (hevc_pps_parse(&nal, &out->pps) != 0)
        return -EINVAL;
    set = sets_find(s, CODEC_SET_SPS, out->pps.sps_id);
    if (set == NULL)
        return -EAGAIN;
    nal = sets_nal(set);
    if (hevc_sps_parse(&nal, &out->sps) != 0)
        return -EINVAL;
    set = sets_find(s, CODEC_SET_VPS, out->sps.vps_id);
    if (set == NULL)
        return -EAGAIN;
    nal = sets_nal(set);
    return hevc_vps_parse(&nal, &out->vps);
}

/* E.3: profile, compatibility flags in reverse bit order, tier and level, then the constraint
 * bytes up to the last that is not 0. At most 39 characters, as profile_space is 0. */
static void write_name(const struct hevc_ptl *ptl, char *text, size_t size)
{
    uint32_t reversed = 0;
    for (unsigned i = 0; i < 32; i++)
        reversed |= (ptl->compatibility >> i & 1) << (31 - i);
    int used = snprintf(text, size, "hvc1.%u.%X.%c%u", ptl->profile, reversed,
                        ptl->high_tier ? 'H' : 'L', ptl->level);
    size_t bytes = sizeof ptl->constraints;
    while (bytes > 0 && ptl->constraints[bytes - 1] == 0)
        bytes--;
    for (size_t i = 0; i < bytes && used > 0 && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, ".%X", ptl->constraints[i]);
}

static bool sps_fits(const struct codec_set *set, const struct hevc_sps *in_use)
{
    struct nal nal = sets_nal(set);
    struct hevc_sps sps;
    return hevc_sps_parse(&nal, &sps) == 0 && sps.chroma_format == in_use->chroma_format &&
           sps.luma_depth == in_use->luma_depth && sps.chroma_depth == in_use->chroma_depth;
}

/* Whether a set is sound and can stand in the same record as the SPS in use. */
static bool set_fits(const struct codec_sets *s, const struct codec_set *set,
                     const struct hevc_sps *in_use)
{
    struct nal nal = sets_nal(set);
    struct hevc_vps vps;
    struct hevc_pps pps;
    if (set->kind == CODEC_SET_VPS)
        return hevc_vps_parse(&nal, &vps) == 0;
    if (set->kind == CODEC_SET_SPS)
        return sps_fits(set, in_use);
    if (hevc_pps_parse(&nal, &pps) != 0)
        return false;
    const struct codec_set *sps = sets_find(s, CODEC_SET_SPS, pps.sps_id);
    return sps != NULL && sps_fits(sps, in_use);
}

/* 8.3.3.1.2: one array per kind; hvc1 wants array_completeness 1: none are in the samples only. */
static void write_array(struct bit_writer *w, const struct codec_sets *s,
                        const struct hevc_sps *in_use, enum codec_set_kind kind)
{
    static const uint8_t nal_types[] = {HEVC_NAL_VPS, HEVC_NAL_SPS, HEVC_NAL_PPS};
    const struct codec_set *chosen[CODEC_SETS_MAX];
    uint32_t n = 0;
    for (unsigned id = 0; id <= HEVC_PPS_ID_MAX; id++) {
        const struct codec_set *set = sets_find(s, kind, id);
        if (set != NULL && set_fits(s, set, in_use))
            chosen[n++] = set;
    }
    bit_writer_put(w, 8, 0x80u | nal_types[kind]);
    bit_writer_put(w, 16, n);
    for (uint32_t i = 0; i < n; i++)
        sets_write(w, chosen[i]);
}

/* HDR10 players look for the metadata here before the first sample (rule 49). The samples have it
 * too, so the array is not complete. */
static void write_sei_array(struct bit_writer *w, const uint8_t *units, size_t len, unsigned count)
{
    if (count == 0)
        return;
    bit_writer_put(w, 8, HEVC_NAL_SEI_PREFIX);
    bit_writer_put(w, 16, count);
    for (size_t i = 0; i < len; i++)
        bit_writer_put(w, 8, units[i]);
}

/* 8.3.3.1.2 parallelismType: 0 mixed or unknown, 1 slices, 2 tiles, 3 wavefront. Without a
 * guarantee in min_spatial_segmentation_idc it has nothing to say. */
static uint32_t parallelism(const struct in_use *u)
{
    if (u->sps.vui.min_spatial_segmentation == 0 || (u->pps.tiles && u->pps.wavefront))
        return 0;
    return u->pps.wavefront ? 3 : u->pps.tiles ? 2 : 1;
}

static int write_record(const struct codec_sets *s, const struct in_use *u,
                        struct track_params *out)
{
    const struct hevc_sps *sps = &u->sps;
    uint8_t units[HDR10_UNITS_BYTES];
    size_t units_len;
    unsigned unit_count = hdr10_write_units(&out->hdr10, units, &units_len);
    struct bit_writer w;
    bit_writer_init(&w, out->config, sizeof out->config);
    bit_writer_put(&w, 8, 1); /* configurationVersion */
    bit_writer_put(&w, 2, sps->ptl.profile_space);
    bit_writer_put(&w, 1, sps->ptl.high_tier);
    bit_writer_put(&w, 5, sps->ptl.profile);
    bit_writer_put(&w, 32, sps->ptl.compatibility);
    for (size_t i = 0; i < sizeof sps->ptl.constraints; i++)
        bit_writer_put(&w, 8, sps->ptl.constraints[i]);
    bit_writer_put(&w, 8, sps->ptl.level);
    bit_writer_put(&w, 16, 0xf000u | sps->vui.min_spatial_segmentation);
    bit_writer_put(&w, 8, 0xfcu | parallelism(u));
    bit_writer_put(&w, 8, 0xfcu | sps->chroma_format);
    bit_writer_put(&w, 8, 0xf8u | (sps->luma_depth - 8u));
    bit_writer_put(&w, 8, 0xf8u | (sps->chroma_depth - 8u));
    bit_writer_put(&w, 16 + 2, 0); /* avgFrameRate, constantFrameRate: unspecified */
    bit_writer_put(&w, 3, sps->sub_layers);
    bit_writer_put(&w, 1, sps->temporal_id_nested);
    bit_writer_put(&w, 2, 3);                      /* lengthSizeMinusOne */
    bit_writer_put(&w, 8, unit_count > 0 ? 4 : 3); /* numOfArrays */
    write_array(&w, s, sps, CODEC_SET_VPS);
    write_array(&w, s, sps, CODEC_SET_SPS);
    write_array(&w, s, sps, CODEC_SET_PPS);
    write_sei_array(&w, units, units_len, unit_count);
    if (w.len > sizeof out->config)
        return -EINVAL;
    out->config_len = (uint32_t)w.len;
    return 0;
}

int hvcc_params(const struct codec_sets *s, struct track_params *out)
{
    struct in_use u;
    int err = find_in_use(s, &u);
    if (err != 0)
        return err;
    const struct hevc_sps *sps = &u.sps;
    /* H.265 7.4.4: a profile_space other than 0 is for the future; decoders ignore the stream. */
    if (sps->ptl.profile_space != 0 || sps->luma_depth > RECORD_DEPTH_MAX ||
        sps->chroma_depth > RECORD_DEPTH_MAX)
        return -EINVAL;
    write_name(&sps->ptl, out->rfc6381, sizeof out->rfc6381);
    vui_tell(&sps->vui, out);
    if (out->fps_num == 0) {
        out->fps_num = u.vps.fps_num;
        out->fps_den = u.vps.fps_den;
    }
    out->width = sps->width;
    out->height = sps->height;
    out->profile = sps->ptl.profile;
    out->level = sps->ptl.level;
    out->chroma_format = sps->chroma_format;
    out->bit_depth = sps->luma_depth;
    out->interlaced = sps->interlaced;
    out->reorder = sps->reorder;
    return write_record(s, &u, out);
}
