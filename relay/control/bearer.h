/* Who may do what: bearer tokens and their roles, and how often one may guess. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: RFC 6750.
 * Owns:   a table of BEARER_GUESSERS addresses that guessed wrong of late. Thread: control.
 * Life:   zeroed memory. Fails: with a status and its sentence.
 *
 * With no token configured this machine may look, and nobody may do anything; with one, everybody
 * needs one. Tokens are never sent by a browser on its own, so that no page of another site can
 * borrow them. After BEARER_GUESSES wrong ones in a minute further wrong ones of that address are
 * told to wait; a right one never is, because many may have one address, behind a proxy. When the
 * table is full, whoever guessed longest ago is forgotten.
 */
#ifndef RELAY_CONTROL_BEARER_H
#define RELAY_CONTROL_BEARER_H

#include "relay/control/source.h"

#include <stdbool.h>
#include <stdint.h>

enum { BEARER_GUESSERS = 256, BEARER_GUESSES = 10, BEARER_MINUTE_US = 60000000 };

/* An agency's people see and touch its own rooms only. */
enum bearer_role {
    BEARER_NOBODY,
    BEARER_AGENCY_READER,
    BEARER_READER,
    BEARER_AGENCY,
    BEARER_ORGANIZER,
};

struct bearers {
    struct bearer_guesser {
        char net[48]; /* an IPv4 address, or an IPv6 network of 64 bit */
        unsigned guesses;
        int64_t since_us;
    } guessers[BEARER_GUESSERS];
};

struct bearer_verdict {
    enum bearer_role role;
    const struct config_agency *agency; /* whose people they are; NULL: the organizer's */
    int status;                         /* 0: let in */
    const char *detail;                 /* the sentence of a refusal */
    const char *extra;                  /* its header lines */
};

/* Is any token configured? */
bool bearer_is_needed(const struct config *c);
/* Do both let in the same, to the same rooms? */
bool bearer_is_same(const struct config *a, const struct config *b);
const char *bearer_role_word(enum bearer_role role); /* "organizer" */
bool bearer_may_act(enum bearer_role role);
/* Why somebody who was let in may still not act. */
const char *bearer_only_looks(const struct config *c);
/* What is refused without looking any token up, on any thread; needed: as bearer_is_needed says.
 * status 0: ask bearer_judge. */
struct bearer_verdict bearer_glance(bool needed, bool has_bearer, bool local, bool acts);
struct bearer_verdict bearer_judge(struct bearers *a, const struct config *c, const struct asked *q,
                                   int64_t now_us);

#endif
