/* What an organizer does by the API: a feed is kicked, main or backup is chosen. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: no state. Fails: with a status and a sentence.
 */
#ifndef RELAY_CONTROL_ACTION_H
#define RELAY_CONTROL_ACTION_H

#include "relay/base/text.h"
#include "relay/control/source.h"

enum { ACTION_WORDS = 360, ACTION_FIELD = 32 };

/* One action on one room. */
struct action {
    const struct source *src;
    const struct asked *asked;
    const char *room, *who;
    const struct config_agency *agency; /* whose people act; NULL: the organizer's */
    const char *detail;                 /* out: why not */
    const char *extra;                  /* out: header lines; NULL: none */
    uint64_t pending; /* out, with status 0: the write or ask that the answer waits for */
    char field[ACTION_FIELD], words[ACTION_WORDS]; /* out: what is wrong there; detail's bytes */
};

/* {"role": "main"}; without a role: whoever is on air. */
int action_kick(struct text *t, struct action *a);
/* {"role": "main" | "backup" | "auto"} */
int action_on_air(struct text *t, struct action *a);
/* {}: viewers may see the room from now on. */
int action_public(struct text *t, struct action *a);

#endif
