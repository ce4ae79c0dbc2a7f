/* Walks through SEI messages and reads what an encoder says about itself in them. */
/* SPDX-License-Identifier: MIT */
#include "codecs/sei.h"

#include <string.h>

enum {
    UUID_BYTES = 16,
    MESSAGES_MAX = 64,         /* in one unit; real ones hold a few */
    X265_INFINITE = INT32_MAX, /* how x265 prints an endless one */
    LOOK_BYTES = 8192,         /* of a unit */
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

/* The number after " keyint=". For an endless one x264 prints "infinite"; a negative number asks
 * either encoder for the same. */
static uint32_t read_number(const uint8_t *text, uint32_t len)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < len; i++) {
        uint8_t c = text[i];
        if (c < '0' || c > '9')
            return i > 0 ? (uint32_t)value : c == 'i' || c == '-' ? SEI_KEYINT_INFINITE : 0;
        value = value * 10 + (c - '0');
        if (value >= X265_INFINITE)
            return SEI_KEYINT_INFINITE;
    }
    return (uint32_t)value;
}

/* The space in front keeps x265's min-keyint out, the sign behind x264's keyint_min. */
static uint32_t read_text(const uint8_t *text, uint32_t len)
{
    static const char key[] = " keyint=";
    const uint8_t *found = memmem(text, len, key, sizeof key - 1);
    if (found == NULL)
        return 0;
    uint32_t used = (uint32_t)(found - text) + (uint32_t)sizeof key - 1;
    return read_number(text + used, len - used);
}

void sei_reader_init(struct sei_reader *r, const uint8_t *rbsp, size_t len)
{
    bits_init_nal(&r->bits, rbsp, len < LOOK_BYTES ? len : LOOK_BYTES);
    r->messages = 0;
}

bool sei_next(struct sei_reader *r, struct sei_message *m)
{
    struct bits *b = &r->bits;
    if (r->messages++ == MESSAGES_MAX)
        return false;
    m->type = read_sum(b);
    uint32_t size = read_sum(b);
    m->len = size < SEI_PAYLOAD_MAX ? size : SEI_PAYLOAD_MAX;
    for (uint32_t i = 0; i < m->len && !b->error; i++)
        m->data[i] = (uint8_t)bits_u(b, 8);
    bits_skip(b, (uint64_t)(size - m->len) * 8);
    return !b->error;
}

uint32_t sei_message_keyint(const struct sei_message *m)
{
    if (m->type != SEI_USER_DATA_UNREGISTERED || m->len < UUID_BYTES || !is_known_uuid(m->data))
        return 0;
    return read_text(m->data + UUID_BYTES, m->len - UUID_BYTES);
}

uint32_t sei_keyint(const uint8_t *rbsp, size_t len)
{
    struct sei_reader r;
    struct sei_message m;
    uint32_t keyint = 0;
    sei_reader_init(&r, rbsp, len);
    while (keyint == 0 && sei_next(&r, &m))
        keyint = sei_message_keyint(&m);
    return keyint;
}
