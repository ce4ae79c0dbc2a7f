/* recvmsg(2) out of recvmmsg(2). */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/udp_batch.h"

#include "relay/base/clock.h"
#include "relay/base/sanitizer.h"

#ifdef UNDER_SANITIZER

void udp_batch_watch(int fd, int64_t nap_us)
{
    (void)fd;
    (void)nap_us;
}

#else

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    PACKETS = 64,
    PACKET_BYTES = 1536, /* over SRT's largest, 1500 without IP and UDP headers */
    IDLE_MS = 10,        /* libsrt's own SO_RCVTIMEO: its timers run in between */
};

static struct {
    atomic_int fd; /* -1: nobody's */
    int64_t nap_us, next_us;
    struct mmsghdr messages[PACKETS];
    struct iovec parts[PACKETS];
    struct sockaddr_in6 names[PACKETS]; /* holds an IPv4 one too */
    uint8_t bytes[PACKETS][PACKET_BYTES];
    int count, at;
} batch = {.fd = -1};

void udp_batch_watch(int fd, int64_t nap_us)
{
    batch.nap_us = nap_us;
    for (int i = 0; i < PACKETS; i++) {
        batch.parts[i] = (struct iovec){.iov_base = batch.bytes[i], .iov_len = PACKET_BYTES};
        batch.messages[i].msg_hdr.msg_iov = &batch.parts[i];
        batch.messages[i].msg_hdr.msg_iovlen = 1;
        batch.messages[i].msg_hdr.msg_name = &batch.names[i];
    }
    atomic_store(&batch.fd, fd);
}

static void sleep_until(int64_t us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

static int take_all(int fd)
{
    int n;

    for (int i = 0; i < PACKETS; i++)
        batch.messages[i].msg_hdr.msg_namelen = sizeof(batch.names[i]);
    do
        n = recvmmsg(fd, batch.messages, PACKETS, MSG_DONTWAIT, NULL);
    while (n < 0 && errno == EINTR);
    return n;
}

/* 0, or -1 with errno as recvmsg would have it. */
static int fill(int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int n;

    /* a full batch had more behind it */
    if (batch.count < PACKETS && clock_mono_us() < batch.next_us)
        sleep_until(batch.next_us);
    batch.count = batch.at = 0;
    n = take_all(fd);
    if (n < 0 && errno == EAGAIN) {
        n = poll(&readable, 1, IDLE_MS);
        if (n == 0)
            errno = EAGAIN;
        n = n > 0 ? take_all(fd) : -1;
    }
    if (n <= 0)
        return -1;
    batch.count = n;
    batch.next_us = clock_mono_us() + batch.nap_us;
    return 0;
}

/* Scatters the next packet over the caller's buffers, as the kernel does. */
static ssize_t give(struct msghdr *to)
{
    const struct mmsghdr *m = &batch.messages[batch.at];
    const uint8_t *from = batch.bytes[batch.at];
    size_t left = m->msg_len, given = 0;

    for (size_t i = 0; i < (size_t)to->msg_iovlen && left > 0; i++) {
        size_t n = left < to->msg_iov[i].iov_len ? left : to->msg_iov[i].iov_len;

        memcpy(to->msg_iov[i].iov_base, from + given, n);
        given += n;
        left -= n;
    }
    if (to->msg_name) {
        socklen_t room = to->msg_namelen, len = m->msg_hdr.msg_namelen;

        memcpy(to->msg_name, m->msg_hdr.msg_name, len < room ? len : room);
        to->msg_namelen = len;
    }
    to->msg_controllen = 0;
    to->msg_flags = m->msg_hdr.msg_flags | (left > 0 ? MSG_TRUNC : 0);
    batch.at++;
    return (ssize_t)given;
}

/* The program's own: the dynamic linker takes it before the C library's. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    if (fd < 0 || fd != atomic_load_explicit(&batch.fd, memory_order_relaxed) || flags != 0)
        return syscall(SYS_recvmsg, fd, message, flags);
    if (batch.at == batch.count && fill(fd))
        return -1;
    return give(message);
}

#endif
