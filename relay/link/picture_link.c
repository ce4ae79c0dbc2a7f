/* Two fixed-size messages with descriptors over SOCK_SEQPACKET. */
/* SPDX-License-Identifier: MIT */
#include "relay/link/picture_link.h"

#include "relay/base/descriptors.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union descriptors {
    char bytes[CMSG_SPACE(PICTURE_ASK_FDS * sizeof(int))];
    struct cmsghdr align;
};

bool picture_ask_is_sound(const struct picture_ask *a)
{
    return a->init_bytes > 0 && a->init_bytes <= PICTURE_INIT_MAX && a->bytes > 0 &&
           a->bytes <= PICTURE_KEYFRAME_MAX && memchr(a->room, '\0', sizeof(a->room)) != NULL;
}

bool picture_answer_is_sound(const struct picture_answer *a, bool fd)
{
    if (a->result != PICTURE_MADE)
        return a->result < PICTURE_RESULTS && !fd;
    return fd && a->bytes > 0 && a->bytes <= PICTURE_BYTES_MAX && a->width > 0 &&
           a->width <= PICTURE_WIDTH_MAX && a->height > 0 && a->height <= PICTURE_HEIGHT_MAX;
}

static int send_all(int end, const void *bytes, size_t len, const int *fds, size_t count)
{
    union {
        const void *in;
        void *out;
    } base = {.in = bytes}; /* sendmsg does not write through iov_base */
    union descriptors control = {.bytes = {0}};
    struct iovec iov = {.iov_base = base.out, .iov_len = len};
    struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};

    if (count > 0) {
        h.msg_control = control.bytes;
        h.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    while (sendmsg(end, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR)
            continue;
        if (errno == ETOOMANYREFS)
            return -EAGAIN;
        return errno == ECONNRESET ? -EPIPE : -errno;
    }
    return 0;
}

static void close_all(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

/* 1 with *came descriptors; what is not of that length is -EPROTO, and brings none. */
static int receive_all(int end, void *bytes, size_t len, int *fds, size_t count, size_t *came)
{
    union descriptors control;
    struct iovec iov = {.iov_base = bytes, .iov_len = len};
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof(control.bytes)};
    ssize_t n;

    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    do
        n = recvmsg(end, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == ECONNRESET ? 0 : -errno;
    *came = descriptors_take(&h, fds, count);
    if (n == 0) { /* the end; or an empty message, and that may bring descriptors */
        close_all(fds, count);
        return 0;
    }
    if ((size_t)n == len && !(h.msg_flags & MSG_TRUNC))
        return 1;
    close_all(fds, count);
    return -EPROTO;
}

int picture_ask_send(int end, const struct picture_ask *a, const int fds[PICTURE_ASK_FDS])
{
    return send_all(end, a, sizeof(*a), fds, PICTURE_ASK_FDS);
}

int picture_answer_send(int end, const struct picture_answer *a, int fd)
{
    return send_all(end, a, sizeof(*a), &fd, fd >= 0 ? 1 : 0);
}

int picture_ask_receive(int end, struct picture_ask *a, int fds[PICTURE_ASK_FDS])
{
    size_t came = 0;
    int rc = receive_all(end, a, sizeof(*a), fds, PICTURE_ASK_FDS, &came);

    if (rc == 1 && (came != PICTURE_ASK_FDS || !picture_ask_is_sound(a))) {
        close_all(fds, PICTURE_ASK_FDS);
        return -EPROTO;
    }
    return rc;
}

int picture_answer_receive(int end, struct picture_answer *a, int *fd)
{
    size_t came = 0;
    int rc = receive_all(end, a, sizeof(*a), fd, 1, &came);

    if (rc == 1 && !picture_answer_is_sound(a, came > 0)) {
        close_all(fd, 1);
        return -EPROTO;
    }
    return rc;
}
