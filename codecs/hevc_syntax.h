/* The parts of HEVC's parameter sets that must be walked through to reach what comes after. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: by the reader's sticky error.
 * Standard: ITU-T H.265 (08/2021), the section stands at each.
 */
#ifndef CODECS_HEVC_SYNTAX_H
#define CODECS_HEVC_SYNTAX_H

#include "codecs/bits.h"
#include "codecs/hevc.h"

/* 7.3.3 profile_tier_level(1, sub_layers - 1) */
void hevc_read_ptl(struct bits *b, unsigned sub_layers, struct hevc_ptl *out);
/* 7.3.4 scaling_list_data() */
void hevc_skip_scaling_lists(struct bits *b);
/* 7.3.7 st_ref_pic_set() for each of 0 .. count - 1, count <= 64 */
void hevc_skip_ref_pic_sets(struct bits *b, unsigned count);
/* E.2.2 hrd_parameters(1, sub_layers - 1) */
void hevc_skip_hrd(struct bits *b, unsigned sub_layers);

#endif
