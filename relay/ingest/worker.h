/* An ingest worker: a process with one loop that drains every publisher on a tick. */
/* SPDX-License-Identifier: MIT */
/*
 * Thread: the process's only own thread (libsrt adds its own).
 * Life:   worker_run returns the exit code when the front's end of the link closes or says
 *         LINK_STOP. It owns c, udp_fd and link_fd.
 */
#ifndef RELAY_INGEST_WORKER_H
#define RELAY_INGEST_WORKER_H

#include "config/config.h"

#include <stdint.h>

int worker_run(uint32_t index, uint32_t generation, struct config *c, int udp_fd, int link_fd);

#endif
