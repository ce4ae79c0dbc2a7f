/* A connection that speaks HTTP/2: reads for it, sends its frames, ends with it. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/conn_h2.h"

#include "relay/base/clock.h"
#include "relay/web/conn_state.h"
#include "relay/web/h2.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum {
    US_PER_MS = 1000,
    /* Bytes that the kernel has and the network not yet: what is urgent waits for those. */
    UNSENT_MAX = 128 << 10,
    READ_BYTES = 16 << 10,
    TURN_US = 2000, /* what comes may cost more than its bytes: then it is others' turn */
};

int conn_preface(const struct input *in)
{
    size_t whole = sizeof H2_PREFACE - 1, here = in->len - in->start;
    if (memcmp(in->bytes + in->start, H2_PREFACE, here < whole ? here : whole) != 0)
        return -EPROTO;
    return here < whole ? -EAGAIN : 0;
}

/* From here on frames are the socket's language; bytes: what was read of them. */
static enum step begin(struct conn *c, const void *bytes, size_t len)
{
    const int unsent = UNSENT_MAX;
    struct input *in = c->in; /* c->h2 takes its place; bytes may be there */
    struct h2 *h;
    if (h2_new(&h, &c->at, &c->peer) != 0)
        return STEP_CLOSE;
    c->h2 = h;
    conn_set_phase(c, CONN_H2);
    /* fails where a test has no TCP: then only the socket's buffer is the limit */
    (void)setsockopt(event_get_fd(&c->ev), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    if (c->at.loop->draining)
        h2_leave(h);
    c->h2_failed = h2_receive(h, bytes, len) != 0;
    input_give(&c->at.loop->inputs, &in);
    return STEP_ON;
}

enum step conn_begin_h2(struct conn *c)
{
    struct input *in = c->in;
    size_t room;
    if (in) /* in clear text, where they were read to find out */
        return begin(c, in->bytes + in->start, in->len - in->start);
    if (!c->unread)
        return STEP_WAIT;
    void *bytes = h2_room(c->at.loop, &room);
    ssize_t n = bytes ? conn_read(c, bytes, room) : -1;
    if (n <= 0)
        return n < 0 ? STEP_CLOSE : c->unread ? STEP_YIELD : STEP_WAIT;
    return begin(c, bytes, (size_t)n);
}

static enum step read_frames(struct conn *c)
{
    size_t room;
    void *bytes = h2_room(c->at.loop, &room);
    ssize_t n = conn_read(c, bytes, room < READ_BYTES ? room : READ_BYTES);
    if (n < 0)
        return STEP_CLOSE;
    if (n > 0 && h2_receive(c->h2, bytes, (size_t)n) != 0)
        c->h2_failed = true;
    /* or TLS has read enough that was no data */
    if ((n == 0 && c->unread) || clock_mono_us() - c->at.loop->now_us > TURN_US)
        c->at.loop->turn_requests = 0;
    return STEP_ON;
}

/* What the connection's own deadline is about: frames that do not leave, or that nothing is asked
 * for. Streams have their own. */
static enum conn_watch wanted_watch(const struct conn *c)
{
    if (outgoing_left(&c->out) > 0)
        return CONN_WATCH_SEND;
    if (h2_is_leaving(c->h2) && !h2_is_ending(c->h2))
        return CONN_WATCH_LEAVE;
    if (h2_stream_count(c->h2) > 0)
        return CONN_WATCH_NONE;
    return h2_is_used(c->h2) ? CONN_WATCH_IDLE : CONN_WATCH_FRESH;
}

static void set_watch(struct conn *c)
{
    struct http_loop *l = c->at.loop;
    enum conn_watch about = wanted_watch(c);
    int64_t due_us = l->now_us;
    if (about == c->watch)
        return;
    c->watch = (uint8_t)about;
    switch (about) {
    case CONN_WATCH_FRESH: /* the deadline of the first head, since it came, stands */
        return;
    case CONN_WATCH_SEND:
        due_us = http_loop_send_deadline(l, outgoing_left(&c->out));
        break;
    case CONN_WATCH_IDLE:
        due_us += (int64_t)l->config->http.idle_timeout_ms * US_PER_MS;
        break;
    case CONN_WATCH_LEAVE:
        due_us = h2_leave_deadline(c->h2);
        break;
    default:
        deadline_clear(&l->wheel, &c->at.deadline);
        return;
    }
    deadline_set(&l->wheel, &c->at.deadline, due_us);
}

/* As conn_push, batch by batch: each is made when the one before it is gone, of what is most urgent
 * by then. */
static int send_frames(struct conn *c)
{
    for (;;) {
        int rc;
        if (outgoing_left(&c->out) == 0) {
            outgoing_fini(&c->out);
            c->watch = c->watch == CONN_WATCH_SEND ? CONN_WATCH_NEW : c->watch;
            if (c->blocked)
                return -EAGAIN;
            if (h2_gather(c->h2, !c->tls, &c->out) != 0)
                c->h2_failed = true;
            if (outgoing_left(&c->out) == 0)
                return 0;
        }
        rc = c->blocked ? -EAGAIN : conn_push(c);
        if ((rc == -EAGAIN || rc == -EBUSY) && outgoing_keep(&c->out) != 0)
            rc = -ENOMEM;
        if (rc != 0 && rc != -EAGAIN && rc != -EBUSY)
            outgoing_fini(&c->out);
        if (rc != 0)
            return rc;
    }
}

static enum step finish(struct conn *c)
{
    h2_free(&c->h2);
    c->in = NULL; /* it has its place again */
    outgoing_fini(&c->out);
    return conn_linger(c);
}

enum step conn_step_h2(struct conn *c)
{
    struct http_loop *l = c->at.loop;
    if (c->unread && !c->h2_failed && l->turn_requests > 0) {
        l->turn_requests--; /* and each request is one more */
        if (read_frames(c) == STEP_CLOSE)
            return STEP_CLOSE;
    }
    if (conn_is_old(c))
        h2_leave(c->h2);
    int rc = send_frames(c);
    if (rc != 0 && rc != -EAGAIN && rc != -EBUSY)
        return STEP_CLOSE;
    if (rc == 0 && (c->h2_failed || h2_is_over(c->h2)))
        return finish(c);
    set_watch(c);
    if (rc == -EBUSY)
        return STEP_YIELD;
    if (!c->unread || c->h2_failed)
        return STEP_WAIT;
    return l->turn_requests > 0 ? STEP_ON : STEP_YIELD;
}

bool conn_expire_h2(struct conn *c)
{
    struct tally *tally = &c->at.loop->tally;
    if (c->watch == CONN_WATCH_SEND) {
        tally_add(&tally->timeouts_send, 1);
        return false;
    }
    if (c->watch == CONN_WATCH_LEAVE && h2_stream_count(c->h2) > 0) {
        h2_finish(c->h2); /* whether it has read our goodbye or not: nothing more is taken */
        return true;
    }
    if (c->watch == CONN_WATCH_IDLE)
        tally_add(&tally->timeouts_idle, 1);
    else if (c->watch == CONN_WATCH_FRESH)
        tally_add(&tally->timeouts_head, 1);
    h2_end(c->h2);
    c->h2_failed = true; /* it ends whether it could say so or not */
    return true;
}
