/* The front process: the control thread's loop, rooms on one side, HTTP threads on the other. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   c, the HTTP sockets, control_fd. Thread: the process's main thread is the control thread.
 * Life:   front_run returns the exit code after LINK_STOP, or when the supervisor is gone.
 */
#ifndef RELAY_FRONT_H
#define RELAY_FRONT_H

#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

int front_run(struct config *c, const int *http_fds, size_t threads, uint32_t workers,
              int control_fd);

#endif
