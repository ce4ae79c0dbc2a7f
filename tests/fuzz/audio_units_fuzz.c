/* Fuzzes the splitting of audio: every frame given is one, and nothing is given twice. */
/* SPDX-License-Identifier: MIT */
#include "codecs/audio_frame.h"
#include "relay/ingest/audio_units.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum codec_id ids[] = {CODEC_AAC,  CODEC_LATM, CODEC_AC3,
                                    CODEC_EAC3, CODEC_MP3,  CODEC_OPUS};
enum { IDS = sizeof(ids) / sizeof(ids[0]) };

struct seen {
    enum codec_id id;
    size_t bytes;
};

static void on_frame(void *ctx, const uint8_t *frame, size_t len, uint64_t pts)
{
    struct seen *s = ctx;
    struct audio_frame f;

    assert(audio_frame_read(s->id, frame, len, &f) == 0 && f.bytes == len);
    assert(pts <= 0x1ffffffffu);
    s->bytes += len - f.header_bytes;
}

/* The first byte chooses the codec, the second how the rest is cut into PES payloads. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.bytes = 0};
    struct audio_units *a;
    size_t step, total = size;

    if (size < 2)
        return 0;
    seen.id = ids[data[0] % IDS];
    step = 1 + (size_t)data[1] * 5;
    if (audio_units_new(&a, seen.id, on_frame, &seen))
        return 0;
    data += 2;
    size -= 2;
    for (unsigned round = 0; size > 0; round++) {
        size_t n = size < step ? size : step;

        if (round % 13 == 12)
            audio_units_break(a);
        audio_units_take(a, data, n, round % 3 == 0, 0x1fffff000u + round * 1920);
        data += n;
        size -= n;
    }
    assert(seen.bytes <= total);
    audio_units_free(&a);
    return 0;
}
