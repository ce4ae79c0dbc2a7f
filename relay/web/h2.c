/* HTTP/2 on one connection: nghttp2's callbacks, its floods bounded, its frames gathered. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2.h"

#include "relay/web/field.h"
#include "relay/web/h2_head.h"
#include "relay/web/h2_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    INFLATE_TABLE = 1024, /* a browser's fields that do not change fit */
    LEAVE_US = 5000000,   /* for the PING of a goodbye to come back */
};

static struct h2_stream *stream_at(const struct h2 *h, int32_t id)
{
    return nghttp2_session_get_stream_user_data(h->session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *f, void *ctx)
{
    struct h2 *h = ctx;
    if (f->hd.type != NGHTTP2_HEADERS || f->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    if (h->ending) /* the viewer does not know yet; it may ask elsewhere (RFC 9113 section 8.7) */
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, f->hd.stream_id,
                                         NGHTTP2_REFUSED_STREAM);
    struct h2_stream *s = h2_stream_new(h, f->hd.stream_id);
    if (!s)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    nghttp2_session_set_stream_user_data(session, s->id, s);
    return 0;
}

static struct slice slice_of(const uint8_t *at, size_t len)
{
    return (struct slice){(char *)(uintptr_t)at, len};
}

static int on_header(nghttp2_session *session, const nghttp2_frame *f, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *ctx)
{
    struct h2 *h = ctx;
    struct h2_stream *s = stream_at(h, f->hd.stream_id);
    (void)session, (void)flags;
    /* Trailers (RFC 9110 section 6.5) say nothing that anybody here wants to know. */
    if (!s || f->hd.type != NGHTTP2_HEADERS || f->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    if (s->status) /* it goes on being decoded, for the table; a long one is a bomb */
        return h2_charge_field(h);
    int rc = h2_head_add(s->in, h->conn->loop->inputs.bytes, slice_of(name, name_len),
                         slice_of(value, value_len));
    s->status = rc == HTTP1_MORE ? 0 : (uint16_t)rc;
    return 0;
}

static bool ends(const nghttp2_frame *f)
{
    return (f->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

static void on_headers(struct h2 *h, const nghttp2_frame *f)
{
    struct h2_stream *s = stream_at(h, f->hd.stream_id);
    if (!s)
        return;
    s->whole = ends(f);
    if (f->headers.cat == NGHTTP2_HCAT_REQUEST)
        h2_stream_begin(s, !ends(f));
    else if (ends(f) && s->phase == H2_BODY)
        h2_stream_handle(s);
}

static void on_data(struct h2 *h, const nghttp2_frame *f)
{
    struct h2_stream *s = stream_at(h, f->hd.stream_id);
    if (!s || !ends(f))
        return;
    s->whole = true;
    if (s->phase == H2_BODY)
        h2_stream_handle(s);
}

/* An answer to the PING that went out with the first goodbye: whatever the viewer had sent before
 * it read that is here now. */
static void on_ping(struct h2 *h, const nghttp2_frame *f)
{
    if (h->leaving && f->hd.flags & NGHTTP2_FLAG_ACK)
        h2_finish(h);
}

/* RFC 9218 section 7.1: it may come before the request. What it leaves out has its default. */
static void on_update(struct h2 *h, const nghttp2_ext_priority_update *update)
{
    struct h2_wish wish = {.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .updated = true};
    struct h2_stream *s = stream_at(h, update->stream_id);
    field_priority((const char *)update->field_value, update->field_value_len, &wish.urgency,
                   &wish.incremental);
    if (s) {
        h2_stream_update(s, &wish);
    } else {
        h->early = wish;
        h->early_id = update->stream_id;
    }
}

/* Every frame, also one that nghttp2 throws away. */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *f, void *ctx)
{
    (void)session;
    return h2_charge(ctx, f);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *f, void *ctx)
{
    struct h2 *h = ctx;
    (void)session;
    switch (f->hd.type) {
    case NGHTTP2_HEADERS:
        on_headers(h, f);
        break;
    case NGHTTP2_DATA:
        on_data(h, f);
        break;
    case NGHTTP2_PING:
        on_ping(h, f);
        break;
    case NGHTTP2_RST_STREAM:
        tally_add(&h->conn->loop->tally.h2_resets, 1);
        break;
    case NGHTTP2_PRIORITY_UPDATE:
        on_update(h, f->ext.payload);
        break;
    default:
        break;
    }
    return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *f, void *ctx)
{
    bool reply = f->hd.type == NGHTTP2_HEADERS || f->hd.type == NGHTTP2_DATA;
    struct h2_stream *s = reply && ends(f) ? stream_at(ctx, f->hd.stream_id) : NULL;
    (void)session;
    if (s)
        h2_stream_sent(s);
    return 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *f, int error, void *ctx)
{
    struct h2 *h = ctx;
    (void)session, (void)f, (void)error;
    tally_add(&h->conn->loop->tally.bad_requests, 1);
    return h2_charge_wrong(h);
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                         size_t len, void *ctx)
{
    struct h2_stream *s = stream_at(ctx, id);
    (void)session, (void)flags;
    if (s)
        h2_stream_body(s, data, len);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *ctx)
{
    struct h2_stream *s = stream_at(ctx, id);
    (void)session, (void)error;
    if (s)
        h2_stream_free(s);
    return 0;
}

static ssize_t payload_max(nghttp2_session *session, uint8_t type, int32_t id,
                           int32_t session_window, int32_t stream_window, uint32_t max, void *ctx)
{
    (void)session, (void)type, (void)id, (void)session_window, (void)stream_window, (void)max,
        (void)ctx;
    return H2_PAYLOAD_MAX; /* nghttp2 lowers it to what may be sent */
}

static bool has_room(const struct h2_shared *sh)
{
    return sizeof sh->bytes - sh->len >=
           H2_FRAME_HEAD + (size_t)H2_PAYLOAD_MAX + (size_t)H2_CONTROL_MAX;
}

/* A blob's bytes stay where they are. Where they leave from memory, more frames follow; else they
 * end the batch, and leave as those of HTTP/1.1 do. */
static void add_range(struct h2_shared *sh, const struct outgoing *o, size_t length)
{
    const uint8_t *view =
        sh->in_memory && o->in_pieces ? blob_view(o->blob, (uint64_t)o->blob_at, length) : NULL;
    sh->blob_len += length;
    if (view) {
        pieces_add(&sh->pieces, sh->len - sh->cut, o->blob, view, length);
        sh->cut = sh->len;
    } else {
        sh->blob = blob_ref(o->blob);
        sh->blob_at = o->blob_at;
    }
}

static bool is_full(const struct h2_shared *sh)
{
    return sh->blob || pieces_are_full(&sh->pieces) || !has_room(sh);
}

static int send_data(nghttp2_session *session, nghttp2_frame *f, const uint8_t *head, size_t length,
                     nghttp2_data_source *source, void *ctx)
{
    struct h2_stream *s = source->ptr;
    struct h2 *h = ctx;
    struct h2_shared *sh = h->conn->loop->h2;
    (void)session, (void)f;
    assert(!is_full(sh) && length <= outgoing_left(&s->out));
    memcpy(sh->bytes + sh->len, head, H2_FRAME_HEAD);
    sh->len += H2_FRAME_HEAD;
    if (s->out.text_len > 0) {
        ssize_t n = outgoing_copy(&s->out, sh->bytes + sh->len, length);
        assert(n == (ssize_t)length); /* a reply has text or a blob, never both */
        sh->len += length;
    } else if (length > 0) {
        add_range(sh, &s->out, length);
    }
    h2_content_took(s, length);
    h2_earn(h, length);
    return is_full(sh) ? NGHTTP2_ERR_PAUSE : 0;
}

static void set_callbacks(nghttp2_session_callbacks *c)
{
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_sent);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_close);
    nghttp2_session_callbacks_set_data_source_read_length_callback(c, payload_max);
    nghttp2_session_callbacks_set_send_data_callback(c, send_data);
}

void *h2_room(struct http_loop *l, size_t *bytes)
{
    if (!l->h2 && h2_shared_new(&l->h2, set_callbacks) != 0)
        return NULL;
    *bytes = sizeof l->h2->bytes;
    return l->h2->bytes;
}

int h2_new(struct h2 **out, struct holder *conn, const struct in6_addr *peer)
{
    struct http_loop *l = conn->loop;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)l->inputs.bytes},
        {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, INFLATE_TABLE},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    size_t bytes;
    struct h2 *h = *out = calloc(1, sizeof *h);
    if (!h)
        return -ENOMEM;
    h->conn = conn;
    h->peer = *peer;
    ring_init(&h->streams);
    if (!h2_room(l, &bytes) || h2_shared_session(l->h2, h, &h->session) != 0 ||
        nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
                                sizeof settings / sizeof *settings) != 0) {
        h2_free(out);
        return -ENOMEM;
    }
    tally_add(&l->tally.h2_connections, 1);
    return 0;
}

