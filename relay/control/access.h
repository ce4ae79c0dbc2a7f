/* Who may do what: bearer tokens and their roles, and how often one may guess. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a table of ACCESS_GUESSERS addresses that guessed wrong of late. Thread: control.
 * Life:   zeroed memory. Fails: with a status and its sentence.
 *
 * With no token configured this machine may do everything, and nobody else anything; with one,
 * everybody needs one. Tokens are never sent by a browser on its own, so that no page of another
 * site can borrow them. ACCESS_GUESSES wrong ones in a minute end an address's minute; when the
 * table is full, whoever guessed longest ago is forgotten.
 */
#ifndef RELAY_CONTROL_ACCESS_H
#define RELAY_CONTROL_ACCESS_H

#include "relay/control/source.h"

#include <stdbool.h>
#include <stdint.h>

enum { ACCESS_GUESSERS = 256, ACCESS_GUESSES = 10, ACCESS_MINUTE_US = 60000000 };

enum access_role { ACCESS_NONE, ACCESS_READER, ACCESS_ORGANIZER };

struct access {
    struct access_guesser {
        char net[48]; /* an IPv4 address, or an IPv6 network of 64 bit */
        unsigned guesses;
        int64_t since_us;
    } guessers[ACCESS_GUESSERS];
};

struct access_verdict {
    enum access_role role;
    int status;         /* 0: let in */
    const char *detail; /* the sentence of a refusal */
    const char *extra;  /* its header lines */
};

/* Is any token configured? */
bool access_is_guarded(const struct config *c);
const char *access_role_word(enum access_role role); /* "organizer" */
struct access_verdict access_judge(struct access *a, const struct config *c, const struct asked *q,
                                   int64_t now_us);

#endif
