/* What the relay must know of a track's codec: its parameters, its names, its sync points. */
/* SPDX-License-Identifier: MIT */
/*
 * Pure: no libav, no threads, no I/O, no allocation. Every function takes bytes from strangers.
 * Standards: ISO/IEC 14496-15:2019 (avcC, hvcC), RFC 6381 and ISO/IEC 14496-15 annex E (CODECS),
 * ISO/IEC 14496-3 (AudioSpecificConfig).
 */
#ifndef CODECS_CODEC_H
#define CODECS_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_id { CODEC_NONE, CODEC_H264, CODEC_HEVC, CODEC_AAC };
enum codec_kind { CODEC_KIND_NONE, CODEC_KIND_VIDEO, CODEC_KIND_AUDIO };

enum { CODEC_CONFIG_MAX = 4096, CODEC_NALS_MAX = 1024 };

struct track_params {
    enum codec_id codec;
    char rfc6381[40];              /* "avc1.640033", "hvc1.1.6.L153.B0", "mp4a.40.2" */
    /* video */
    uint32_t width, height;        /* after cropping, luma samples */
    uint32_t sar_num, sar_den;     /* 1:1 when not said */
    uint32_t fps_num, fps_den;     /* from the VUI or VPS; 0/0 when not said */
    uint8_t profile, level, chroma_format, bit_depth;
    uint8_t transfer;              /* ISO/IEC 23091-2 transfer_characteristics; 2 unspecified */
    uint8_t primaries, matrix;
    bool full_range, interlaced;
    uint8_t reorder;               /* max frames that output may lag decoding; 255 unknown */
    /* audio */
    uint32_t sample_rate;          /* what is heard, SBR included */
    uint32_t core_sample_rate;     /* of the AAC core: what timestamps and frames count in */
    uint32_t channels, frame_samples;  /* frame_samples at core_sample_rate: 1024 or 960 */
    uint8_t object_type;           /* 2 LC, 5 HE-AAC, 29 HE-AAC v2 */
    /* the sample entry's record: avcC, hvcC or AudioSpecificConfig */
    uint32_t config_len;
    uint8_t config[CODEC_CONFIG_MAX];
};

const char *codec_name(enum codec_id id);     /* "H.264", "HEVC", "AAC", "none" */
enum codec_kind codec_kind(enum codec_id id);

/* One NAL unit without start code; points into the caller's bytes. */
struct nal {
    const uint8_t *data;
    size_t len;
};

/* What one access unit is made of. */
struct au_facts {
    bool has_picture;    /* at least one slice */
    bool idr;            /* H.264 type 5; HEVC 19, 20 */
    bool has_parameters; /* at least one VPS, SPS or PPS */
    uint32_t keyint;     /* x264/x265 keyint from its user_data_unregistered SEI; 0 not said */
};

/* Splits an Annex B byte string (3- and 4-byte start codes, trailing zeros cut) into at most max
 * units. Returns how many there are, which may be more than max: then the rest was not stored.
 * Hot path: must run at several GB/s on slice data (memchr, no byte loop). */
size_t nal_split(const uint8_t *annexb, size_t len, struct nal *out, size_t max);

/* Facts of the access unit that nals[0..n) make up. id is CODEC_H264 or CODEC_HEVC. */
void codec_au_facts(enum codec_id id, const struct nal *nals, size_t n, struct au_facts *out);

/* True when `nal` can only stand at the start of the next access unit, given that a slice came
 * before it: H.264 7.4.1.2.3 (AUD, SPS, PPS, SEI, 14-18, or first_mb_in_slice 0 with a VCL unit),
 * HEVC 7.4.2.4.4. For PES packets that carry several access units or parts of one. */
bool codec_nal_starts_au(enum codec_id id, const struct nal *nal);

/* Parameter sets seen so far in one track, by id; newer replace older. Bounded: sets past the
 * standard's ids or past 1 KiB each are ignored and counted. */
struct codec_sets {
    enum codec_id codec;
    struct codec_set {
        uint8_t kind, id;       /* kind: 0 VPS, 1 SPS, 2 PPS */
        uint16_t len;
        uint8_t data[1024];
    } sets[24];
    uint32_t count, ignored;
    uint64_t hash;              /* of everything held; changes when any set's bytes change */
};

void codec_sets_init(struct codec_sets *s, enum codec_id id);
/* Takes every parameter set among nals. Returns how many were new or different. */
size_t codec_sets_take(struct codec_sets *s, const struct nal *nals, size_t n);
/* The track parameters that the sets describe, with config = avcC or hvcC holding all sets.
 * 0; -EAGAIN while a needed set is missing; -EINVAL for sets that break the standard or cannot be
 * carried (a size of 0 or over 16384, chroma or depth out of range, config over its limit). */
int codec_sets_params(const struct codec_sets *s, struct track_params *out);

/* One ADTS frame (ISO/IEC 13818-7 / 14496-3 1.A.2). */
struct adts {
    uint32_t header_bytes, frame_bytes;  /* 7 or 9; header included */
    uint8_t object_type;                 /* profile_ObjectType + 1 */
    uint8_t sample_rate_index, channel_configuration;
    uint8_t blocks;                      /* raw data blocks, 1 in practice */
    uint32_t sample_rate;
};
/* Reads the header at data. 0; -EAGAIN when fewer than 7 bytes (9 with CRC); -EINVAL: no header. */
int adts_parse(const uint8_t *data, size_t len, struct adts *out);
/* Parameters of an AAC track from one whole ADTS frame: detects implicit SBR and PS where the first
 * frame shows it (extension payload in the fill element when it can be told; else plain LC) and
 * writes an AudioSpecificConfig with explicit signalling. channel_configuration 0 reads the PCE.
 * 0 or -EINVAL. */
int aac_params(const struct adts *h, const uint8_t *frame, size_t len, struct track_params *out);
/* Parameters from an AudioSpecificConfig (LATM, tests). 0 or -EINVAL. */
int aac_params_from_config(const uint8_t *asc, size_t len, struct track_params *out);

#endif
