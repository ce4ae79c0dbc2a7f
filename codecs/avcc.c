/* Turns H.264 parameter sets into track parameters and an AVCDecoderConfigurationRecord. */
/* SPDX-License-Identifier: MIT */
#include "codecs/avcc.h"

#include "codecs/bits.h"
#include "codecs/h264.h"
#include "codecs/sets.h"

#include <errno.h>
#include <stdio.h>

static int find_sps(const struct codec_sets *s, struct h264_sps *out)
{
    const struct codec_set *pps_set = sets_pps_in_use(s);
    if (pps_set == NULL)
        return -EAGAIN;
    struct nal nal = sets_nal(pps_set);
    struct h264_pps pps;
    if (h264_pps_parse(&nal, &pps) != 0)
        return -EINVAL;
    const struct codec_set *sps_set = sets_find(s, CODEC_SET_SPS, pps.sps_id);
    if (sps_set == NULL)
        return -EAGAIN;
    nal = sets_nal(sps_set);
    return h264_sps_parse(&nal, out);
}

/* The sets of one record have one chroma format and depth: it has room for no second. */
static bool fits_beside(const struct codec_set *set, const struct h264_sps *in_use)
{
    struct nal nal = sets_nal(set);
    struct h264_sps sps;
    return h264_sps_parse(&nal, &sps) == 0 && sps.chroma_format == in_use->chroma_format &&
           sps.luma_depth == in_use->luma_depth && sps.chroma_depth == in_use->chroma_depth;
}

static bool pps_fits(const struct codec_sets *s, const struct codec_set *set,
                     const struct h264_sps *in_use)
{
    struct nal nal = sets_nal(set);
    struct h264_pps pps;
    if (h264_pps_parse(&nal, &pps) != 0)
        return false;
    const struct codec_set *sps = sets_find(s, CODEC_SET_SPS, pps.sps_id);
    return sps != NULL && fits_beside(sps, in_use);
}

/* 5.3.3.1.2: in ascending order of their ids, gaps allowed. */
static void write_sets(struct bit_writer *w, const struct codec_sets *s,
                       const struct h264_sps *in_use, enum codec_set_kind kind)
{
    const struct codec_set *chosen[CODEC_SETS_MAX];
    uint32_t n = 0;
    for (unsigned id = 0; id <= H264_PPS_ID_MAX; id++) {
        const struct codec_set *set = sets_find(s, kind, id);
        if (set == NULL)
            continue;
        if (kind == CODEC_SET_SPS ? fits_beside(set, in_use) : pps_fits(s, set, in_use))
            chosen[n++] = set;
    }
    if (kind == CODEC_SET_SPS)
        bit_writer_put(w, 8, 0xe0 | n); /* 3 reserved bits, numOfSequenceParameterSets */
    else
        bit_writer_put(w, 8, n);
    for (uint32_t i = 0; i < n; i++)
        sets_write(w, chosen[i]);
}

static int write_record(const struct codec_sets *s, const struct h264_sps *sps,
                        struct track_params *out)
{
    struct bit_writer w;
    bit_writer_init(&w, out->config, sizeof out->config);
    bit_writer_put(&w, 8, 1); /* configurationVersion */
    bit_writer_put(&w, 8, sps->profile);
    bit_writer_put(&w, 8, sps->constraints);
    bit_writer_put(&w, 8, sps->level);
    bit_writer_put(&w, 8, 0xfc | 3); /* lengthSizeMinusOne */
    write_sets(&w, s, sps, CODEC_SET_SPS);
    write_sets(&w, s, sps, CODEC_SET_PPS);
    if (sps->profile != 66 && sps->profile != 77 && sps->profile != 88) {
        bit_writer_put(&w, 8, 0xfcu | sps->chroma_format);
        bit_writer_put(&w, 8, 0xf8u | (sps->luma_depth - 8u));
        bit_writer_put(&w, 8, 0xf8u | (sps->chroma_depth - 8u));
        bit_writer_put(&w, 8, 0); /* numOfSequenceParameterSetExt */
    }
    if (w.len > sizeof out->config)
        return -EINVAL;
    out->config_len = (uint32_t)w.len;
    return 0;
}

int avcc_params(const struct codec_sets *s, struct track_params *out)
{
    struct h264_sps sps;
    int err = find_sps(s, &sps);
    if (err != 0)
        return err;
    snprintf(out->rfc6381, sizeof out->rfc6381, "avc1.%02X%02X%02X", sps.profile, sps.constraints,
             sps.level);
    vui_tell(&sps.vui, out);
    out->width = sps.width;
    out->height = sps.height;
    out->profile = sps.profile;
    out->level = sps.level;
    out->chroma_format = sps.chroma_format;
    out->bit_depth = sps.luma_depth;
    out->interlaced = sps.interlaced;
    out->reorder = sps.reorder;
    return write_record(s, &sps, out);
}
