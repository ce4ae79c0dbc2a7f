/* What a viewer that speaks HTTP/2 notes down of what nghttp2 tells it. */
/* SPDX-License-Identifier: MIT */
/* Header only, for h2_viewer.h. */
#ifndef TESTS_UNIT_RELAY_WEB_H2_VIEWER_SESSION_H
#define TESTS_UNIT_RELAY_WEB_H2_VIEWER_SESSION_H

#include "tests/unit/relay/web/viewer.h"

#include <nghttp2/nghttp2.h>

enum { H2_VIEWER_STREAMS = 2048, H2_VIEWER_FRAMES = 4096, H2_VIEWER_LINES = 1024 };

struct h2_answer {
    int status, interim;
    size_t len;   /* of the content so far */
    char *bytes;  /* the content */
    bool done;    /* closed ... */
    uint32_t why; /* ... with this error */
    char head[H2_VIEWER_LINES];
};

struct h2_viewer {
    int fd;
    nghttp2_session *session;
    struct h2_answer *answers[H2_VIEWER_STREAMS]; /* by stream id / 2 */
    int32_t order[H2_VIEWER_FRAMES];              /* whose frames of data came, in order */
    size_t frames, longest;                       /* bytes of the longest */
    int goodbyes;                                 /* GOAWAY frames ... */
    uint32_t goodbye;                             /* ... the last one's error */
    int32_t last_stream;                          /* ... and last stream */
    bool ended;
};

static inline struct h2_answer *h2_answer_of(struct h2_viewer *v, int32_t id)
{
    assert_in_range(id, 1, 2 * H2_VIEWER_STREAMS - 1);
    if (!v->answers[id / 2])
        v->answers[id / 2] = calloc(1, sizeof(struct h2_answer));
    return v->answers[id / 2];
}

static inline int h2_viewer_line(nghttp2_session *session, const nghttp2_frame *f,
                                 const uint8_t *name, size_t name_len, const uint8_t *value,
                                 size_t value_len, uint8_t flags, void *ctx)
{
    struct h2_answer *a = h2_answer_of(ctx, f->hd.stream_id);
    (void)session, (void)flags;
    if (name_len == 7 && memcmp(name, ":status", 7) == 0) {
        int status = atoi((const char *)value);
        *(status < 200 ? &a->interim : &a->status) = status;
        return 0;
    }
    size_t at = strlen(a->head);
    snprintf(a->head + at, sizeof a->head - at, "\n%.*s: %.*s\n", (int)name_len, name,
             (int)value_len, value);
    return 0;
}

static inline int h2_viewer_data(nghttp2_session *session, uint8_t flags, int32_t id,
                                 const uint8_t *data, size_t len, void *ctx)
{
    struct h2_answer *a = h2_answer_of(ctx, id);
    (void)session, (void)flags;
    a->bytes = realloc(a->bytes, a->len + len + 1);
    memcpy(a->bytes + a->len, data, len);
    a->len += len;
    a->bytes[a->len] = '\0';
    return 0;
}

static inline int h2_viewer_frame(nghttp2_session *session, const nghttp2_frame *f, void *ctx)
{
    struct h2_viewer *v = ctx;
    (void)session;
    if (f->hd.type == NGHTTP2_DATA) {
        if (v->frames < H2_VIEWER_FRAMES)
            v->order[v->frames++] = f->hd.stream_id;
        v->longest = f->hd.length > v->longest ? f->hd.length : v->longest;
    }
    if (f->hd.type == NGHTTP2_GOAWAY) {
        v->goodbyes++;
        v->goodbye = f->goaway.error_code;
        v->last_stream = f->goaway.last_stream_id;
    }
    return 0;
}

static inline int h2_viewer_close(nghttp2_session *session, int32_t id, uint32_t why, void *ctx)
{
    struct h2_answer *a = h2_answer_of(ctx, id);
    (void)session;
    a->done = true;
    a->why = why;
    return 0;
}

/* On a connected socket; window: the streams' and the connection's, 0: the standard's. */
static inline void h2_viewer_begin(struct h2_viewer *v, int fd, uint32_t window)
{
    nghttp2_session_callbacks *c;
    nghttp2_option *o;
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window}};
    memset(v, 0, sizeof *v);
    v->fd = fd;
    nghttp2_session_callbacks_new(&c);
    nghttp2_option_new(&o);
    nghttp2_option_set_peer_max_concurrent_streams(o, 5000);
    nghttp2_session_callbacks_set_on_header_callback(c, h2_viewer_line);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, h2_viewer_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, h2_viewer_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, h2_viewer_close);
    assert_int_equal(nghttp2_session_client_new2(&v->session, c, v, o), 0);
    nghttp2_session_callbacks_del(c);
    nghttp2_option_del(o);
    assert_int_equal(nghttp2_submit_settings(v->session, 0, settings, window ? 1 : 0), 0);
    if (window > 65535)
        nghttp2_session_set_local_window_size(v->session, 0, 0, (int32_t)window);
}

#endif
