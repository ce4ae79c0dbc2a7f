/* Whether two feeds are the same encoder's output by two ways, second by second. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: zeroed memory. Fails: never.
 *
 * One equal mark (link/standby.h) is proof enough for the moment that it is of; the seconds after
 * it may differ where one way lost something. Three in a row that differ are another encoder.
 */
#ifndef RELAY_ROOM_LIKENESS_H
#define RELAY_ROOM_LIKENESS_H

#include "relay/link/standby.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIKENESS_SECONDS = 16, LIKENESS_APART = 3 };

struct likeness {
    struct link_mark marks[2][LIKENESS_SECONDS];
    size_t count[2];
    bool alike;
    uint32_t apart; /* compared seconds that differed since the last that did not */
};

/* side: 0 or 1. */
void likeness_take(struct likeness *l, size_t side, const struct link_mark *m);
/* Another feed is that side from now on. */
void likeness_forget(struct likeness *l, size_t side);
bool likeness_is(const struct likeness *l);

#endif
