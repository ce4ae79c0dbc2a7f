/* Non-blocking writes to fd 2 that leave fd 2 itself as it is. */
/* SPDX-License-Identifier: MIT */
/*
 * O_NONBLOCK belongs to the open file description, which fd 2 shares with the shell, the service
 * manager and every worker: set there, it would make their writes fail. So:
 *   pipe, terminal   opened once more through /proc: a description of our own, non-blocking
 *   socket           (journald's) send with MSG_DONTWAIT, which concerns one call only
 *   file             plain write: it has no reader to wait for, and our own description would
 *                    have an offset of its own
 *   no /proc, or a pipe that belongs to another user: poll, then write. Several writers may then
 *                    pass the poll for one free page, and all but the first may wait.
 * A line is shorter than PIPE_BUF, so a pipe takes it whole or not at all (POSIX write()).
 */
#include "relay/base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number never changes once it is set, only what it refers to: a thread that still uses it
 * writes to the old place or the new one, never to somebody else's descriptor. */
static _Atomic int own_fd = -1;
static _Atomic uint64_t own_file; /* which file own_fd was made for, or failed to be made for */
static _Atomic bool own_usable;

static uint64_t file_id(const struct stat *st)
{
    return (uint64_t)st->st_dev * UINT64_C(0x9e3779b97f4a7c15) + st->st_ino;
}

static void sink_reopen(uint64_t file)
{
    int fresh = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fresh >= 0) {
        int none = -1;
        if (!atomic_compare_exchange_strong(&own_fd, &none, fresh)) {
            dup3(fresh, own_fd, O_CLOEXEC);
            close(fresh);
        }
    }
    own_usable = fresh >= 0;
    own_file = file;
}

/* A private non-blocking descriptor of the pipe or terminal on fd 2, or -1. */
static int sink_private(const struct stat *st)
{
    uint64_t file = file_id(st);
    if (own_file != file)
        sink_reopen(file);
    return own_usable ? own_fd : -1;
}

static bool is_stream(const struct stat *st)
{
    return S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode);
}

void log_sink_open(void)
{
    struct stat st;
    if (fstat(STDERR_FILENO, &st) == 0 && is_stream(&st))
        sink_private(&st);
}

static ssize_t sink_try(const struct stat *st, const char *line, size_t len)
{
    if (S_ISSOCK(st->st_mode))
        return send(STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!is_stream(st))
        return write(STDERR_FILENO, line, len);
    int fd = sink_private(st);
    if (fd >= 0)
        return write(fd, line, len);
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
        return write(STDERR_FILENO, line, len);
    errno = EAGAIN;
    return -1;
}

int log_sink_write(const char *line, size_t len)
{
    struct stat st;
    if (fstat(STDERR_FILENO, &st) != 0)
        return -errno;
    ssize_t n;
    do
        n = sink_try(&st, line, len);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}
