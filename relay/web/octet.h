/* Which bytes may stand where in a request head. */
/* SPDX-License-Identifier: MIT */
/* Owns: a constant table. Thread: any. Life: always. Fails: never. */
#ifndef RELAY_WEB_OCTET_H
#define RELAY_WEB_OCTET_H

#include <stdbool.h>
#include <stdint.h>

enum octet_class {
    OCTET_TOKEN = 1,     /* RFC 9110 section 5.6.2 */
    OCTET_PATH = 2,      /* pchar and "/", RFC 3986 section 3.3 */
    OCTET_QUERY = 4,     /* section 3.4, and what browsers leave unescaped there */
    OCTET_AUTHORITY = 8, /* host and port, section 3.2; no user */
    OCTET_VALUE = 16,    /* RFC 9110 section 5.5, obs-text too */
};

extern const uint8_t octet_classes[256];

static inline bool octet_is(char c, enum octet_class class)
{
    return (octet_classes[(unsigned char)c] & class) != 0;
}

#endif
