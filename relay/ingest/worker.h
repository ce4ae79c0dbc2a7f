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

#include <stdbool.h>
#include <stdint.h>

struct worker_options {
    uint32_t index, generation;
    struct config *config;
    int udp_fd, link_fd;
    bool has_store;
    int rooms; /* the newest list of stored rooms; -1: not known yet, or no store */
};

int worker_run(const struct worker_options *o);

#endif
