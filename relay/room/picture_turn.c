/* The rules of the header. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/picture_turn.h"

enum {
    HUNDREDTHS = 100,
    GATHERS_US = 1000000,
    ROOM_SHARE = 4,    /* a room may use one part in so many of the budget */
    DOUBLINGS_MAX = 5, /* a room whose pictures fail has a turn every 32 intervals at the least */
};

void picture_budget_fill(struct picture_budget *b, uint32_t cpu_percent, int64_t now_us)
{
    int64_t most = (int64_t)cpu_percent * GATHERS_US, passed = now_us - b->filled_us;

    if (b->filled_us == 0)
        b->credit = most;
    else if (passed > 0)
        b->credit += passed * cpu_percent;
    if (b->credit > most)
        b->credit = most;
    b->filled_us = now_us;
}

bool picture_budget_has(const struct picture_budget *b)
{
    return b->credit > 0;
}

void picture_budget_spend(struct picture_budget *b, uint64_t cpu_us)
{
    b->credit -= (int64_t)cpu_us * HUNDREDTHS;
}

bool picture_turn_is_due(const struct picture_turn *t, int64_t now_us)
{
    return now_us >= t->not_before_us;
}

bool picture_turn_is_first(const struct picture_turn *a, const struct picture_turn *b)
{
    return a->begun_us < b->begun_us;
}

void picture_turn_begin(struct picture_turn *t, int64_t interval_us, int64_t now_us)
{
    t->begun_us = now_us;
    t->not_before_us = now_us + interval_us;
    t->out = false;
}

void picture_turn_charge(struct picture_turn *t, uint64_t cpu_us, uint32_t cpu_percent)
{
    int64_t least_us = (int64_t)cpu_us * HUNDREDTHS * ROOM_SHARE / (cpu_percent ? cpu_percent : 1);

    if (t->not_before_us < t->begun_us + least_us)
        t->not_before_us = t->begun_us + least_us;
}

void picture_turn_made(struct picture_turn *t)
{
    t->failures = t->deaths = 0;
}

void picture_turn_failed(struct picture_turn *t, int64_t interval_us)
{
    t->deaths = 0;
    if (t->failures < DOUBLINGS_MAX)
        t->failures++;
    t->not_before_us = t->begun_us + (interval_us << t->failures);
}

bool picture_turn_died(struct picture_turn *t, int64_t now_us)
{
    if (++t->deaths < PICTURE_DEATHS)
        return false;
    t->deaths = 0;
    t->out = true;
    t->not_before_us = now_us + PICTURE_OUT_US;
    return true;
}
