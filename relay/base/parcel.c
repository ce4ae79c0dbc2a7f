/* A kind, some bytes and at most one descriptor, from one process to the one that follows it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/parcel.h"

#include "relay/base/descriptors.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BEHIND_NS = 1000000 };

union room_for_one {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static void enclose(struct msghdr *h, union room_for_one *control, int fd)
{
    memset(control, 0, sizeof(*control));
    h->msg_control = control->bytes;
    h->msg_controllen = sizeof(control->bytes);
    struct cmsghdr *c = CMSG_FIRSTHDR(h);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

/* Too many descriptors on their way raise no event when they have arrived. */
static int wait_for_room(int end, int err, int *patience_ms)
{
    const struct timespec pause = {.tv_nsec = BEHIND_NS};
    struct pollfd p = {.fd = end, .events = POLLOUT};
    if (*patience_ms <= 0)
        return -ETIMEDOUT;
    *patience_ms -= 1;
    if (err == ETOOMANYREFS)
        nanosleep(&pause, NULL);
    else
        poll(&p, 1, 1);
    return 0;
}

int parcel_send(int end, uint32_t kind, const void *bytes, size_t len, int fd, int patience_ms)
{
    union {
        const void *in;
        void *out;
    } base = {.in = bytes}; /* sendmsg does not write through it */
    struct iovec iov[2] = {{.iov_base = &kind, .iov_len = sizeof(kind)},
                           {.iov_base = base.out, .iov_len = len}};
    struct msghdr h = {.msg_iov = iov, .msg_iovlen = 2};
    union room_for_one control;
    int rc = 0;
    if (len > PARCEL_BYTES)
        return -EMSGSIZE;
    if (fd >= 0)
        enclose(&h, &control, fd);
    while (!rc && sendmsg(end, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EAGAIN || errno == ETOOMANYREFS)
            rc = wait_for_room(end, errno, &patience_ms);
        else if (errno != EINTR)
            rc = -errno;
    }
    return rc;
}

int parcel_receive(int end, struct parcel *p, int patience_ms)
{
    struct pollfd ready = {.fd = end, .events = POLLIN};
    union room_for_one control;
    struct iovec iov[2] = {{.iov_base = &p->kind, .iov_len = sizeof(p->kind)},
                           {.iov_base = p->bytes, .iov_len = PARCEL_BYTES}};
    struct msghdr h = {.msg_iov = iov,
                       .msg_iovlen = 2,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof(control.bytes)};
    ssize_t n;
    p->fd = -1;
    if (patience_ms > 0)
        poll(&ready, 1, patience_ms);
    do
        n = recvmsg(end, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == ECONNRESET ? 0 : -errno;
    descriptors_take(&h, &p->fd, 1);
    if ((size_t)n < sizeof(p->kind) || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        if (p->fd >= 0)
            close(p->fd);
        p->fd = -1;
        return n == 0 ? 0 : -EPROTO;
    }
    p->len = (uint32_t)n - (uint32_t)sizeof(p->kind);
    return 1;
}
