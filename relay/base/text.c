/* The growing byte string and JSON strings (RFC 8259 section 7). */
/* SPDX-License-Identifier: MIT */
#include "relay/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_FIRST_BYTES = 256,
    /* Far above any page we render; what wants more is our own mistake or an attack. */
    TEXT_MAX_BYTES = 64 * 1024 * 1024,
};

void text_init(struct text *t)
{
    *t = (struct text){0};
}

void text_fini(struct text *t)
{
    free(t->data);
    text_init(t);
}

void text_clear(struct text *t)
{
    t->len = 0;
    t->failed = false;
    if (t->data)
        t->data[0] = '\0';
}

bool text_failed(const struct text *t)
{
    return t->failed;
}

/* Room for `more` bytes and a NUL behind what is there. */
static bool text_reserve(struct text *t, size_t more)
{
    if (t->failed)
        return false;
    if (more < t->size - t->len)
        return true;
    if (more >= TEXT_MAX_BYTES - t->len) {
        t->failed = true;
        return false;
    }
    size_t size = t->size ? t->size : TEXT_FIRST_BYTES;
    while (size <= t->len + more)
        size *= 2;
    char *data = realloc(t->data, size);
    if (!data) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->size = size;
    return true;
}

void text_add(struct text *t, const void *bytes, size_t len)
{
    if (len == 0 || !text_reserve(t, len))
        return;
    memcpy(t->data + t->len, bytes, len);
    t->len += len;
    t->data[t->len] = '\0';
}

void text_puts(struct text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *fmt, ...)
{
    if (!text_reserve(t, 128))
        return;
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t left = t->size - t->len;
    int n = vsnprintf(t->data + t->len, left, fmt, args);
    assert(n >= 0);
    if ((size_t)n >= left && text_reserve(t, (size_t)n))
        vsnprintf(t->data + t->len, (size_t)n + 1, fmt, again);
    if (t->failed)
        t->data[t->len] = '\0';
    else
        t->len += (size_t)n;
    va_end(again);
    va_end(args);
}

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Length of the well-formed sequence at s (Unicode 15, table 3-7), or 0. Never reads past a NUL:
 * a NUL is no tail byte. */
static size_t utf8_sequence(const unsigned char *s)
{
    unsigned char c = s[0], low = 0x80, high = 0xbf;
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    if (c == 0xe0)
        low = 0xa0; /* shorter forms exist */
    if (c == 0xed)
        high = 0x9f; /* surrogates */
    if (c == 0xf0)
        low = 0x90;
    if (c == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    if (s[1] < low || s[1] > high)
        return 0;
    if (c < 0xe0)
        return 2;
    if (!is_tail(s[2]))
        return 0;
    if (c < 0xf0)
        return 3;
    return is_tail(s[3]) ? 4 : 0;
}

static void text_json_ascii(struct text *t, char c)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof named; i += 2) {
        if (c == named[i]) {
            text_add(t, (char[]){'\\', named[i + 1]}, 2);
            return;
        }
    }
    /* '<' too, so that the string may stand inside a script element. */
    if ((unsigned char)c < 0x20 || c == 0x7f || c == '<')
        text_printf(t, "\\u%04x", (unsigned)c);
    else
        text_add(t, &c, 1);
}

void text_json(struct text *t, const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    text_add(t, "\"", 1);
    while (*p) {
        size_t n = utf8_sequence(p);
        if (n == 1)
            text_json_ascii(t, (char)*p);
        else if (n > 1)
            text_add(t, p, n);
        else
            text_add(t, "\xef\xbf\xbd", 3);
        p += n ? n : 1;
    }
    text_add(t, "\"", 1);
}
