/* Reads AC-3 and Enhanced AC-3 syncframes and says what such a track is. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: as said at each function.
 * Standard: ETSI TS 102 366 V1.4.1: clause 4 (AC-3), annex E (E-AC-3), annex F (in ISO files);
 * ETSI TS 103 420 clause 8.3 (the extension of dec3 for joint object coding).
 */
#ifndef CODECS_AC3_H
#define CODECS_AC3_H

#include "codecs/audio_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EAC3_PROGRAMS = 8, EAC3_UNIT_BLOCKS = 6 };

/* What one syncframe says of itself. */
struct ac3_frame {
    uint32_t bytes, sample_rate;
    uint8_t blocks; /* of 256 samples */
    uint8_t fscod, bsid, bsmod, acmod;
    uint8_t bit_rate_code; /* AC-3 only */
    uint8_t strmtyp, substreamid;
    bool lfeon;
    uint16_t chanmap; /* of a dependent substream; 0: not said */
    uint8_t joc;      /* complexity_index_type_a of joint object coding; 0: none */
};

/* An E-AC-3 access unit: six blocks of every substream (annex F.5.1). */
struct eac3_unit {
    uint32_t bytes, sample_rate;
    uint8_t programs, current, joc; /* current: the program that dependent ones belong to */
    struct {
        struct ac3_frame frame;
        uint8_t dependents;
        uint16_t chanmap;
    } program[EAC3_PROGRAMS]; /* by substreamid of the independent substreams */
};

/* One header. 0; -EAGAIN when more bytes are needed; -EINVAL: no such syncframe. */
int ac3_parse(const uint8_t *data, size_t len, struct ac3_frame *out);
/* bsmod, chanmap and joc are right when the whole frame is there. */
int eac3_parse(const uint8_t *data, size_t len, struct ac3_frame *out);
/* A whole access unit that begins at data. It ends before the next first frame, or where the bytes
 * do: a PES packet ends with an access unit. 0, -EAGAIN, -EINVAL. */
int eac3_unit_read(const uint8_t *data, size_t len, struct eac3_unit *out);

/* For the table in audio_frame.c; see there. */
int ac3_frame_read(const uint8_t *data, size_t len, struct audio_frame *out);
int ac3_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out);
int eac3_frame_read(const uint8_t *data, size_t len, struct audio_frame *out);
int eac3_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out);

#endif
