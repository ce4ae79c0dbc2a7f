/* The first process: it owns the sockets and keeps the front and the workers alive. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the listening sockets, the processes. Thread: it has only one, so that fork is safe.
 * Life:   supervisor_run returns the exit code: 0 asked to stop, 1 could not start.
 *
 *   supervisor ── front ── HTTP threads
 *        ├─────── worker 0 ── libsrt's threads      A worker that dies is started again on the same
 *        └─────── worker 1 ── libsrt's threads      socket. A front that dies is followed by one to
 *                                                   whom the workers announce their feeds again.
 */
#ifndef RELAY_SUPERVISOR_H
#define RELAY_SUPERVISOR_H

#include "config/config.h"
#include "relay/activation.h"
#include "relay/inheritance.h"

#include <stddef.h>

/* config is its own from here on; the rest is kept, for reloads and upgrades. */
struct supervisor_options {
    struct config *config;
    const char *path;
    const struct config_override *set;
    size_t set_count;
    char *const *argv;
    const struct inheritance *inherited; /* role NONE: a new start */
    struct activation *activation;       /* sockets for a new start */
};

int supervisor_run(const struct supervisor_options *o);

#endif