static struct h2_stream *stream_beside(struct ring *at)
{
    return (struct h2_stream *)((char *)at - offsetof(struct h2_stream, sibling));
}

void h2_free(struct h2 **hp)
{
    struct h2 *h = *hp;
    *hp = NULL;
    if (!h)
        return;
    while (!ring_is_empty(&h->streams))
        h2_stream_free(stream_beside(h->streams.next));
    if (h->session)
        nghttp2_session_del(h->session);
    free(h);
}

int h2_receive(struct h2 *h, const void *bytes, size_t len)
{
    ssize_t n = nghttp2_session_mem_recv(h->session, bytes, len);
    if (n == NGHTTP2_ERR_FLOODED) /* more to acknowledge than it lets us */
        (void)h2_flooded(h);
    return n == (ssize_t)len ? 0 : -EPROTO;
}

int h2_gather(struct h2 *h, bool in_memory, struct outgoing *o)
{
    struct h2_shared *sh = h->conn->loop->h2;
    const uint8_t *data;
    ssize_t n = 1;
    assert(sh->pieces.count == 0);
    sh->len = sh->cut = sh->blob_len = 0;
    sh->blob = NULL;
    sh->in_memory = in_memory;
    while (n > 0 && !is_full(sh)) {
        n = nghttp2_session_mem_send(h->session, &data);
        if (n <= 0)
            break;
        if ((size_t)n > sizeof sh->bytes - sh->len) { /* none is: H2_CONTROL_MAX */
            n = -EMSGSIZE;
            break;
        }
        memcpy(sh->bytes + sh->len, data, (size_t)n);
        sh->len += (size_t)n;
    }
    *o = (struct outgoing){.head = sh->bytes,
                           .head_len = sh->len,
                           .blob = sh->blob,
                           .blob_at = sh->blob_at,
                           .blob_len = sh->blob_len};
    if (sh->pieces.count > 0) {
        pieces_end(&sh->pieces, sh->len - sh->cut);
        o->pieces = &sh->pieces;
    }
    return n < 0 ? -EPROTO : 0;
}

