/* What the relay must know of a track's codec: its parameters, its names, its sync points. */
/* SPDX-License-Identifier: MIT */
#include "codecs/codec.h"

#include "codecs/avcc.h"
#include "codecs/h264.h"
#include "codecs/hdr10.h"
#include "codecs/hevc.h"
#include "codecs/hvcc.h"
#include "codecs/sets.h"

#include <assert.h>
#include <errno.h>

struct codec {
    const char *name;
    enum codec_kind kind;
    /* video only */
    void (*au_facts)(const struct nal *nals, size_t n, struct au_facts *out);
    bool (*nal_starts_au)(const struct nal *nal);
    int (*set_id)(const struct nal *nal, enum codec_set_kind *kind, uint8_t *id);
    int (*pps_named)(const struct nal *nal, uint8_t *out_id);
    int (*pps_sps)(const struct codec_set *pps);
    int (*params)(const struct codec_sets *s, struct track_params *out);
    size_t (*sei_header)(const struct nal *nal); /* its bytes; 0: not an SEI unit to read */
};

static int h264_pps_sps(const struct codec_set *set)
{
    struct nal nal = sets_nal(set);
    struct h264_pps pps;
    return h264_pps_parse(&nal, &pps) == 0 ? pps.sps_id : -1;
}

static int hevc_pps_sps(const struct codec_set *set)
{
    struct nal nal = sets_nal(set);
    struct hevc_pps pps;
    return hevc_pps_parse(&nal, &pps) == 0 ? pps.sps_id : -1;
}

static const struct codec CODECS[] = {
    [CODEC_NONE] = {.name = "none"},
    [CODEC_H264] = {"H.264", CODEC_KIND_VIDEO, h264_au_facts, h264_nal_starts_au, h264_set_id,
                    h264_idr_pps, h264_pps_sps, avcc_params, h264_sei_header},
    [CODEC_HEVC] = {"HEVC", CODEC_KIND_VIDEO, hevc_au_facts, hevc_nal_starts_au, hevc_set_id,
                    hevc_irap_pps, hevc_pps_sps, hvcc_params, hevc_sei_header},
    [CODEC_AAC] = {.name = "AAC", .kind = CODEC_KIND_AUDIO},
    [CODEC_LATM] = {.name = "AAC", .kind = CODEC_KIND_AUDIO},
    [CODEC_AC3] = {.name = "AC-3", .kind = CODEC_KIND_AUDIO},
    [CODEC_EAC3] = {.name = "E-AC-3", .kind = CODEC_KIND_AUDIO},
    [CODEC_MP3] = {.name = "MP3", .kind = CODEC_KIND_AUDIO},
    [CODEC_OPUS] = {.name = "Opus", .kind = CODEC_KIND_AUDIO},
    [CODEC_MP2] = {.name = "MP2", .kind = CODEC_KIND_AUDIO},
};

static const struct codec *codec_entry(enum codec_id id)
{
    size_t index = (size_t)id;
    return &CODECS[index < sizeof CODECS / sizeof CODECS[0] ? index : CODEC_NONE];
}

static const struct codec *video_entry(enum codec_id id)
{
    const struct codec *codec = codec_entry(id);
    assert(codec->kind == CODEC_KIND_VIDEO);
    return codec;
}

const char *codec_name(enum codec_id id)
{
    return codec_entry(id)->name;
}

enum codec_kind codec_kind(enum codec_id id)
{
    return codec_entry(id)->kind;
}

void codec_au_facts(enum codec_id id, const struct nal *nals, size_t n, struct au_facts *out)
{
    *out = (struct au_facts){.idr = false};
    video_entry(id)->au_facts(nals, n, out);
}

void codec_captions(enum codec_id id, const struct nal *nals, size_t n, struct captions *out)
{
    *out = (struct captions){.carried = false};
    for (size_t i = 0; i < n; i++) {
        struct sei_reader r;
        struct sei_message m;
        size_t header = video_entry(id)->sei_header(&nals[i]);
        if (header == 0)
            continue;
        sei_reader_init(&r, nals[i].data + header, nals[i].len - header);
        while (sei_next(&r, &m))
            captions_take(out, &m);
    }
}

static void take_hdr10(struct codec_sets *s, const struct nal *nal)
{
    struct sei_reader r;
    struct sei_message m;
    size_t header = video_entry(s->codec)->sei_header(nal);
    if (header == 0)
        return;
    sei_reader_init(&r, nal->data + header, nal->len - header);
    while (sei_next(&r, &m))
        hdr10_take(&s->hdr10, &m);
}

bool codec_nal_starts_au(enum codec_id id, const struct nal *nal)
{
    return video_entry(id)->nal_starts_au(nal);
}

void codec_sets_init(struct codec_sets *s, enum codec_id id)
{
    assert(codec_kind(id) == CODEC_KIND_VIDEO);
    *s = (struct codec_sets){.codec = id};
}

/* The id of the SPS in use, -1 while that cannot be told. */
static int sps_in_use(const struct codec_sets *s)
{
    const struct codec_set *pps = sets_pps_in_use(s);
    return pps != NULL ? video_entry(s->codec)->pps_sps(pps) : -1;
}

size_t codec_sets_take(struct codec_sets *s, const struct nal *nals, size_t n)
{
    const struct codec *codec = video_entry(s->codec);
    const int sps_before = sps_in_use(s);
    size_t changed = 0;
    for (size_t i = 0; i < n; i++) {
        enum codec_set_kind kind;
        uint8_t id;
        take_hdr10(s, &nals[i]);
        int err = codec->set_id(&nals[i], &kind, &id);
        if (err == 0)
            changed += sets_put(s, kind, id, &nals[i]);
        else if (err == -EINVAL)
            s->ignored++;
        else if (codec->pps_named(&nals[i], &id) == 0) {
            s->in_use = true;
            s->pps_in_use = id;
        }
    }
    const int sps_now = sps_in_use(s);
    if (changed == 0 && sps_before != sps_now)
        changed = 1;
    if (changed > 0)
        s->hash = sets_hash(s, sps_now);
    return changed;
}

int codec_sets_params(const struct codec_sets *s, struct track_params *out)
{
    *out = (struct track_params){.codec = s->codec, .hdr10 = s->hdr10};
    return video_entry(s->codec)->params(s, out);
}
