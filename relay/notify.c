/* A socket for each sentence: nothing to inherit, nothing to close in a child. */
/* SPDX-License-Identifier: MIT */
#include "relay/notify.h"

#include "relay/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char socket_name[] = "NOTIFY_SOCKET", period[] = "WATCHDOG_USEC",
                  watched[] = "WATCHDOG_PID";

/* "/run/..." or "@..." (abstract: its first byte is 0, and it ends where the length says). */
static int take_address(struct notify *n, const char *name)
{
    size_t len = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof(n->name))
        return -EINVAL;
    if (name[0] == '/' && len >= sizeof(n->address.sun_path))
        return -EINVAL; /* its closing 0 would have no room */
    memcpy(n->name, name, len + 1);
    n->address.sun_family = AF_UNIX;
    memcpy(n->address.sun_path, name, len);
    if (name[0] == '@')
        n->address.sun_path[0] = '\0';
    n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
    return 0;
}

/* Another process may be meant: then its signs are not ours to give. */
static int64_t take_period(void)
{
    const char *text = getenv(period), *pid = getenv(watched);
    char *end;
    long long us;

    if (!text || (pid && strtoll(pid, NULL, 10) != (long long)getpid()))
        return 0;
    errno = 0;
    us = strtoll(text, &end, 10);
    return errno || *end || end == text || us < 2 ? 0 : us;
}

int notify_take(struct notify *n)
{
    const char *name = getenv(socket_name);
    int rc = 0;

    memset(n, 0, sizeof(*n));
    if (name && name[0]) {
        rc = take_address(n, name);
        if (rc)
            log_warn("supervisor", "no_manager NOTIFY_SOCKET=\"%s\" why=\"not /PATH or @NAME\"",
                     name);
        else
            n->watchdog_us = take_period();
    }
    unsetenv(socket_name);
    unsetenv(period);
    unsetenv(watched);
    return rc;
}

void notify_leave(const struct notify *n)
{
    char number[24];

    if (!n->len)
        return;
    setenv(socket_name, n->name, 1);
    if (!n->watchdog_us)
        return;
    snprintf(number, sizeof(number), "%" PRId64, n->watchdog_us);
    setenv(period, number, 1);
    snprintf(number, sizeof(number), "%d", (int)getpid());
    setenv(watched, number, 1);
}

int notify_send(const struct notify *n, const char *text)
{
    int fd, rc = 0;

    if (!n->len)
        return 0;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&n->address, n->len) <
        0)
        rc = -errno;
    close(fd);
    return rc;
}
