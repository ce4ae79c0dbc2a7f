/* A viewer that speaks HTTP/2 on a socket, with nghttp2's client side. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_H2_VIEWER_H
#define TESTS_UNIT_RELAY_WEB_H2_VIEWER_H

#include "tests/unit/relay/web/h2_viewer_session.h"

#include <poll.h>

static inline void h2_viewer_open(struct h2_viewer *v, const struct sockaddr_in *to)
{
    h2_viewer_begin(v, viewer_connect(to), 1 << 24);
}

static inline nghttp2_nv h2_line(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), 0};
}

/* name NULL: no such line. The stream's id. */
static inline int32_t h2_ask(struct h2_viewer *v, const char *method, const char *path,
                             const char *name, const char *value)
{
    const nghttp2_nv lines[] = {h2_line(":method", method), h2_line(":path", path),
                                h2_line(":scheme", "http"), h2_line(":authority", "t"),
                                h2_line(name ? name : "x", name ? value : "")};
    int32_t id = nghttp2_submit_request(v->session, NULL, lines, name ? 5 : 4, NULL, NULL);
    assert_true(id > 0);
    return id;
}

static inline void h2_viewer_send(struct h2_viewer *v)
{
    const uint8_t *data;
    for (ssize_t n; (n = nghttp2_session_mem_send(v->session, &data)) > 0;)
        for (ssize_t at = 0; at < n && !v->ended;) {
            ssize_t sent = send(v->fd, data + at, (size_t)(n - at), MSG_NOSIGNAL);
            v->ended = sent <= 0;
            at += sent;
        }
}

/* Sends what it has to, and takes what comes within wait_ms. False: nothing came. */
static inline bool h2_viewer_turn(struct h2_viewer *v, int wait_ms)
{
    uint8_t bytes[65536];
    struct pollfd p = {.fd = v->fd, .events = POLLIN};
    h2_viewer_send(v);
    if (v->ended || poll(&p, 1, wait_ms) <= 0)
        return false;
    ssize_t n = recv(v->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n <= 0) {
        v->ended = true;
        return false;
    }
    if (nghttp2_session_mem_recv(v->session, bytes, (size_t)n) != n)
        v->ended = true;
    h2_viewer_send(v);
    return true;
}

/* Until the stream is closed. */
static inline struct h2_answer *h2_take(struct h2_viewer *v, int32_t id)
{
    struct h2_answer *a = h2_answer_of(v, id);
    while (!a->done && !v->ended)
        if (!h2_viewer_turn(v, 20000) && !v->ended)
            fail_msg("stream %d: nothing comes", id);
    return a;
}

static inline struct h2_answer *h2_expect(struct h2_viewer *v, int32_t id, int status,
                                          const char *line)
{
    struct h2_answer *a = h2_take(v, id);
    char whole[256];
    snprintf(whole, sizeof whole, "\n%s\n", line);
    if (a->status != status || !a->done || (*line && !strstr(a->head, whole)))
        fail_msg("stream %d: want %d with \"%s\", got %d:%s", id, status, line, a->status, a->head);
    return a;
}

static inline void h2_viewer_until_end(struct h2_viewer *v)
{
    while (!v->ended)
        if (!h2_viewer_turn(v, 20000) && !v->ended)
            fail_msg("not closed");
}

static inline void h2_viewer_leave(struct h2_viewer *v)
{
    for (size_t i = 0; i < H2_VIEWER_STREAMS; i++) {
        if (v->answers[i])
            free(v->answers[i]->bytes);
        free(v->answers[i]);
    }
    nghttp2_session_del(v->session);
    close(v->fd);
}

#endif
