/* The first process: it owns the sockets and keeps the front and the workers alive. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the listening sockets, the processes. Thread: it has only one, so that fork is safe.
 * Life:   supervisor_run returns the exit code: 0 asked to stop, 1 could not start.
 *
 *   supervisor ── front ── HTTP threads
 *        ├─────── worker 0 ── libsrt's threads      A worker that dies is started again on the same
 *        └─────── worker 1 ── libsrt's threads      socket. The front that dies takes all with it.
 */
#ifndef RELAY_SUPERVISOR_H
#define RELAY_SUPERVISOR_H

#include "config/config.h"

#include <stddef.h>

/* c is its own from here on; path and set are kept for reloads. */
int supervisor_run(struct config *c, const char *path, const struct config_override *set,
                   size_t set_count);

#endif
