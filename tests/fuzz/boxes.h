/* ISO base media boxes: their lengths and children; aborts on what does not fit. */
/* SPDX-License-Identifier: MIT */
/* ISO/IEC 14496-12 sections 4.2 (boxes) and 8.4.2 (mdhd). */
#ifndef TESTS_FUZZ_BOXES_H
#define TESTS_FUZZ_BOXES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BOX_HEADER = 8 };

static inline uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t read64(const uint8_t *p)
{
    return (uint64_t)read32(p) << 32 | read32(p + 4);
}

/* The length of the box at p, which lies inside len. */
static inline uint32_t box_bytes(const uint8_t *p, size_t len)
{
    assert(len >= BOX_HEADER && read32(p) >= BOX_HEADER && read32(p) <= len);
    return read32(p);
}

/* The box of a name (or NULL) among the children in p[0..len); its own length in *bytes. */
static inline const uint8_t *find_box(const uint8_t *p, size_t len, const char *name,
                                      uint32_t *bytes)
{
    while (len > 0) {
        uint32_t n = box_bytes(p, len);

        *bytes = n;
        if (memcmp(p + 4, name, 4) == 0)
            return p;
        p += n;
        len -= n;
    }
    return NULL;
}

static inline const uint8_t *child_box(const uint8_t *parent, const char *name, uint32_t *bytes)
{
    uint32_t n;
    const uint8_t *p = find_box(parent + BOX_HEADER, read32(parent) - BOX_HEADER, name, &n);

    assert(p);
    *bytes = n;
    return p;
}

/* The timescale that an init segment declares. */
static inline uint32_t init_timescale(const uint8_t *init, size_t len)
{
    uint32_t n;
    const uint8_t *p = find_box(init, len, "moov", &n);

    assert(p && memcmp(init + 4, "ftyp", 4) == 0);
    p = child_box(child_box(child_box(p, "trak", &n), "mdia", &n), "mdhd", &n);
    assert(n >= 24 && p[8] <= 1 && read32(p + (p[8] ? 28 : 20)) > 0);
    return read32(p + (p[8] ? 28 : 20));
}

#endif
