/* Turns H.264 parameter sets into track parameters and an AVCDecoderConfigurationRecord. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: that of the codec_sets. Life: no state.
 * Fails: 0, -EAGAIN or -EINVAL as codec_sets_params().
 * Standard: ISO/IEC 14496-15:2019 5.3.3.1 (avcC), RFC 6381 3.3 (avc1.PPCCLL).
 */
#ifndef CODECS_AVCC_H
#define CODECS_AVCC_H

#include "codecs/codec.h"

/* `out` comes zeroed but for .codec and .hdr10. */
int avcc_params(const struct codec_sets *s, struct track_params *out);

#endif
