/* The service manager's datagram socket: what is said goes there, and who is watched must speak. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing that stays open. Thread: the supervisor's. Life: a value; notify_take once.
 * Fails:  -errno; -EAGAIN: its queue is full, try again. Without a manager everything is 0.
 * Source: sd_notify(3), sd_watchdog_enabled(3). The variables are taken out of the environment, so
 *         that no child speaks for the relay; notify_leave puts them back for an exec.
 */
#ifndef RELAY_NOTIFY_H
#define RELAY_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { NOTIFY_TEXT = 512 };

struct notify {
    struct sockaddr_un address;
    socklen_t len;       /* 0: nobody listens */
    int64_t watchdog_us; /* a sign at least as often; 0: none is asked for */
    char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1]; /* as it was written */
};

/* -EINVAL after a line in the log: NOTIFY_SOCKET is no socket of ours to find. */
int notify_take(struct notify *n);
void notify_leave(const struct notify *n);
/* text: "READY=1\nSTATUS=...", one assignment a line. */
int notify_send(const struct notify *n, const char *text);

#endif
