/* Walks through SEI messages and reads what an encoder says about itself in them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: what is not there or broken says nothing.
 * Standards: ITU-T H.264 (08/2021) 7.3.2.3 and D.1.7, H.265 (08/2021) 7.3.5 and D.2.7: one syntax.
 * `rbsp` is always an SEI NAL unit after its header of one (H.264) or two (HEVC) bytes.
 */
#ifndef CODECS_SEI_H
#define CODECS_SEI_H

#include "codecs/bits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEI_KEYINT_INFINITE UINT32_MAX

enum {
    SEI_USER_DATA_REGISTERED = 4,
    SEI_USER_DATA_UNREGISTERED = 5,
    SEI_MASTERING_DISPLAY = 137,
    SEI_CONTENT_LIGHT = 144,
    SEI_PAYLOAD_MAX = 4096, /* x264's text has 700 bytes, x265's 2300 */
};

/* One message, without emulation prevention. `len` is what the message says of its size, or
 * SEI_PAYLOAD_MAX where it says more: then the rest is not here. */
struct sei_message {
    uint32_t type, len;
    uint8_t data[SEI_PAYLOAD_MAX];
};

struct sei_reader {
    struct bits bits;
    unsigned messages;
};

void sei_reader_init(struct sei_reader *r, const uint8_t *rbsp, size_t len);
/* The next whole message; false at the end, and for a message that breaks off. */
bool sei_next(struct sei_reader *r, struct sei_message *m);

/* The `keyint` in the options that x264 and x265 write as user_data_unregistered. 0 when not said;
 * SEI_KEYINT_INFINITE when only the first picture is a key frame. */
uint32_t sei_message_keyint(const struct sei_message *m);
/* The same of the first message that says it. */
uint32_t sei_keyint(const uint8_t *rbsp, size_t len);

#endif
