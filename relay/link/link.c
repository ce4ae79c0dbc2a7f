/* Fixed-size messages with at most one descriptor over SOCK_SEQPACKET. */
/* SPDX-License-Identifier: MIT */
#include "relay/link/link.h"

#include "relay/base/descriptors.h"
#include "relay/link/message_check.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINK_BUFFER_BYTES = 4 << 20, /* some thousand messages */
    LINK_QUEUE_MAX = 16384,      /* a front this far behind is dead */
    LINK_MEANING = 1,            /* to be raised when a message means something else than before */
    LINK_TYPES_MAX = 64,
};

#define BODY_END(member)                                                                           \
    (offsetof(struct link_message, u.member) + sizeof(((struct link_message *)0)->u.member))

/* How many bytes of the union a type uses; 0 for a number that is no type. */
static size_t message_bytes(uint32_t type)
{
    switch ((enum link_type)type) {
    case LINK_FEED_OPEN:
        return BODY_END(open);
    case LINK_TRACK: /* the record itself is in the init segment */
        return offsetof(struct link_message, u.track.params.config);
    case LINK_PART:
        return BODY_END(part);
    case LINK_SEGMENT:
        return BODY_END(segment);
    case LINK_EVENT:
        return BODY_END(event);
    case LINK_CAPTIONS:
        return BODY_END(captions);
    case LINK_PROGRAM:
        return BODY_END(program);
    case LINK_FEED_SIGNS:
        return BODY_END(signs);
    case LINK_FEED_REST:
        return BODY_END(rest);
    case LINK_FEED_MARK:
        return BODY_END(mark);
    case LINK_FEED_STATS:
        return BODY_END(vitals);
    case LINK_FEED_CLOSED:
        return BODY_END(closed);
    case LINK_WORKER_STATS:
        return BODY_END(worker_stats);
    case LINK_FEED_GO:
        return BODY_END(go);
    case LINK_FEED_STOP:
        return BODY_END(stop);
    case LINK_ROOM_STATE:
        return BODY_END(room);
    case LINK_FILL:
        return BODY_END(fill);
    case LINK_SLATE:
        return BODY_END(slate);
    case LINK_WORKER_READY:
    case LINK_FEED_RESTED:
    case LINK_FEED_COMPARE:
    case LINK_CONFIG:
    case LINK_STOP:
    case LINK_WORKER_SPAWNED:
    case LINK_WORKER_KEPT:
    case LINK_AGAIN:
    case LINK_RETIRE:
    case LINK_HAND_OVER:
    case LINK_CERTIFICATE:
    case LINK_ROOMS:
    case LINK_ROOMS_TAKEN:
    case LINK_PICTURES:
        return offsetof(struct link_message, u);
    }
    return 0;
}

uint64_t link_version(void)
{
    uint64_t h = LINK_MEANING * UINT64_C(0x100000001b3) + sizeof(struct link_message);

    for (uint32_t type = 1; type < LINK_TYPES_MAX; type++)
        h = (h ^ message_bytes(type)) * UINT64_C(0x100000001b3);
    return h;
}

int link_pair(int ends[2])
{
    int bytes = LINK_BUFFER_BYTES;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
        return -errno;
    for (int i = 0; i < 2; i++) /* FORCE needs CAP_NET_ADMIN; without it the plain one is capped */
        if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
            setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    return 0;
}

int link_send(int end, const struct link_message *m, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    union {
        const struct link_message *in;
        void *out;
    } base = {.in = m}; /* sendmsg does not write through iov_base, but its type says it could */
    struct iovec iov = {.iov_base = base.out, .iov_len = message_bytes(m->type)};
    struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
    struct cmsghdr *c;

    assert(iov.iov_len > 0);
    if (fd >= 0) {
        h.msg_control = control.bytes;
        h.msg_controllen = sizeof(control.bytes);
        c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    while (sendmsg(end, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR)
            continue;
        if (errno == ETOOMANYREFS) /* descriptors in flight: the other end is behind */
            return -EAGAIN;
        return errno == ECONNRESET ? -EPIPE : -errno;
    }
    return 0;
}

int link_receive(int end, struct link_message *m, int *fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = m, .iov_len = sizeof(*m)};
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof(control.bytes)};
    bool reset = false;
    ssize_t n = 0;

    *fd = -1;
    /* An end that is closed with something unread resets the other one, and Linux says so before it
     * gives out what was sent before: the last segments of a worker that leaves. */
    do {
        reset = reset || (n < 0 && errno == ECONNRESET);
        n = recvmsg(end, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !reset)));
    if (n < 0)
        return errno == ECONNRESET ? 0 : -errno;
    descriptors_take(&h, fd, 1);
    if (n == 0) { /* the end; or an empty message, and that may bring a descriptor */
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
        return 0;
    }
    /* MSG_CTRUNC: no descriptor was free here; the message counts without its own */
    if ((size_t)n < offsetof(struct link_message, u) || (size_t)n != message_bytes(m->type) ||
        (h.msg_flags & MSG_TRUNC)) {
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
        return -EPROTO;
    }
    memset((char *)m + n, 0, sizeof(*m) - (size_t)n);
    if (!message_is_sound(m)) {
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
        return -EPROTO;
    }
    return 1;
}

struct waiting {
    struct waiting *next;
    int fd;
    struct link_message m;
};

struct link_outbox {
    int end;
    struct waiting *first, **last;
    size_t queued;
};

int link_outbox_new(struct link_outbox **out, int end)
{
    struct link_outbox *o = calloc(1, sizeof(*o));

    *out = o;
    if (!o)
        return -ENOMEM;
    o->end = end;
    o->last = &o->first;
    return 0;
}

static void drop_first(struct link_outbox *o)
{
    struct waiting *w = o->first;

    o->first = w->next;
    if (!o->first)
        o->last = &o->first;
    o->queued--;
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

void link_outbox_free(struct link_outbox **o)
{
    if (!*o)
        return;
    while ((*o)->first)
        drop_first(*o);
    free(*o);
    *o = NULL;
}

int link_outbox_flush(struct link_outbox *o)
{
    int rc;

    while (o->first) {
        rc = link_send(o->end, &o->first->m, o->first->fd);
        if (rc == -EAGAIN)
            return 0;
        if (rc)
            return -EPIPE;
        drop_first(o);
    }
    return 0;
}

static int enqueue(struct link_outbox *o, const struct link_message *m, int fd)
{
    struct waiting *w;

    if (o->queued >= LINK_QUEUE_MAX)
        return -ENOBUFS;
    w = malloc(sizeof(*w));
    if (!w)
        return -ENOBUFS;
    memcpy(&w->m, m, message_bytes(m->type));
    w->fd = fd;
    w->next = NULL;
    *o->last = w;
    o->last = &w->next;
    o->queued++;
    return 0;
}

int link_outbox_send(struct link_outbox *o, const struct link_message *m, int fd)
{
    int rc = o->first ? -EAGAIN : link_send(o->end, m, fd);

    if (rc == -EAGAIN) {
        rc = enqueue(o, m, fd);
        if (rc == 0)
            return 0;
    }
    if (fd >= 0)
        close(fd);
    return rc == 0 || rc == -ENOBUFS ? rc : -EPIPE;
}

size_t link_outbox_queued(const struct link_outbox *o)
{
    return o->queued;
}
