/* Audio frames as a stream carries them: where each ends, how long it lasts, what its track is. */
/* SPDX-License-Identifier: MIT */
/*
 * One table over the codecs (aac, ac3, mpeg_audio, opus), so that who splits, times and packages
 * audio need not know them. Owns: nothing. Thread: any. Life: no state. Fails: as said.
 */
#ifndef CODECS_AUDIO_FRAME_H
#define CODECS_AUDIO_FRAME_H

#include "codecs/track_params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AUDIO_FRAME_MAX = 32768, /* bytes; a longer one is not believed */
    AUDIO_SYNC_BYTES = 2,    /* what audio_frame_may_start looks at */
};

struct audio_frame {
    uint32_t bytes;                /* all of it, what does not go into MP4 included */
    uint32_t header_bytes;         /* that part, in front: ADTS, Opus control header */
    uint32_t samples, sample_rate; /* how long it lasts */
    uint64_t identity;             /* when equal, so are the track's parameters */
};

/* Reads what begins at data. id: CODEC_AAC (ADTS), CODEC_LATM (as latm.h hands it out), CODEC_AC3,
 * CODEC_EAC3, CODEC_MP3 or CODEC_OPUS (with its control header). 0, and bytes may be more than len;
 * -EAGAIN when more bytes are needed to tell; -EINVAL: no frame begins here. */
int audio_frame_read(enum codec_id id, const uint8_t *data, size_t len, struct audio_frame *out);
/* Can a frame begin here, as far as AUDIO_SYNC_BYTES tell? Fewer bytes than those can. */
bool audio_frame_may_start(enum codec_id id, const uint8_t *data, size_t len);
/* Parameters from one whole frame and what the PMT says beside it (Opus: channel_config_code).
 * 0; -ENOTSUP: sound, but no player of HLS takes it (MPEG layer I); -EINVAL. */
int audio_frame_params(enum codec_id id, uint8_t pmt_config, const uint8_t *frame, size_t len,
                       struct track_params *out);

#endif
