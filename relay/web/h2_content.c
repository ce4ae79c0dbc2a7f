/* What a stream still has to send: how it gets into frames, and how long the viewer may take. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2_state.h"
#include "relay/web/subscriber.h"

enum { US_PER_MS = 1000, MS_PER_S = 1000, BLOBS_WAITING_MAX = 16 << 20 };

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Nothing of the connection's content was taken for send_timeout: then all of it is given up. */
static int64_t still_us(const struct h2_stream *s)
{
    const struct http_loop *l = s->at.loop;
    return later(s->h2->moved_us, s->since_us) +
           (int64_t)l->config->http.send_timeout_ms * US_PER_MS;
}

static void arm(struct h2_stream *s)
{
    int64_t due_us = still_us(s);
    deadline_set(&s->at.loop->wheel, &s->at.deadline, due_us < s->due_us ? due_us : s->due_us);
}

static void begin_time(struct h2_stream *s)
{
    struct http_loop *l = s->at.loop;
    s->since_us = l->now_us;
    s->due_us = http_loop_send_deadline(l, outgoing_left(&s->out));
    s->end_us = s->due_us + (s->due_us - s->since_us);
    s->taken_then = s->h2->taken_bytes;
    arm(s);
}

void h2_content_begin(struct h2_stream *s)
{
    struct h2 *h = s->h2;
    if (h->waiting_bytes == 0)
        h->moved_us = s->at.loop->now_us;
    h->waiting_bytes += outgoing_left(&s->out);
    h->waiting_blob_bytes += s->out.blob_len;
    begin_time(s);
}

bool h2_content_fits(const struct h2 *h, const struct outgoing *o)
{
    return h->waiting_blob_bytes == 0 || o->blob_len == 0 ||
           h->waiting_blob_bytes + o->blob_len <= BLOBS_WAITING_MAX;
}

void h2_content_drop(struct h2_stream *s)
{
    s->h2->waiting_bytes -= outgoing_left(&s->out);
    s->h2->waiting_blob_bytes -= s->out.blob_len;
    outgoing_fini(&s->out);
}

/* A reply has the time of one over HTTP/1.1, and as much once more if its connection took at least
 * min_rate of it and the others, which may be before it. No longer: others' bytes must not buy it
 * time for ever, in which it keeps what no room has any more. */
bool h2_content_is_late(struct h2_stream *s)
{
    const struct http_loop *l = s->at.loop;
    uint64_t ms = (uint64_t)(l->now_us - s->since_us) / US_PER_MS;
    uint64_t fair = ms * l->config->http.min_rate_bytes / MS_PER_S + 1;
    if (l->now_us >= still_us(s))
        return true;
    if (l->now_us < s->due_us) {
        arm(s);
        return false;
    }
    if (s->due_us == s->end_us || s->h2->taken_bytes - s->taken_then < fair)
        return true;
    s->due_us = s->end_us;
    arm(s);
    return false;
}

void h2_content_took(struct h2_stream *s, size_t len)
{
    struct h2 *h = s->h2;
    size_t blob_len = s->out.blob_len;
    outgoing_took(&s->out, len);
    h->waiting_bytes -= len;
    h->waiting_blob_bytes -= blob_len - s->out.blob_len;
    h->taken_bytes += len;
    if (s->out.audience)
        audience_sent(s->out.audience, s->at.loop->thread, len);
    if (len > 0)
        h->moved_us = s->at.loop->now_us;
    if (s->at.subscriber && outgoing_left(&s->out) == 0)
        deadline_clear(&s->at.loop->wheel, &s->at.deadline);
}

static bool take_news(struct h2_stream *s)
{
    if (!subscriber_take(&s->at, &s->out))
        return false;
    h2_content_begin(s); /* the subscriber's queue bounds it */
    return true;
}

static ssize_t read_content(nghttp2_session *session, int32_t id, uint8_t *buf, size_t length,
                            uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct h2_stream *s = source->ptr;
    (void)session, (void)id, (void)buf, (void)ctx;
    if (s->at.subscriber && outgoing_left(&s->out) == 0 && !take_news(s))
        return NGHTTP2_ERR_DEFERRED; /* until h2_stream_tell */
    uint64_t left = outgoing_left(&s->out);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left <= length && !s->at.subscriber)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)(left < length ? left : length);
}

nghttp2_data_provider h2_content(struct h2_stream *s)
{
    return (nghttp2_data_provider){{.ptr = s}, read_content};
}

void h2_content_refill(struct h2_stream *s)
{
    if (s->at.subscriber && outgoing_left(&s->out) == 0)
        (void)take_news(s);
    /* even for an end nghttp2 waits until the window is open */
    if (!s->at.subscriber)
        begin_time(s);
    /* an error says that it is not deferred: it is asked anyway, when its content is in frames */
    (void)nghttp2_session_resume_data(s->h2->session, s->id);
    holder_queue(s->h2->conn);
}
