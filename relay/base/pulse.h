/* A child's sign of life: a page that it shares with the supervisor, and what it writes there. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the page. Thread: pulse_beat and pulse_doing from the child's main thread, pulse_denied
 *         from a signal handler of any; the readers are the supervisor's.
 * Life:   pulse_new in the supervisor, pulse_adopt in the child; pulse_free.
 * Fails:  -errno. Without a page in this process (a test's) the writers do nothing.
 *
 * The supervisor believes nothing that it reads here: a broken child may have written it. Its worst
 * lie is that it lives.
 */
#ifndef RELAY_BASE_PULSE_H
#define RELAY_BASE_PULSE_H

#include <stdint.h>

enum { PULSE_TEXT = 96, PULSE_NOTHING_DENIED = -1 };

struct pulse;

/* A page of its own in a memfd: *fd (close-on-exec) outlives an exec when that flag is taken off,
 * and pulse_map brings the page back. */
__attribute__((warn_unused_result)) int pulse_new(struct pulse **out, int *fd);
__attribute__((warn_unused_result)) int pulse_map(struct pulse **out, int fd);
void pulse_free(struct pulse **p);
/* Before a new child: no beat, nothing denied. */
void pulse_reset(struct pulse *p);

/* In the child: this page is the process's own from here on. */
void pulse_adopt(struct pulse *p);
/* Once in each round of the loop; the first one says that the child came up. */
void pulse_beat(void);
/* What is begun now, and for which room (NULL: none): what a post mortem says it was doing. */
void pulse_doing(const char *what, const char *room);
/* The sandbox ended the process for this system call. Async-signal-safe. */
void pulse_denied(int call);

uint64_t pulse_beats(const struct pulse *p);
int pulse_denied_call(const struct pulse *p); /* or PULSE_NOTHING_DENIED */
/* "serving room/main", safe to be logged. */
void pulse_text(const struct pulse *p, char out[static PULSE_TEXT]);

#endif
