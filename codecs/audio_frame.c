/* Audio frames as a stream carries them: where each ends, how long it lasts, what its track is. */
/* SPDX-License-Identifier: MIT */
#include "codecs/audio_frame.h"

#include "codecs/aac.h"
#include "codecs/ac3.h"
#include "codecs/latm.h"
#include "codecs/mpeg_audio.h"
#include "codecs/opus.h"

#include <assert.h>

struct framing {
    uint16_t sync, mask; /* of the first two bytes */
    int (*read)(const uint8_t *data, size_t len, struct audio_frame *out);
    int (*params)(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out);
};

static const struct framing FRAMINGS[] = {
    [CODEC_AAC] = {0xfff0, 0xfff6, adts_frame_read, adts_params},
    [CODEC_LATM] = {0, 0, latm_unit_read, latm_unit_params},
    [CODEC_AC3] = {0x0b77, 0xffff, ac3_frame_read, ac3_params},
    [CODEC_EAC3] = {0x0b77, 0xffff, eac3_frame_read, eac3_params},
    [CODEC_MP3] = {0xffe0, 0xffe0, mpeg_audio_frame_read, mpeg_audio_params},
    [CODEC_MP2] = {0xffe0, 0xffe0, mpeg_audio_frame_read, mpeg_audio_params},
    [CODEC_OPUS] = {0x7fe0, 0xffe0, opus_frame_read, opus_params},
};

static const struct framing *framing_of(enum codec_id id)
{
    size_t index = (size_t)id;
    assert(index < sizeof FRAMINGS / sizeof FRAMINGS[0] && FRAMINGS[index].read != NULL);
    return &FRAMINGS[index];
}

int audio_frame_read(enum codec_id id, const uint8_t *data, size_t len, struct audio_frame *out)
{
    return framing_of(id)->read(data, len, out);
}

bool audio_frame_may_start(enum codec_id id, const uint8_t *data, size_t len)
{
    const struct framing *f = framing_of(id);
    const uint8_t sync[] = {(uint8_t)(f->sync >> 8), (uint8_t)f->sync};
    const uint8_t mask[] = {(uint8_t)(f->mask >> 8), (uint8_t)f->mask};
    for (size_t i = 0; i < AUDIO_SYNC_BYTES && i < len; i++)
        if ((data[i] & mask[i]) != sync[i])
            return false;
    return true;
}

int audio_frame_params(enum codec_id id, uint8_t pmt_config, const uint8_t *frame, size_t len,
                       struct track_params *out)
{
    return framing_of(id)->params(pmt_config, frame, len, out);
}
