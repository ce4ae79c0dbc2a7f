/* When a child that died is started again: at once, later, or never. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the supervisor's. Life: a value, zero to begin with. Fails: never.
 *
 * It came up and was killed from outside   at once; after less than 1 s of life in half a second
 * It came up and crashed or hung           at once after 10 s of life, else 0.1 s, 0.2 s ... 5 s
 * It did not come up                       0.25 s, 0.5 s ... 8 s; never once in five times: no more
 */
#ifndef RELAY_BASE_REVIVAL_H
#define RELAY_BASE_REVIVAL_H

#include <stdbool.h>
#include <stdint.h>

enum revival_end {
    REVIVAL_KILLED,  /* SIGKILL from elsewhere */
    REVIVAL_CRASHED, /* anything else that is its own fault: an exit, a fault, the watchdog */
    REVIVAL_TAKEN,   /* we ended it for a reason that is not its own */
};

struct revival {
    bool ever_up;
    uint32_t crashes; /* short lives in a row */
    uint32_t starts;  /* failed ones in a row */
};

enum { REVIVAL_TRIES = 5, REVIVAL_LOOP = 3 /* crashes that are called a loop */ };

/* It died after lived_us, having come up or not; how long to wait before the next try. */
int64_t revival_delay_us(struct revival *r, bool came_up, enum revival_end end, int64_t lived_us);
/* It never came up and no try is left. */
bool revival_is_hopeless(const struct revival *r);

#endif
