/* SO_REUSEPORT groups: one kernel queue per worker and per HTTP thread. */
/* SPDX-License-Identifier: MIT */
#include "relay/sockets.h"

#include "config/address.h"
#include "relay/base/log.h"
#include "relay/ingest/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, RETRIES = 30, RETRY_NS = 50000000, STALE_MOST = 1 << 20 };

union address {
    struct sockaddr_storage storage;
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static uint16_t port_of(const union address *a)
{
    return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

static void set_port(union address *a, uint16_t port)
{
    if (a->any.sa_family == AF_INET6)
        a->v6.sin6_port = htons(port);
    else
        a->v4.sin_port = htons(port);
}

/* A bound socket; shared: others of ours may bind the same port. The UDP ones block: libsrt's
 * receive thread waits in recvmsg with a timeout, and would spin on a core where that returns at
 * once. */
static int open_bound(const union address *a, socklen_t len, int type, bool shared)
{
    int blocking = type == SOCK_STREAM ? SOCK_NONBLOCK : 0, on = 1, off = 0, rc;
    int fd = socket(a->any.sa_family, type | SOCK_CLOEXEC | blocking, 0);

    if (fd < 0)
        return -errno;
    rc = a->any.sa_family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off))
                                      : 0;
    if (!rc && type == SOCK_STREAM)
        rc = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (!rc && shared)
        rc = setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (!rc && type == SOCK_DGRAM) {
        rc = guard_attach(fd);
        if (rc)
            errno = -rc;
    }
    if (rc || bind(fd, &a->any, len)) {
        rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

static int say(const char *what, const char *listen, int rc)
{
    log_error("supervisor", "cannot_listen on=%s %s why=\"%s\"%s", listen, what, strerror(-rc),
              rc == -EADDRINUSE ? ": stop what uses it, or choose another port" : "");
    return rc;
}

/* SO_REUSEPORT would silently share the port with another relay of the same user, so the port is
 * first tried alone. */
static int find_port(union address *a, socklen_t len, int type)
{
    socklen_t bound = sizeof(a->storage);
    int fd = open_bound(a, len, type, false), rc = 0;

    /* After a kill -9 the kernel may still be taking a relay's processes apart. */
    for (int i = 0; i < RETRIES && fd == -EADDRINUSE; i++) {
        nanosleep(&(struct timespec){.tv_nsec = RETRY_NS}, NULL);
        fd = open_bound(a, len, type, false);
    }
    if (fd < 0)
        return fd;
    if (getsockname(fd, &a->any, &bound))
        rc = -errno;
    close(fd);
    return rc;
}

/* Any more of the group; the address has its port. */
static int open_more(const union address *a, socklen_t len, int type)
{
    int fd = open_bound(a, len, type, true), rc;

    if (fd < 0 || type != SOCK_STREAM || listen(fd, BACKLOG) == 0)
        return fd;
    rc = -errno;
    close(fd);
    return rc;
}

/* Datagrams that came before the filter was there have not been looked at. */
static int guard_passed(int fd)
{
    char nothing[1];
    int rc = guard_attach(fd);

    for (int i = 0; i < STALE_MOST && !rc; i++)
        if (recv(fd, nothing, sizeof(nothing), MSG_DONTWAIT) < 0)
            break;
    return rc;
}

/* As if we had opened it. */
static int adopt(int fd, int type)
{
    int flags = fcntl(fd, F_GETFL), stream = type == SOCK_STREAM;

    if (flags < 0 || fcntl(fd, F_SETFL, stream ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) ||
        (stream && listen(fd, BACKLOG)))
        return -errno;
    return stream ? 0 : guard_passed(fd);
}

/* The passed ones first, then such as join them (same user, SO_REUSEPORT), then, of TCP, the same
 * ones again: each thread accepts from its own descriptor. */
static int take_passed(const struct activation_group *p, int type, size_t *count, int *fds,
                       union address *a)
{
    socklen_t len = sizeof(a->storage);
    size_t n = p->count;
    int rc = getsockname(p->fd[0], &a->any, &len) ? -errno : 0;

    for (size_t i = 0; i < n && !rc; i++)
        rc = adopt(fds[i] = p->fd[i], type);
    for (bool joins = true; n < *count && !rc && joins;) {
        fds[n] = open_more(a, len, type);
        joins = fds[n] >= 0;
        n += joins;
    }
    for (; n < *count && !rc && type == SOCK_STREAM; n++) {
        fds[n] = fcntl(p->fd[n % p->count], F_DUPFD_CLOEXEC, 0);
        rc = fds[n] < 0 ? -errno : 0;
    }
    if (!rc && n < *count)
        log_warn(
            "supervisor",
            "workers=%zu wanted=%zu why=\"the sockets that were passed belong to another user, "
            "or lack ReusePort=yes\" what=\"write ListenDatagram= once for each worker\"",
            n, *count);
    *count = n;
    return rc;
}

static int open_group(const char *what, const char *address, int type,
                      const struct activation_group *passed, size_t *count, int *fds,
                      uint16_t *port)
{
    union address a;
    socklen_t len;
    int rc = address_parse(address, strlen(address), &a.storage, &len);

    if (!rc && passed->count)
        rc = take_passed(passed, type, count, fds, &a);
    else if (!rc)
        rc = find_port(&a, len, type);
    *port = rc ? 0 : port_of(&a);
    set_port(&a, *port);
    for (size_t i = 0; i < *count && !rc && !passed->count; i++) {
        fds[i] = open_more(&a, len, type);
        rc = fds[i] < 0 ? fds[i] : 0;
    }
    return rc ? say(what, address, rc) : 0;
}

int sockets_open_srt(const char *address, const struct activation_group *passed, size_t *count,
                     int *fds, uint16_t *port)
{
    return open_group("(SRT, UDP)", address, SOCK_DGRAM, passed, count, fds, port);
}

int sockets_open_http(const char *address, const struct activation_group *passed, size_t count,
                      int *fds, uint16_t *port)
{
    return open_group("(HTTP, TCP)", address, SOCK_STREAM, passed, &count, fds, port);
}

int sockets_open_https(const char *address, const struct activation_group *passed, size_t count,
                       int *fds, uint16_t *port)
{
    return open_group("(HTTPS, TCP)", address, SOCK_STREAM, passed, &count, fds, port);
}
