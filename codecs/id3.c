/* Finds ID3v2 tags in the payload of a timed metadata stream. */
/* SPDX-License-Identifier: MIT */
#include "codecs/id3.h"

#include <string.h>

enum { HEADER_BYTES = 10, FOOTER_FLAG = 0x10, VERSION_MIN = 2, VERSION_MAX = 4 };

size_t id3_tag_bytes(const uint8_t *bytes, size_t len)
{
    if (len < HEADER_BYTES || memcmp(bytes, "ID3", 3) != 0 || bytes[3] < VERSION_MIN ||
        bytes[3] > VERSION_MAX || bytes[4] == 0xff)
        return 0;
    size_t size = 0;
    for (size_t i = 6; i < HEADER_BYTES; i++) {
        if (bytes[i] & 0x80) /* 6.2: a synchsafe integer */
            return 0;
        size = size << 7 | bytes[i];
    }
    size += HEADER_BYTES;
    if (bytes[3] == VERSION_MAX && bytes[5] & FOOTER_FLAG)
        size += HEADER_BYTES;
    return size <= len ? size : 0;
}
