/* One keep-alive HTTP/1.1 connection of a benchmark. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/http_conn.h"

#include "tests/bench/lib/stopwatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { SCRATCH_BYTES = 256 << 10, BODY_MAX_BYTES = 16 << 20, TEXT_BYTES = 1 << 20 };

int http_address(struct sockaddr_in *to, const char *text, const char **rest)
{
    char host[32], *end;
    const char *colon = strchr(text, ':');
    long port;

    if (!colon || (size_t)(colon - text) >= sizeof(host))
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || port < 1 || port > 65535 || (!rest && *end))
        return -EINVAL;
    if (rest)
        *rest = end;
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &to->sin_addr) == 1 ? 0 : -EINVAL;
}

void http_conn_init(struct http_conn *c, const struct sockaddr_in *to)
{
    char host[16];

    *c = (struct http_conn){.fd = -1, .to = *to};
    inet_ntop(AF_INET, &to->sin_addr, host, sizeof(host));
    snprintf(c->host, sizeof(c->host), "%s:%u", host, ntohs(to->sin_port));
}

static void hang_up(struct http_conn *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

void http_conn_fini(struct http_conn *c)
{
    hang_up(c);
    free(c->body);
    c->body = NULL;
}

/* Connects blocking (loopback), then goes non-blocking. */
static int dial(struct http_conn *c)
{
    int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return -errno;
    if (connect(c->fd, (struct sockaddr *)&c->to, sizeof(c->to)) < 0) {
        int r = -errno;

        hang_up(c);
        return r;
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (c->stamped)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
    c->opened++;
    return 0;
}

int http_conn_get(struct http_conn *c, const char *path, const char *range, bool keep)
{
    char text[1024];
    int n, r = c->fd < 0 ? dial(c) : 0;

    if (r < 0)
        return r;
    n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s%s%s\r\n", path, c->host,
                 c->gzip ? "Accept-Encoding: gzip\r\n" : "", range ? "Range: bytes=" : "",
                 range ? range : "", range ? "\r\n" : "");
    if (n < 0 || (size_t)n >= sizeof(text))
        return -ENAMETOOLONG;
    c->head_len = c->body_len = 0;
    c->in_body = false;
    c->keep = keep;
    c->sent_us = stopwatch_mono_us();
    if (send(c->fd, text, (size_t)n, MSG_NOSIGNAL) != n) { /* a small request always fits */
        hang_up(c);
        return -EPIPE;
    }
    return 0;
}

const char *http_conn_header(const struct http_conn *c, const char *name)
{
    for (const char *line = strstr(c->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, strlen(name)) == 0)
            return line + strlen(name) + strspn(line + strlen(name), " ");
    }
    return NULL;
}

const char *http_conn_text(const struct http_conn *c)
{
    /* on the heap: a thread's own variables take from its stack */
    static _Thread_local char *text;
    z_stream z = {.next_in = (Bytef *)c->body, .avail_in = (uInt)c->body_len};
    int r;

    text = text ? text : malloc(TEXT_BYTES);
    if (!text)
        return NULL;
    z.next_out = (Bytef *)text;
    z.avail_out = TEXT_BYTES - 1;
    if (!c->body || !http_conn_header(c, "Content-Encoding: gzip"))
        return c->body;
    if (inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
        return NULL;
    r = inflate(&z, Z_FINISH);
    text[z.total_out] = '\0';
    inflateEnd(&z);
    return r == Z_STREAM_END ? text : NULL;
}

/* RFC 9112 section 4 and 6.3; our servers always say Content-Length. */
static int parse_head(struct http_conn *c)
{
    bool sized = false;
    char *line = c->head;

    if (sscanf(c->head, "HTTP/1.1 %3d", &c->status) != 1)
        return -EPROTO;
    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, "content-length:", 15) == 0) {
            c->length = strtoull(line + 15, NULL, 10);
            sized = true;
        }
    }
    if (!sized && c->status != 304 && c->status != 204)
        return -EPROTO;
    c->length = sized ? c->length : 0;
    c->left = c->length;
    c->in_body = true;
    return c->keep && c->length >= BODY_MAX_BYTES ? -EFBIG : 0;
}

static int body_take(struct http_conn *c, const char *p, size_t n)
{
    if (n > c->left)
        return -EPROTO; /* no pipelining here: nothing may follow */
    c->left -= n;
    if (!c->keep)
        return 0;
    if (c->length + 1 > c->body_size) {
        char *more = realloc(c->body, c->length + 1);

        if (!more)
            return -ENOMEM;
        c->body = more;
        c->body_size = c->length + 1;
    }
    memcpy(c->body + c->body_len, p, n);
    c->body_len += n;
    c->body[c->body_len] = '\0';
    return 0;
}

/* Bytes that arrived before the head was complete; what follows the blank line is body. */
static int head_take(struct http_conn *c, const char *p, size_t n)
{
    size_t before = c->head_len, room = sizeof(c->head) - 1 - before, copy = n < room ? n : room;
    char *end;
    int r;

    memcpy(c->head + before, p, copy);
    c->head_len += copy;
    c->head[c->head_len] = '\0';
    end = strstr(c->head, "\r\n\r\n");
    if (!end)
        return copy < n ? -EPROTO : 0;
    end[2] = '\0';
    copy = (size_t)(end + 4 - c->head) - before;
    r = parse_head(c);
    return r < 0 ? r : body_take(c, p + copy, n - copy);
}

/* The kernel's stamp on what was just received; the present where it gives none. */
static int64_t stamp_us(struct msghdr *m)
{
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h))
        if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPNS)
            memcpy(&at, CMSG_DATA(h), sizeof(at));
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static ssize_t receive(struct http_conn *c, void *to, size_t size)
{
    char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec part = {to, size};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    bool first = c->stamped && c->head_len == 0 && !c->in_body;
    ssize_t n;

    if (first) {
        m.msg_control = control;
        m.msg_controllen = sizeof(control);
        /* A stamp is that of the last byte read: of the first segment, no more is read. */
        part.iov_len = 1;
    }
    n = recvmsg(c->fd, &m, MSG_DONTWAIT);
    if (first && n > 0)
        c->arrived_wall_us = stamp_us(&m);
    return n;
}

int http_conn_read(struct http_conn *c)
{
    static _Thread_local char *scratch;

    scratch = scratch ? scratch : malloc(SCRATCH_BYTES);
    if (!scratch)
        return -ENOMEM;
    for (;;) {
        ssize_t n = receive(c, scratch, SCRATCH_BYTES);
        int r;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n <= 0) {
            r = n < 0 ? -errno : -EPIPE;
        } else if (c->in_body) {
            r = body_take(c, scratch, (size_t)n);
        } else {
            r = head_take(c, scratch, (size_t)n);
        }
        if (r < 0) {
            hang_up(c);
            return r;
        }
        if (c->in_body && c->left == 0)
            return 1;
    }
}

int http_conn_fetch(struct http_conn *c, const char *path, int64_t deadline_mono_us)
{
    int r = http_conn_get(c, path, NULL, true);

    if (r == 0)
        r = http_conn_read(c);
    while (r == 0) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        int64_t left_us = deadline_mono_us - stopwatch_mono_us();

        if (left_us <= 0) {
            hang_up(c);
            return -ETIMEDOUT;
        }
        if (poll(&p, 1, (int)(left_us / 1000) + 1) >= 0)
            r = http_conn_read(c);
    }
    return r < 0 ? r : c->status;
}
