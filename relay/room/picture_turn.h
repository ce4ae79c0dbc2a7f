/* Whose picture is made next, and what all of them may cost: one room after the other. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: control. Life: values, zero to begin with. Fails: never.
 *
 * It is always the turn of the room that has waited longest, so when the budget does not suffice
 * all pictures get older alike. One room alone has a quarter of the budget at most: dear pictures
 * are rare. A room whose pictures fail waits longer each time; one that the
 * helper died of PICTURE_DEATHS times in a row is left out for PICTURE_OUT_US.
 */
#ifndef RELAY_ROOM_PICTURE_TURN_H
#define RELAY_ROOM_PICTURE_TURN_H

#include <stdbool.h>
#include <stdint.h>

enum { PICTURE_DEATHS = 3, PICTURE_OUT_US = 600000000 };

/* The helper's CPU time: what is not used gathers for a second, and what is overdrawn is waited
 * for. */
struct picture_budget {
    int64_t credit;    /* in hundredths of a microsecond */
    int64_t filled_us; /* 0: never */
};

void picture_budget_fill(struct picture_budget *b, uint32_t cpu_percent, int64_t now_us);
bool picture_budget_has(const struct picture_budget *b);
void picture_budget_spend(struct picture_budget *b, uint64_t cpu_us);

struct picture_turn {
    int64_t begun_us;          /* the last one; 0: there was none */
    int64_t not_before_us;     /* the next one */
    uint32_t failures, deaths; /* in a row */
    int64_t fresh_us;          /* when a picture could last be hoped for; see pictures_tick */
    bool out;                  /* left out for what the helper died of, until not_before_us */
};

bool picture_turn_is_due(const struct picture_turn *t, int64_t now_us);
/* Has a waited longer than b? */
bool picture_turn_is_first(const struct picture_turn *a, const struct picture_turn *b);
void picture_turn_begin(struct picture_turn *t, int64_t interval_us, int64_t now_us);
/* What its picture cost, made or not; after made, failed and died. */
void picture_turn_charge(struct picture_turn *t, uint64_t cpu_us, uint32_t cpu_percent);
void picture_turn_made(struct picture_turn *t);
void picture_turn_failed(struct picture_turn *t, int64_t interval_us);
/* The helper died of it, or while it was its turn. True: it is left out from now on. */
bool picture_turn_died(struct picture_turn *t, int64_t now_us);

#endif
