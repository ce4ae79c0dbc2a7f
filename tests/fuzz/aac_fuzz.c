/* Fuzzes ADTS headers, the walk through AAC frames, and AudioSpecificConfig. */
/* SPDX-License-Identifier: MIT */
#include "codecs/aac.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was written must be read as the same, and be written the same again. */
static void check(const struct track_params *p)
{
    static struct track_params again;
    if (p->config_len < 2 || p->config_len > 128 || p->channels == 0)
        abort();
    if (aac_params_from_config(p->config, p->config_len, &again) != 0)
        abort();
    if (again.config_len != p->config_len || memcmp(again.config, p->config, p->config_len) != 0)
        abort();
    if (again.sample_rate != p->sample_rate || again.core_sample_rate != p->core_sample_rate ||
        again.channels != p->channels || again.object_type != p->object_type ||
        again.frame_samples != p->frame_samples || strcmp(again.rfc6381, p->rfc6381) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct track_params params;
    if (aac_params_from_config(data, size, &params) == 0)
        check(&params);
    size_t at = 0;
    struct adts h;
    while (adts_parse(data + at, size - at, &h) == 0) {
        if (aac_params(&h, data + at, size - at, &params) == 0)
            check(&params);
        if (h.frame_bytes > size - at)
            break;
        at += h.frame_bytes;
    }
    return 0;
}
