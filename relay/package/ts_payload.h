/* Access units as a transport stream carries them, made of samples as MP4 does. */
/* SPDX-License-Identifier: MIT */
/*
 * Pure. Owns: nothing. Thread: any. Life: no state. Fails: -EINVAL for what cannot be written.
 * Standards: ISO/IEC 13818-1 2.14 (H.264: byte stream format, every access unit begins with its
 * delimiter), ISO/IEC 14496-3 1.A.2 (ADTS).
 */
#ifndef RELAY_PACKAGE_TS_PAYLOAD_H
#define RELAY_PACKAGE_TS_PAYLOAD_H

#include "codecs/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a unit may grow by: a delimiter, and the parameter sets with their start codes. */
enum { TS_PAYLOAD_MORE = CODEC_CONFIG_MAX + 1024 };

/* Writes the unit to out, which has len + TS_PAYLOAD_MORE bytes; *out_len is its length. sample: as
 * cmaf_track gives it out. A delimiter is put in front where there is none, and the parameter sets
 * of p in front of a random access point that brings none itself. */
__attribute__((warn_unused_result)) int ts_payload_write(const struct track_params *p,
                                                         const uint8_t *sample, size_t len,
                                                         bool random_access, uint8_t *out,
                                                         size_t *out_len);

#endif
