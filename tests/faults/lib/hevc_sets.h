/* HEVC parameter sets for made-up pictures. */
/* SPDX-License-Identifier: MIT */
/* Owns nothing; each writes one RBSP from the start of w. Thread: any. */
#ifndef TESTS_FAULTS_LIB_HEVC_SETS_H
#define TESTS_FAULTS_LIB_HEVC_SETS_H

#include "tests/faults/lib/bit_writer.h"

void hevc_vps(struct bit_writer *w, uint32_t twist);
void hevc_sps(struct bit_writer *w, uint32_t width, uint32_t height, uint32_t twist);
void hevc_pps(struct bit_writer *w);

#endif
