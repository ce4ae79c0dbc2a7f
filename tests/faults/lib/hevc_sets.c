/* ISO/IEC 23008-2 sections 7.3.2.1 to 7.3.2.3: Main profile, nothing optional. */
/* SPDX-License-Identifier: MIT */
#include "tests/faults/lib/hevc_sets.h"

/* 7.3.3 for one layer. */
static void profile_tier_level(struct bit_writer *w, uint32_t twist)
{
    put_bits(w, 1, 8); /* space 0, tier 0, Main */
    put_bits(w, 0x60000000, 32);
    put_bits(w, 0x90000000, 32); /* progressive, frames only; 43 + 1 reserved bits */
    put_bits(w, 0, 16);
    put_bits(w, twist % 2 ? 120 : 93, 8);
}

static void buffering(struct bit_writer *w)
{
    put_bits(w, 1, 1);
    put_ue(w, 4);
    put_ue(w, 2);
    put_ue(w, 0);
}

void hevc_vps(struct bit_writer *w, uint32_t twist)
{
    bit_writer_begin(w);
    put_bits(w, 0, 4);
    put_bits(w, 3, 2);
    put_bits(w, 0, 9);
    put_bits(w, 1, 1);
    put_bits(w, 0xffff, 16);
    profile_tier_level(w, twist);
    buffering(w);
    put_bits(w, 0, 6);
    put_ue(w, 0);
    put_bits(w, 0, 2);
    put_trailing(w);
}

void hevc_sps(struct bit_writer *w, uint32_t width, uint32_t height, uint32_t twist)
{
    bit_writer_begin(w);
    put_bits(w, 0, 7);
    put_bits(w, 1, 1);
    profile_tier_level(w, twist);
    put_ue(w, 0);
    put_ue(w, 1);
    put_ue(w, width);
    put_ue(w, height);
    put_bits(w, 0, 1);
    put_ue(w, 0);
    put_ue(w, 0);
    put_ue(w, 4); /* 8 bits of picture order count */
    buffering(w);
    put_ue(w, 0); /* 8x8 at least */
    put_ue(w, 1); /* 16x16 at most */
    put_ue(w, 0);
    put_ue(w, 2);
    put_ue(w, 0);
    put_ue(w, 0);
    put_bits(w, 0, 4); /* no scaling lists, AMP, SAO, PCM */
    put_ue(w, 0);
    put_bits(w, 0, 5); /* no long-term references, TMVP, smoothing, VUI, extension */
    put_trailing(w);
}

void hevc_pps(struct bit_writer *w)
{
    bit_writer_begin(w);
    put_ue(w, 0);
    put_ue(w, 0);
    put_bits(w, 0, 7);
    put_ue(w, 0);
    put_ue(w, 0);
    put_se(w, 0);
    put_bits(w, 0, 3);
    put_se(w, 0);
    put_se(w, 0);
    put_bits(w, 0, 10);
    put_ue(w, 0);
    put_bits(w, 0, 2);
    put_trailing(w);
}
