/* A blocking viewer on a socket: says things and reads whole replies. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_VIEWER_H
#define TESTS_UNIT_RELAY_WEB_VIEWER_H

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

struct answer {
    int status;
    size_t len; /* of the body */
    char head[4096];
    char *body; /* NUL-terminated; free() it */
};

static inline int viewer_connect(const struct sockaddr_in *to)
{
    /* A test that waits in vain fails instead of hanging. */
    const struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)to, sizeof *to), 0);
    return fd;
}

static inline void viewer_send(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        assert_true(n > 0);
        text += n;
        len -= (size_t)n;
    }
}

#define viewer_say(fd, text) viewer_send(fd, text, strlen(text))

/* GET with extra lines, each with its CRLF; extra may be "". */
static inline void viewer_get(int fd, const char *path, const char *extra)
{
    char text[4096];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: t\r\n%s\r\n", path, extra);
    viewer_say(fd, text);
}

/* One reply; body: does one follow (not after HEAD)? Byte by byte, so nothing of the next is lost.
 * status 0: the connection ended first. */
static inline struct answer viewer_read(int fd, bool body)
{
    struct answer a = {0};
    size_t n = 0;
    while (n < sizeof a.head - 1 && recv(fd, a.head + n, 1, 0) == 1) {
        n++;
        if (n >= 4 && memcmp(a.head + n - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    if (n == 0)
        return a;
    assert_int_equal(sscanf(a.head, "HTTP/1.1 %d ", &a.status), 1);
    const char *length = strstr(a.head, "\r\nContent-Length: ");
    a.len = length && body ? strtoul(length + 18, NULL, 10) : 0;
    a.body = calloc(1, a.len + 1);
    for (size_t got = 0; got < a.len;) {
        ssize_t r = recv(fd, a.body + got, a.len - got, 0);
        if (r <= 0)
            fail_msg("body ended after %zu of %zu", got, a.len);
        got += (size_t)r;
    }
    return a;
}

/* Does the reply have exactly this line? */
static inline bool answer_has(const struct answer *a, const char *line)
{
    char whole[256];
    snprintf(whole, sizeof whole, "\r\n%s\r\n", line);
    return strstr(a->head, whole) != NULL;
}

static inline void answer_drop(struct answer *a)
{
    free(a->body);
    a->body = NULL;
}

/* Reads and expects this status and line ("" for none). */
static inline void viewer_expect(int fd, bool body, int status, const char *line)
{
    struct answer a = viewer_read(fd, body);
    if (a.status != status || (*line && !answer_has(&a, line)))
        fail_msg("want %d with \"%s\", got %d:\n%s", status, line, a.status, a.head);
    answer_drop(&a);
}

/* The server has closed: end of stream or reset, and nothing before it. */
static inline void viewer_expect_end(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    if (!(n == 0 || (n < 0 && errno == ECONNRESET)))
        fail_msg("not closed: %zd, errno %d", n, errno);
    close(fd);
}

#endif
