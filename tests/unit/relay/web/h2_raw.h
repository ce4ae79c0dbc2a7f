/* Frames of HTTP/2 as nobody with manners would send them. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_H2_RAW_H
#define TESTS_UNIT_RELAY_WEB_H2_RAW_H

#include "tests/unit/relay/web/viewer.h"

#include <nghttp2/nghttp2.h>

static inline void raw(int fd, uint8_t type, uint8_t flags, uint32_t id, const void *payload,
                       size_t len)
{
    uint8_t head[9] = {
        (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,       type,       flags,
        (uint8_t)(id >> 24),  (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};
    send(fd, head, 9, MSG_NOSIGNAL);
    if (len)
        send(fd, payload, len, MSG_NOSIGNAL);
}

/* GET path, without a table. */
static inline void raw_get(int fd, uint32_t id, const char *path, uint8_t flags)
{
    /* RFC 7541 section 6.3: the table's size is the server's wish, 0 */
    uint8_t block[200] = {0x20, 0x82, 0x86, 0x01, 1, 't', 0x04, (uint8_t)strlen(path)};
    memcpy(block + 8, path, strlen(path));
    raw(fd, NGHTTP2_HEADERS, flags, id, block, 8 + strlen(path));
}

static inline int raw_open(const struct sockaddr_in *to, uint32_t window)
{
    int fd = viewer_connect(to);
    const uint8_t setting[] = {0,
                               4,
                               (uint8_t)(window >> 24),
                               (uint8_t)(window >> 16),
                               (uint8_t)(window >> 8),
                               (uint8_t)window};
    viewer_say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    raw(fd, NGHTTP2_SETTINGS, 0, 0, setting, 6);
    raw(fd, NGHTTP2_SETTINGS, 1, 0, NULL, 0);
    return fd;
}

/* The next frame's head, and its payload's first bytes. False: the end came first. */
static inline bool raw_take(int fd, uint8_t head[static 9], uint8_t payload[static 16])
{
    uint8_t byte;
    if (recv(fd, head, 9, MSG_WAITALL) != 9)
        return false;
    size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    for (size_t i = 0; i < len; i++) {
        if (recv(fd, &byte, 1, MSG_WAITALL) != 1)
            return false;
        if (i < 16)
            payload[i] = byte;
    }
    return true;
}

/* The next frame of that type. */
static inline bool raw_await(int fd, uint8_t type, uint8_t payload[static 16])
{
    uint8_t head[9];
    while (raw_take(fd, head, payload))
        if (head[3] == type)
            return true;
    return false;
}

#endif
