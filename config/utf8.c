/* Decoding one UTF-8 character, and judging it. */
/* SPDX-License-Identifier: MIT */
#include "config/utf8.h"

#include <stdbool.h>
#include <stdint.h>

static bool is_plain(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return false; /* C0, DEL, C1 */
    if (c == 0x2028 || c == 0x2029)
        return false; /* line and paragraph separators */
    if (c >= 0xd800 && c < 0xe000)
        return false; /* surrogates */
    return c != 0xfeff && c != 0xfffe && c != 0xffff && c <= 0x10ffff;
}

size_t utf8_plain(const char *s, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* per length: not shorter */
    if (len == 0)
        return 0;
    unsigned char first = (unsigned char)s[0];
    if (first < 0x80)
        return is_plain(first);
    size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || n > len)
        return 0;
    uint32_t c = first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | ((unsigned char)s[i] & 0x3f);
    }
    return c >= least[n] && is_plain(c) ? n : 0;
}
