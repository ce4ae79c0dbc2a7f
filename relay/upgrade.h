/* Another binary takes over from this one: sockets, workers, rooms and viewers go on. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the new front until it has taken over. Thread: the supervisor's. Life: upgrade_begin,
 *         upgrade_step until it is over. Fails: then everything is as it was, and the log says why.
 *
 * Nothing of the old is let go before the new one has it:
 *   idle -> starting: the new program runs as a front beside ours, reads the configuration, makes
 *                     its server, and says which link and which handover it speaks
 *        -> handing:  our front was told; it stops, and gives rooms, links and viewers to the other
 *        -> taken:    the new front serves; the supervisor execs the new program in its own place,
 *                     same pid, same children
 * Where the two programs' links differ, the workers are replaced: their publishers connect again,
 * and viewers get a discontinuity. Where their handovers differ, rooms begin anew with numbers that
 * go on.
 */
#ifndef RELAY_UPGRADE_H
#define RELAY_UPGRADE_H

#include "relay/inheritance.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum upgrade_state { UPGRADE_IDLE, UPGRADE_STARTING, UPGRADE_HANDING, UPGRADE_TAKEN };

/* What LINK_HAND_OVER asks for, in its `feed`. Viewers are always handed over. */
enum { HANDOVER_WITH_ROOMS = 1, HANDOVER_WITH_LINKS = 2 };

struct upgrade {
    enum upgrade_state state;
    pid_t pid;      /* of the new front */
    int control;    /* to it */
    int handover;   /* for our front */
    int report;     /* readable when it says something */
    bool same_link; /* workers may live on */
    int64_t deadline_us;
    char said[128];
};

void upgrade_init(struct upgrade *u);
/* While idle. plan: sockets and journal. program: the path; argv: as this one was started. */
void upgrade_begin(struct upgrade *u, const struct inheritance *plan, const char *program,
                   char *const *argv, int64_t now_us);
/* Goes on as far as it can; front_control: to our front. The state afterwards. */
enum upgrade_state upgrade_step(struct upgrade *u, int front_control, int64_t now_us);
/* A child is gone: was it the new front? Then the upgrade is over. */
bool upgrade_lost(struct upgrade *u, pid_t pid, const char *how);
/* This process becomes the new program; returns only when that failed. */
void upgrade_exec(const struct inheritance *all, const char *program, char *const *argv);
/* Asks the relay of that pid to upgrade, and waits for what comes of it: an exit code. */
int upgrade_ask(pid_t pid);

#endif
