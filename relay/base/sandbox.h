/* What a child gives up for good, so that a hole in it is no hole in the machine. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the main thread; see below. Life: from the call to the process's end.
 * Fails:  what the kernel does not have is left out, and the log says what is in force.
 *
 *   sandbox_prepare   before any thread: no new privileges, no capabilities (but the one that the
 *                     UDP buffer needs), Landlock: no file can be opened any more
 *   sandbox_enter     when the sockets stand: seccomp on all threads, the last capability
 *
 * A system call that is not listed ends the process: it notes which one it was (pulse_denied) and
 * dies of SIGSYS.
 */
#ifndef RELAY_BASE_SANDBOX_H
#define RELAY_BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum sandbox_kind {
    SANDBOX_WORKER,
    SANDBOX_FRONT,
    SANDBOX_PICTURE,
    SANDBOX_STORE,
    SANDBOX_HOOKS,
};

struct landlock_left;

/* on: isolation.sandbox. Off, nothing is done, and the log says so. */
void sandbox_prepare(bool on);
/* The same, but files in that folder may be opened, made and removed; NULL: none. */
void sandbox_prepare_in(bool on, const char *folder);
/* The same, but what is left (landlock.h). */
void sandbox_prepare_but(bool on, const struct landlock_left *left);
void sandbox_enter(enum sandbox_kind kind, const char *log_name);
/* "openat" for a number of this machine's. */
void sandbox_call_name(int call, char *out, size_t size);

#endif
