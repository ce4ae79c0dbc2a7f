/* Reads and writes bit fields, most significant bit first, within bounds that cannot be passed. */
/* SPDX-License-Identifier: MIT */
#include "codecs/bits.h"

#include <assert.h>

/* 9.1: codeNum goes up to 2^32 - 2, which has 31 leading zero bits. */
enum { UE_ZEROS_MAX = 31 };

void bits_init(struct bits *b, const uint8_t *data, size_t len)
{
    *b = (struct bits){.data = data, .len = len};
}

void bits_init_nal(struct bits *b, const uint8_t *data, size_t len)
{
    *b = (struct bits){.data = data, .len = len, .escaped = true};
}

/* Makes `current` the next byte that carries payload. */
static bool fetch(struct bits *b)
{
    if (b->error || b->next >= b->len) {
        b->error = true;
        return false;
    }
    b->current = b->data[b->next++];
    b->left = 8;
    if (!b->escaped)
        return true;
    /* 7.3.1: the 03 of 00 00 03 is not part of the RBSP, whatever follows it. */
    if (b->zeros >= 2 && b->current == 3) {
        b->zeros = 0;
        b->left = 0;
        return fetch(b);
    }
    b->zeros = b->current == 0 ? b->zeros + 1 : 0;
    return true;
}

uint32_t bits_u(struct bits *b, unsigned n)
{
    assert(n <= 32);
    uint32_t value = 0;
    while (n > 0) {
        if (b->left == 0 && !fetch(b))
            return 0;
        unsigned take = n < b->left ? n : b->left;
        b->left -= take;
        n -= take;
        value = value << take | ((uint32_t)b->current >> b->left & ((1u << take) - 1));
    }
    return b->error ? 0 : value;
}

bool bits_flag(struct bits *b)
{
    return bits_u(b, 1) != 0;
}

void bits_skip(struct bits *b, uint64_t n)
{
    while (n > 0 && !b->error) {
        unsigned take = n < 32 ? (unsigned)n : 32;
        bits_u(b, take);
        n -= take;
    }
}

uint32_t bits_ue(struct bits *b)
{
    unsigned zeros = 0;
    while (!bits_flag(b)) {
        if (b->error || ++zeros > UE_ZEROS_MAX) {
            b->error = true;
            return 0;
        }
    }
    uint32_t rest = bits_u(b, zeros);
    return b->error ? 0 : (1u << zeros) - 1 + rest;
}

uint32_t bits_ue_max(struct bits *b, uint32_t max)
{
    uint32_t value = bits_ue(b);
    if (value <= max)
        return value;
    b->error = true;
    return 0;
}

/* 9.1.1: 0, 1, -1, 2, -2 ... */
int32_t bits_se(struct bits *b)
{
    uint32_t code = bits_ue(b);
    int32_t half = (int32_t)(code / 2);
    return code % 2 ? half + 1 : -half;
}

uint64_t bits_left(const struct bits *b)
{
    return b->error ? 0 : (uint64_t)(b->len - b->next) * 8 + b->left;
}

uint64_t bits_done(const struct bits *b)
{
    return (uint64_t)b->next * 8 - b->left;
}

void bit_writer_init(struct bit_writer *w, uint8_t *data, size_t size)
{
    *w = (struct bit_writer){.data = data, .size = size};
}

void bit_writer_put(struct bit_writer *w, unsigned n, uint32_t value)
{
    assert(n <= 32);
    while (n > 0) {
        n--;
        w->pending = (w->pending << 1 | (value >> n & 1)) & 0xff;
        if (++w->pending_bits < 8)
            continue;
        if (w->len < w->size)
            w->data[w->len] = (uint8_t)w->pending;
        w->len++;
        w->pending_bits = 0;
    }
}

void bit_writer_align(struct bit_writer *w)
{
    if (w->pending_bits > 0)
        bit_writer_put(w, 8 - w->pending_bits, 0);
}
