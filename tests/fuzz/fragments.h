/* Walks the bytes of a segment as a player would: moof and mdat pairs, or transport packets. */
/* SPDX-License-Identifier: MIT */
/* ISO/IEC 14496-12 section 8.8 (movie fragments); aborts on what is not legal. */
#ifndef TESTS_FUZZ_FRAGMENTS_H
#define TESTS_FUZZ_FRAGMENTS_H

#include "tests/fuzz/boxes.h"

enum { TRUN_OFFSET = 1, TRUN_FIRST_FLAGS = 4, FRAGMENT_TS_PACKET = 188 };

struct fragment {
    uint64_t start, duration; /* tfdt and the sum of its samples, in the track's timescale */
    uint32_t samples, bytes;  /* bytes: moof and mdat */
    uint32_t least;           /* the shortest of its samples */
};

/* Samples of a trun, by what it says or the tfhd's defaults. → their bytes in all */
static inline uint64_t walk_trun(const uint8_t *trun, uint32_t n, const uint32_t defaults[2],
                                 struct fragment *out)
{
    uint32_t flags = read32(trun + 8) & 0xffffff, count = read32(trun + 12);
    const uint8_t *p =
        trun + 16 + (flags & TRUN_OFFSET ? 4 : 0) + (flags & TRUN_FIRST_FLAGS ? 4 : 0);
    uint64_t sum = 0, row = 4u * (uint32_t)__builtin_popcount(flags & 0xf00);

    assert(count > 0 && (uint64_t)(p - trun) + count * row == n);
    for (uint32_t i = 0; i < count; i++, p += row) {
        uint32_t duration = flags & 0x100 ? read32(p) : defaults[0];
        uint32_t size = flags & 0x200 ? read32(p + (flags & 0x100 ? 4 : 0)) : defaults[1];

        assert(size > 0 && duration < 1u << 31);
        if (out->samples++ == 0 || duration < out->least)
            out->least = duration;
        out->duration += duration;
        sum += size;
    }
    return sum;
}

/* Section 8.8.7: the optional fields of a tfhd stand in the order of their flags. */
static inline void read_defaults(const uint8_t *tfhd, uint32_t n, uint32_t out[2])
{
    uint32_t flags = read32(tfhd + 8) & 0xffffff, at = 16;

    at += (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
    for (int i = 0; i < 2; i++) {
        out[i] = flags & 8u << i ? read32(tfhd + at) : 0;
        at += flags & 8u << i ? 4 : 0;
    }
    assert(flags & 0x20000 && at + (flags & 0x20 ? 4 : 0) == n); /* default-base-is-moof */
}

/* The moof and mdat at p: sizes agree, and the samples fill the mdat exactly. */
static inline struct fragment walk_fragment(const uint8_t *p, size_t len)
{
    struct fragment f = {0};
    uint32_t moof = box_bytes(p, len), mdat = box_bytes(p + moof, len - moof), n, defaults[2];
    const uint8_t *traf, *box;

    assert(memcmp(p + 4, "moof", 4) == 0 && memcmp(p + moof + 4, "mdat", 4) == 0);
    traf = child_box(p, "traf", &n);
    box = child_box(traf, "tfhd", &n);
    read_defaults(box, n, defaults);
    box = child_box(traf, "tfdt", &n);
    f.start = box[8] ? read64(box + 12) : read32(box + 12);
    box = child_box(traf, "trun", &n);
    assert(read32(box + 8) & TRUN_OFFSET && read32(box + 16) == moof + BOX_HEADER);
    assert(walk_trun(box, n, defaults, &f) == mdat - BOX_HEADER);
    f.bytes = moof + mdat;
    return f;
}

#endif
