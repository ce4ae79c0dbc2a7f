/* Reads what an encoder says about itself in its SEI messages. */
/* SPDX-License-Identifier: MIT */
#include "codecs/sei.h"

#include "codecs/bits.h"

#include <stdbool.h>
#include <string.h>

enum {
    SEI_USER_DATA_UNREGISTERED = 5,
    UUID_BYTES = 16,
    MESSAGES_MAX = 64,         /* in one unit; real ones hold a few */
    X265_INFINITE = INT32_MAX, /* how x265 prints an endless one */
    LOOK_BYTES = 8192,         /* x264's text has 700, x265's 2300 */
};

static const uint8_t UUIDS[][UUID_BYTES] = {
    /* x264, x265: read from streams that they wrote */
    {0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee,
     0xef},
    {0x2c, 0xa2, 0xde, 0x09, 0xb5, 0x17, 0x47, 0xdb, 0xbb, 0x55, 0xa4, 0xfe, 0x7f, 0xc2, 0xfc,
     0x4e},
};

/* 7.3.2.3.1: payload type and size are sums of bytes, of which all but the last are ff. */
static uint32_t read_sum(struct bits *b)
{
    uint32_t sum = 0, byte;
    do {
        byte = bits_u(b, 8);
        sum += byte;
    } while (byte == 0xff && !b->error);
    return sum;
}

static bool is_known_uuid(const uint8_t *uuid)
{
    for (size_t i = 0; i < sizeof UUIDS / sizeof UUIDS[0]; i++)
        if (memcmp(uuid, UUIDS[i], UUID_BYTES) == 0)
            return true;
    return false;
}

/* The number after " keyint="; `left` bytes of text remain. For an endless one x264 prints
 * "infinite"; a negative number asks either encoder for the same. */
static uint32_t read_number(struct bits *b, uint32_t left)
{
    uint64_t value = 0;
    bool digits = false;
    for (; left > 0; left--) {
        uint32_t c = bits_u(b, 8);
        if (c < '0' || c > '9')
            return digits ? (uint32_t)value : c == 'i' || c == '-' ? SEI_KEYINT_INFINITE : 0;
        digits = true;
        value = value * 10 + (c - '0');
        if (value >= X265_INFINITE)
            return SEI_KEYINT_INFINITE;
    }
    return (uint32_t)value;
}

/* The space in front keeps x265's min-keyint out, the sign behind x264's keyint_min. */
static uint32_t read_text(struct bits *b, uint32_t len)
{
    static const char key[] = " keyint=";
    size_t matched = 0;
    while (len > 0 && !b->error) {
        char c = (char)bits_u(b, 8);
        len--;
        matched = c == key[matched] ? matched + 1 : c == key[0] ? 1 : 0;
        if (key[matched] == '\0')
            return read_number(b, len);
    }
    return 0;
}

uint32_t sei_keyint(const uint8_t *rbsp, size_t len)
{
    struct bits b;
    bits_init_nal(&b, rbsp, len < LOOK_BYTES ? len : LOOK_BYTES);
    for (int i = 0; i < MESSAGES_MAX && !b.error; i++) {
        uint32_t type = read_sum(&b);
        uint32_t size = read_sum(&b);
        if (type != SEI_USER_DATA_UNREGISTERED || size < UUID_BYTES) {
            bits_skip(&b, (uint64_t)size * 8);
            continue;
        }
        uint8_t uuid[UUID_BYTES];
        for (size_t k = 0; k < UUID_BYTES; k++)
            uuid[k] = (uint8_t)bits_u(&b, 8);
        if (is_known_uuid(uuid))
            return read_text(&b, size - UUID_BYTES);
        bits_skip(&b, (uint64_t)(size - UUID_BYTES) * 8);
    }
    return 0;
}
