/* Fuzzes audio frames of every codec, the parameters that they yield, and LATM. */
/* SPDX-License-Identifier: MIT */
#include "codecs/audio_frame.h"
#include "codecs/codec.h"
#include "codecs/latm.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum codec_id ids[] = {CODEC_AAC,  CODEC_LATM, CODEC_AC3,
                                    CODEC_EAC3, CODEC_MP3,  CODEC_OPUS};
enum { IDS = sizeof ids / sizeof ids[0] };

static void check(const struct track_params *p)
{
    if (p->channels == 0 || p->channels > 48 || p->core_sample_rate < 7350 ||
        p->sample_rate > 192000 || p->frame_samples == 0 || p->frame_samples > 5760)
        abort();
    if (p->rfc6381[0] == '\0' || codec_kind(p->codec) != CODEC_KIND_AUDIO || p->codec == CODEC_LATM)
        abort();
    bool bare = p->codec == CODEC_MP3 || p->codec == CODEC_MP2;
    if (p->config_len > 128 || (p->config_len == 0) != bare)
        abort();
}

static void on_unit(void *ctx, const uint8_t *unit, size_t len, uint32_t samples, uint32_t rate)
{
    static struct track_params params;
    struct audio_frame f;
    size_t *given = ctx;
    if (latm_unit_read(unit, len, &f) != 0 || f.samples != samples || f.sample_rate != rate)
        abort();
    *given += len - f.header_bytes;
    if (latm_unit_params(0, unit, len, &params) == 0)
        check(&params);
}

static void fuzz_latm(const uint8_t *data, size_t size)
{
    struct latm l = {0};
    uint32_t bytes;
    while (latm_sync(data, size, &bytes) == 0 && bytes <= size) {
        size_t given = 0;
        latm_take(&l, data, bytes, on_unit, &given);
        if (given > bytes)
            abort();
        data += bytes;
        size -= bytes;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct track_params params;
    if (size < 2)
        return 0;
    const enum codec_id id = ids[data[0] % IDS];
    const uint8_t pmt_config = data[1];
    data += 2;
    size -= 2;
    if (id == CODEC_LATM)
        fuzz_latm(data, size);
    struct audio_frame f;
    while (size > 0 && audio_frame_read(id, data, size, &f) == 0) {
        if (f.bytes <= f.header_bytes || f.bytes > AUDIO_FRAME_MAX || f.samples == 0 ||
            f.sample_rate == 0)
            abort();
        if (id != CODEC_LATM && !audio_frame_may_start(id, data, size))
            abort();
        if (audio_frame_params(id, pmt_config, data, size, &params) == 0)
            check(&params);
        if (f.bytes > size)
            break;
        data += f.bytes;
        size -= f.bytes;
    }
    return 0;
}
