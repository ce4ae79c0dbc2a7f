/* What the HTTP/2 connections of one thread share: nghttp2's settings, and where frames are made.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2_shared.h"

#include <errno.h>
#include <stdlib.h>

enum {
    FRAME_BUFFER = 16384, /* nghttp2 asks for a little more, once per session */
    FRAME_SPARE = 1024,
    ACKS_MAX = 64, /* answers to SETTINGS and PING that wait: more is a flood */
    SETTINGS_MAX = 32,
    RESERVED_MAX = 0,
    DEFLATE_TABLE = 1024, /* 1.0 kB with a connection's usual fields, for 110 bytes less a reply */
};

/* Every session has a buffer of 16 KiB for the frame that it is about to send. h2_gather takes each
 * frame out of it before it returns, so one buffer does for all sessions of a thread, and an idle
 * connection has none. It is the only thing of that size that a session asks for while it is made.
 */
static bool is_frame_buffer(const struct h2_shared *s, size_t size)
{
    return s->making && size >= FRAME_BUFFER && size <= FRAME_BUFFER + FRAME_SPARE;
}

static void *take(size_t size, void *ctx)
{
    struct h2_shared *s = ctx;
    return is_frame_buffer(s, size) ? s->frame : malloc(size);
}

static void give(void *p, void *ctx)
{
    const struct h2_shared *s = ctx;
    if (p != s->frame)
        free(p);
}

static void *take_zeroed(size_t count, size_t size, void *ctx)
{
    (void)ctx;
    return calloc(count, size);
}

static void *take_again(void *p, size_t size, void *ctx)
{
    struct h2_shared *s = ctx;
    if (!p)
        return take(size, ctx);
    if (p == s->frame) /* nothing ever grows it: frames keep to the standard's first limit */
        return NULL;
    return realloc(p, size);
}

static void set_options(nghttp2_option *o)
{
    nghttp2_option_set_max_deflate_dynamic_table_size(o, DEFLATE_TABLE);
    nghttp2_option_set_max_outbound_ack(o, ACKS_MAX);
    nghttp2_option_set_max_settings(o, SETTINGS_MAX);
    nghttp2_option_set_max_reserved_remote_streams(o, RESERVED_MAX);
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_option_set_builtin_recv_extension_type(o, NGHTTP2_PRIORITY_UPDATE);
}

int h2_shared_new(struct h2_shared **out, void (*set)(nghttp2_session_callbacks *))
{
    struct h2_shared *s = *out = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->mem = (nghttp2_mem){s, take, give, take_zeroed, take_again};
    s->frame = malloc(FRAME_BUFFER + FRAME_SPARE);
    if (!s->frame || nghttp2_session_callbacks_new(&s->callbacks) != 0 ||
        nghttp2_option_new(&s->option) != 0) {
        h2_shared_free(out);
        return -ENOMEM;
    }
    set(s->callbacks);
    set_options(s->option);
    return 0;
}

void h2_shared_free(struct h2_shared **sp)
{
    struct h2_shared *s = *sp;
    *sp = NULL;
    if (!s)
        return;
    if (s->callbacks)
        nghttp2_session_callbacks_del(s->callbacks);
    if (s->option)
        nghttp2_option_del(s->option);
    free(s->frame);
    free(s);
}

int h2_shared_session(struct h2_shared *s, void *user_data, nghttp2_session **out)
{
    s->making = true;
    int rc = nghttp2_session_server_new3(out, s->callbacks, user_data, s->option, &s->mem);
    s->making = false;
    return rc;
}
