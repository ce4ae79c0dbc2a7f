/* What a track is: everything that playlists, init segments and organizers are told of it. */
/* SPDX-License-Identifier: MIT */
/*
 * A plain value: owns nothing, belongs to no thread, has no life of its own, cannot fail.
 */
#ifndef CODECS_TRACK_PARAMS_H
#define CODECS_TRACK_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

/* How a stream is framed where it comes from; track_params never says CODEC_LATM. */
enum codec_id {
    CODEC_NONE,
    CODEC_H264,
    CODEC_HEVC,
    CODEC_AAC,
    CODEC_LATM, /* AAC, carried in LATM/LOAS */
    CODEC_AC3,
    CODEC_EAC3,
    CODEC_MP3, /* how MPEG-1 and -2 audio of any layer is framed; in track_params: layer III */
    CODEC_OPUS,
    CODEC_MP2, /* in track_params alone: layer II */
};

enum { CODEC_CONFIG_MAX = 4096 };

/* Static HDR metadata as SEI messages 137 and 144 say it (H.264 D.2.29, D.2.31; H.265 D.3.28,
 * D.3.35). Chromaticities count 0.00002, luminances 0.0001 cd/m2, the light levels cd/m2. */
struct hdr10 {
    bool has_mastering, has_light;
    uint16_t primaries[3][2]; /* green, blue, red: x, y */
    uint16_t white[2];
    uint32_t luminance_max, luminance_min;
    uint16_t max_cll, max_fall;
};

struct track_params {
    enum codec_id codec;
    char rfc6381[40]; /* "avc1.640033", "hvc1.1.6.L153.B0", "mp4a.40.2" */
    /* video */
    uint32_t width, height;    /* after cropping, luma samples, of one coded picture */
    uint32_t sar_num, sar_den; /* 1:1 when not said */
    uint32_t fps_num, fps_den; /* from the VUI or VPS; 0/0 when not said */
    uint8_t profile, level, chroma_format, bit_depth;
    uint8_t transfer; /* ISO/IEC 23091-2 transfer_characteristics; 2 unspecified */
    uint8_t primaries, matrix;
    bool full_range, interlaced;
    struct hdr10 hdr10; /* of the random access point that brought the parameters */
    uint8_t reorder;    /* max frames that output may lag decoding; 255 unknown */
    /* audio */
    uint32_t sample_rate;             /* what is heard, SBR included */
    uint32_t core_sample_rate;        /* of the AAC core: what timestamps and frames count in */
    uint32_t channels, frame_samples; /* frame_samples at core_sample_rate; Opus may vary */
    uint8_t object_type; /* AAC: 2 LC, 5 HE-AAC, 29 HE-AAC v2; MPEG audio: 0x6b or 0x69 */
    /* the sample entry's record: avcC, hvcC, AudioSpecificConfig, or what dac3, dec3, dOps hold;
     * none for MPEG audio */
    uint32_t config_len;
    uint8_t config[CODEC_CONFIG_MAX];
};

#endif
