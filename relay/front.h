/* The front process: the control thread's loop, rooms on one side, HTTP threads on the other. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   what its options name, from the call on. Thread: the process's main thread is the control
 *         thread. Life: front_run returns the exit code after LINK_STOP, when the supervisor is
 *         gone, or when another front has taken over.
 */
#ifndef RELAY_FRONT_H
#define RELAY_FRONT_H

#include "config/config.h"
#include "relay/journal_file.h"

#include <stddef.h>
#include <stdint.h>

struct front_options {
    struct config *config;
    const int *http;  /* listening sockets, one per thread */
    const int *https; /* the same for HTTPS; NULL or -1: none */
    size_t threads;
    uint32_t workers;
    int control; /* to the supervisor */
    struct journal_file *journal;
    int questions;             /* to the store: store_message.h; -1: there is none */
    int rooms;                 /* the newest list of stored rooms; -1: not known yet */
    int hook_ring, hook_seats; /* hooks/hook_ring.h, hook_seats.h; -1: none */
    int tickets;               /* web/tls_tickets.h; -1: none */
    int predecessor, report;   /* a front that this one follows, and whom to tell; -1: none */
};

int front_run(const struct front_options *o);

#endif
