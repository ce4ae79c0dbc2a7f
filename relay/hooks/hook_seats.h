/* How far each web hook has come, in memory that outlives the process that sends. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a mapping; the memfd is the supervisor's. Thread: the hooks' process writes; others get
 *         copies (hook_seats_look), and believe nothing in them that could hurt.
 * Life:   hook_seats_make once; hook_seats_map / hook_seats_free.
 * Fails:  -errno.
 *
 * A seat belongs to an address. Which events it is done with is one number for each place of the
 * ring, so a process that is killed sends again what was under way, with the same id, and nothing
 * else.
 */
#ifndef RELAY_HOOKS_HOOK_SEATS_H
#define RELAY_HOOKS_HOOK_SEATS_H

#include "relay/hooks/hook_ring.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOOK_SEATS = 2 * HOOKS_MAX, HOOK_KEY = 32, HOOK_ANSWER = 160 };

/* What others are shown of it. */
struct hook_facts {
    uint8_t key[HOOK_KEY]; /* of its address: hook_sign.h */
    uint32_t number;       /* among the configured ones, from 1; 0: it is nobody's */
    uint32_t status;       /* of its last answer; 0: there was none */
    uint64_t floor;        /* it is done with this one and all before */
    uint64_t sent, failed, dropped, tries, queued;
    uint64_t dropped_said;             /* of dropped, what an event that arrived has said */
    int64_t answer_wall_us, failed_us; /* 0: no try has ended; failed: since when nothing arrives */
    char answer[HOOK_ANSWER];          /* the last one in words */
};

struct hook_seat {
    struct hook_facts facts;
    uint64_t done[HOOK_SLOTS]; /* at a number's place: that number, when it is done with */
};

struct hook_seats;

__attribute__((warn_unused_result)) int hook_seats_make(int *fd);
__attribute__((warn_unused_result)) int hook_seats_map(struct hook_seats **out, int fd,
                                                       bool writes);
void hook_seats_free(struct hook_seats **s);
/* For the process that sends: the seat of that key, with this number from now on. Who comes later
 * than the first begins behind `head`. NULL: there are too many. */
struct hook_seat *hook_seats_take(struct hook_seats *s, const uint8_t key[static HOOK_KEY],
                                  uint32_t number, uint64_t head);
/* Before the first of them is taken: all are free, and what belongs to another ring is forgotten.
 */
void hook_seats_begin(struct hook_seats *s, uint64_t epoch);
/* After the last: who was not taken is forgotten. */
void hook_seats_settle(struct hook_seats *s);
bool hook_seat_has(const struct hook_seat *t, uint64_t seq);
/* For others: a copy of that number's, checked. False: there is none. */
bool hook_seats_look(const struct hook_seats *s, uint32_t number, struct hook_facts *out);

#endif