bool h2_is_over(const struct h2 *h)
{
    return !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
}

/* A reply that has no end would keep its connection for ever. */
static void begin_to_leave(struct h2 *h)
{
    h->leaving = true;
    h->left_us = h->conn->loop->now_us;
    for (struct ring *at = h->streams.next; at != &h->streams; at = at->next)
        h2_stream_hush(stream_beside(at));
}

void h2_leave(struct h2 *h)
{
    if (h->leaving)
        return;
    begin_to_leave(h);
    if (nghttp2_submit_shutdown_notice(h->session) != 0 ||
        nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL) != 0)
        h2_end(h);
}

void h2_finish(struct h2 *h)
{
    if (h->ending)
        return;
    begin_to_leave(h);
    h->ending = true;
    if (nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR,
                              NULL, 0) != 0)
        h2_end(h);
}

void h2_end(struct h2 *h)
{
    h->leaving = h->ending = true;
    /* without memory for a goodbye the connection's deadline ends it */
    (void)nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
}

void h2_drain(struct h2 *h)
{
    for (struct ring *at = h->streams.next, *next; at != &h->streams; at = next) {
        struct h2_stream *s = stream_beside(at);
        next = at->next;
        if (holder_must_go(&s->at))
            h2_stream_answer(&s->at, 503, NULL);
    }
    h2_leave(h);
}

uint32_t h2_stream_count(const struct h2 *h)
{
    return h->stream_count;
}

bool h2_is_leaving(const struct h2 *h)
{
    return h->leaving;
}

bool h2_is_ending(const struct h2 *h)
{
    return h->ending;
}

int64_t h2_leave_deadline(const struct h2 *h)
{
    return h->left_us + LEAVE_US;
}

bool h2_is_used(const struct h2 *h)
{
    return h->used;
}

struct holder *h2_find_held(const struct h2 *h, uint64_t generation)
{
    for (struct ring *at = h->streams.next; at != &h->streams; at = at->next) {
        struct h2_stream *s = stream_beside(at);
        if (s->at.held && s->at.held->generation == generation)
            return &s->at;
    }
    return NULL;
}
