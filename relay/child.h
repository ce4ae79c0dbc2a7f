/* A child of the supervisor: its life, its pulse, and when it is started again. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the pulse's page. Thread: the supervisor's.
 * Life:   child_init once, then for each life: child_prepare, fork, child_born ... child_died;
 *         child_fini.
 * Fails:  child_init -errno.
 */
#ifndef RELAY_CHILD_H
#define RELAY_CHILD_H

#include "relay/base/pulse.h"
#include "relay/base/revival.h"
#include "relay/base/vigil.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { CHILD_FRONT = -1, CHILD_PICTURE = -2, CHILD_STORE = -3, CHILD_HOOKS = -4, CHILD_HOW = 48 };

struct child {
    pid_t pid; /* 0: not running */
    int index; /* of a worker, or CHILD_FRONT, CHILD_PICTURE ... */
    int64_t started_us, start_at_us;
    uint32_t generation;
    bool taken, stuck; /* we killed it: for a reason not its own; because it stood still */
    struct pulse *pulse;
    int pulse_fd;
    struct vigil vigil;
    struct revival revival;
};

__attribute__((warn_unused_result)) int child_init(struct child *c, int index);
/* One that another program started, which left pid (0: it is not running) and the page. Without
 * its page nobody could see that it lives: it is ended, and started anew. */
void child_resume(struct child *c, int index, int pulse_fd, pid_t pid);
void child_fini(struct child *c);
/* A new life is about to be forked. */
void child_prepare(struct child *c);
void child_born(struct child *c, pid_t pid, int64_t now_us);
/* Its wait status: says how it ended (not while quiet) and decides when the next life begins. */
void child_died(struct child *c, int status, bool quiet, int64_t now_us);
/* Ends it for a reason that is not its own. */
void child_take(struct child *c);
/* Every VIGIL_LOOK_US: kills it when its loop has stood still for stuck_us. */
void child_watch(struct child *c, int64_t stuck_us, int64_t now_us);
/* "signal 9 (Killed)", "exit 1". */
void child_how(int status, char out[static CHILD_HOW]);
/* If it was the sandbox that ended it: for which call. */
void child_say_denied(const struct child *c);

#endif
