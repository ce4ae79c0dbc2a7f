/* What the fuzz targets of both video codecs do with an Annex B string. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_VIDEO_H
#define TESTS_FUZZ_VIDEO_H

#include "codecs/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void fuzz_check_params(const struct track_params *p)
{
    if (p->width == 0 || p->height == 0 || p->width > 16384 || p->height > 16384)
        abort();
    if (p->chroma_format > 3 || p->bit_depth < 8 || p->bit_depth > 15)
        abort();
    if (p->sar_num == 0 || p->sar_den == 0 || (p->fps_num == 0) != (p->fps_den == 0))
        abort();
    if (p->config_len < 7 || p->config_len > sizeof p->config)
        abort();
    if (strnlen(p->rfc6381, sizeof p->rfc6381) == sizeof p->rfc6381)
        abort();
}

static inline void fuzz_video(enum codec_id id, const uint8_t *data, size_t size)
{
    static struct codec_sets sets;
    static struct track_params params;
    struct nal nals[64];
    struct au_facts facts;
    size_t n = nal_split(data, size, nals, 64);
    n = n < 64 ? n : 64;
    codec_au_facts(id, nals, n, &facts);
    for (size_t i = 0; i < n; i++)
        codec_nal_starts_au(id, &nals[i]);
    codec_sets_init(&sets, id);
    /* One by one, as a feed brings them, and again: then nothing may be new. */
    for (size_t i = 0; i < n; i++) {
        codec_sets_take(&sets, &nals[i], 1);
        if (codec_sets_take(&sets, &nals[i], 1) != 0)
            abort();
    }
    int err = codec_sets_params(&sets, &params);
    if (err == 0)
        fuzz_check_params(&params);
    else if (err != -EAGAIN && err != -EINVAL)
        abort();
}

#endif
