/* What the relay must know of a track's codec: its parameters, its names, its sync points. */
/* SPDX-License-Identifier: MIT */
/*
 * Pure: no libav, no threads, no I/O, no allocation. Every function takes bytes from strangers.
 * Owns: nothing. Thread: any, one at a time per codec_sets. Life: codec_sets_init() in the
 * caller's memory, no end needed. Fails: as said at each function.
 * Standards: ISO/IEC 14496-15:2019 (avcC, hvcC), RFC 6381 and ISO/IEC 14496-15 annex E (CODECS).
 */
#ifndef CODECS_CODEC_H
#define CODECS_CODEC_H

#include "codecs/aac.h"
#include "codecs/captions.h"
#include "codecs/nal.h"
#include "codecs/track_params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No codec is MUXED: so is a stream of several tracks. */
enum codec_kind { CODEC_KIND_NONE, CODEC_KIND_VIDEO, CODEC_KIND_AUDIO, CODEC_KIND_MUXED };

enum { CODEC_NALS_MAX = 1024, CODEC_SETS_MAX = 24, CODEC_SET_BYTES_MAX = 1024 };

const char *codec_name(enum codec_id id); /* "H.264", "AAC", "E-AC-3", "none" */
enum codec_kind codec_kind(enum codec_id id);

/* What one access unit is made of. */
struct au_facts {
    bool has_picture;    /* at least one slice */
    bool idr;            /* H.264 type 5; HEVC 19, 20 */
    bool random_access;  /* decoding can start here: IDR; HEVC also BLA and CRA (16 to 21) */
    bool leans_back;     /* HEVC RASL: of no use when decoding started at the CRA before it */
    bool has_parameters; /* at least one VPS, SPS or PPS */
    uint32_t keyint;     /* x264/x265 keyint from its user_data_unregistered SEI; 0 not said,
                            UINT32_MAX infinite */
};

/* Facts of the access unit that nals[0..n) make up. id is CODEC_H264 or CODEC_HEVC, here
 * and below. */
void codec_au_facts(enum codec_id id, const struct nal *nals, size_t n, struct au_facts *out);

/* Which closed captions travel inside the access unit. */
void codec_captions(enum codec_id id, const struct nal *nals, size_t n, struct captions *out);

/* True when `nal` can only stand at the start of the next access unit, given that a slice came
 * before it: H.264 7.4.1.2.3 (AUD, SPS, PPS, SEI, 14-18, or first_mb_in_slice 0 with a VCL unit),
 * HEVC 7.4.2.4.4. For PES packets that carry several access units or parts of one. The second
 * field of an H.264 frame counts as a start, as it does in the standard. */
bool codec_nal_starts_au(enum codec_id id, const struct nal *nal);

enum codec_set_kind { CODEC_SET_VPS, CODEC_SET_SPS, CODEC_SET_PPS };

/* Parameter sets seen so far in one track, by id; newer replace older. Bounded: sets past the
 * standard's ids, past 1 KiB each or past the table are ignored and counted. */
struct codec_sets {
    enum codec_id codec;
    struct codec_set {
        uint8_t kind, id; /* kind: enum codec_set_kind */
        uint16_t len;
        uint8_t data[CODEC_SET_BYTES_MAX];
    } sets[CODEC_SETS_MAX];
    uint32_t count, ignored;
    uint64_t hash; /* of everything held and of which SPS is in use; changes when any
                      of it does, and does not depend on the order of arrival */
    bool in_use;   /* an IDR or IRAP picture has named pps_in_use */
    uint8_t pps_in_use;
    struct hdr10 hdr10; /* the newest that stood among what was taken */
};

void codec_sets_init(struct codec_sets *s, enum codec_id id);
/* Takes every parameter set among nals, from the slices which of them are in use, and from SEI the
 * static HDR metadata, which alone is no change. Returns how many were new or different; a switch
 * to another SPS that was held already counts as one. */
size_t codec_sets_take(struct codec_sets *s, const struct nal *nals, size_t n);
/* The track parameters that the sets describe, with config = avcC or hvcC holding all sets that
 * can stand beside the one in use (same chroma format and depth, their SPS held).
 * 0; -EAGAIN while a needed set is missing; -EINVAL for sets that break the standard or cannot be
 * carried (a size of 0 or over 16384, chroma or depth out of range, config over its limit). */
int codec_sets_params(const struct codec_sets *s, struct track_params *out);

#endif
