/* Who may do what: bearer tokens and their roles, and how often one may guess. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a table of BEARER_GUESSERS addresses that guessed wrong of late. Thread: control.
 * Life:   zeroed memory. Fails: with a status and its sentence.
 *
 * With no token configured this machine may do everything, and nobody else anything; with one,
 * everybody needs one. Tokens are never sent by a browser on its own, so that no page of another
 * site can borrow them. BEARER_GUESSES wrong ones in a minute end an address's minute; when the
 * table is full, whoever guessed longest ago is forgotten.
 */
#ifndef RELAY_CONTROL_BEARER_H
#define RELAY_CONTROL_BEARER_H

#include "relay/control/source.h"

#include <stdbool.h>
#include <stdint.h>

enum { BEARER_GUESSERS = 256, BEARER_GUESSES = 10, BEARER_MINUTE_US = 60000000 };

enum bearer_role { BEARER_NOBODY, BEARER_READER, BEARER_ORGANIZER };

struct bearers {
    struct bearer_guesser {
        char net[48]; /* an IPv4 address, or an IPv6 network of 64 bit */
        unsigned guesses;
        int64_t since_us;
    } guessers[BEARER_GUESSERS];
};

struct bearer_verdict {
    enum bearer_role role;
    int status;         /* 0: let in */
    const char *detail; /* the sentence of a refusal */
    const char *extra;  /* its header lines */
};

/* Is any token configured? */
bool bearer_is_needed(const struct config *c);
const char *bearer_role_word(enum bearer_role role); /* "organizer" */
struct bearer_verdict bearer_judge(struct bearers *a, const struct config *c, const struct asked *q,
                                   int64_t now_us);

#endif
