/* Turns HEVC parameter sets into track parameters and an HEVCDecoderConfigurationRecord. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: that of the codec_sets. Life: no state.
 * Fails: 0, -EAGAIN or -EINVAL as codec_sets_params().
 * Standard: ISO/IEC 14496-15:2019 8.3.3.1 (hvcC), annex E.3 (hvc1.A.B.C.D).
 */
#ifndef CODECS_HVCC_H
#define CODECS_HVCC_H

#include "codecs/codec.h"

/* `out` comes zeroed but for .codec and .hdr10. */
int hvcc_params(const struct codec_sets *s, struct track_params *out);

#endif
