/* Fuzzes everything that is read of HEVC: parameter sets, SEI, slice headers, the record. */
/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/video.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_video(CODEC_HEVC, data, size);
    return 0;
}
