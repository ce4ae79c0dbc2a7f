/* The store's process: writes what the API asks for, and says to everybody which rooms there are.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the database. Thread: its only one. Life: store_run.
 * Fails:  never by the disk's fault: a database that cannot be had is said in words, to the log and
 *         to who asks, and tried again every STORE_RETRY_US.
 *
 * What has come when a turn begins is one transaction and one list, however many requests it was.
 */
#ifndef RELAY_STORE_STORE_H
#define RELAY_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

enum { STORE_RETRY_US = 2000000, STORE_BATCH = 256 };

struct store_options {
    const char *path; /* absolute */
    int control;      /* to the supervisor: LINK_ROOMS there, LINK_STOP back */
    int questions;    /* the front's: store_message.h */
    int list;         /* the newest list of the store before this one; -1: none */
    bool sandbox;
};

/* Returns the exit code. */
int store_run(const struct store_options *o);

#endif
