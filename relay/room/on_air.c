/* The choice between main and backup: facts in, a side out. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/on_air.h"

#include <string.h>

static const char *const words[ON_AIR_SIDES] = {[ON_AIR_MAIN] = "main", [ON_AIR_BACKUP] = "backup"};

static const char *const choice_words[ON_AIR_CHOICES] = {
    [ON_AIR_AUTO] = "auto", [ON_AIR_CHOSE_MAIN] = "main", [ON_AIR_CHOSE_BACKUP] = "backup"};

const char *on_air_choice_word(enum on_air_choice choice)
{
    return choice_words[choice];
}

bool on_air_choice_of(const char *word, enum on_air_choice *out)
{
    for (enum on_air_choice i = 0; i < ON_AIR_CHOICES; i++) {
        if (strcmp(word, choice_words[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

bool on_air_is_side(const char *role)
{
    return role[0] == '\0' || strcmp(role, "main") == 0 || strcmp(role, "backup") == 0;
}

enum on_air_side on_air_side_of(const char *role)
{
    return strcmp(role, "backup") == 0 ? ON_AIR_BACKUP : ON_AIR_MAIN;
}

const char *on_air_word(enum on_air_side side)
{
    return words[side];
}

void on_air_came(struct on_air *a, enum on_air_side side, int64_t now_us)
{
    a->feeds[side] = (struct on_air_feed){.present = true, .well_since_us = now_us};
}

void on_air_left(struct on_air *a, enum on_air_side side)
{
    a->feeds[side] = (struct on_air_feed){0};
}

void on_air_signs(struct on_air *a, enum on_air_side side, const struct link_signs *s,
                  int64_t now_us)
{
    struct on_air_feed *f = &a->feeds[side];
    if (f->silent && !s->silent)
        f->well_since_us = now_us;
    f->silent = s->silent;
    f->ready = s->ready;
}

void on_air_second(struct on_air *a, enum on_air_side side, const struct link_feed_stats *s,
                   int64_t now_us)
{
    struct on_air_feed *f = &a->feeds[side];
    uint64_t units = s->access_units_corrupt - f->lost_units;
    bool bad = units > 0 || s->dropped > f->lost_packets;
    f->lost_units = s->access_units_corrupt;
    f->lost_packets = s->dropped;
    f->bad_seconds = bad ? f->bad_seconds + 1 : 0;
    f->damaged = bad && (f->bad_seconds >= ON_AIR_DAMAGED_S || units >= ON_AIR_DAMAGED_UNITS);
    if (bad)
        f->well_since_us = now_us;
}

bool on_air_could(const struct on_air *a, enum on_air_side side)
{
    const struct on_air_feed *f = &a->feeds[side];
    return f->present && f->ready && !f->silent;
}

static bool is_well(const struct on_air_feed *f)
{
    return f->present && f->ready && !f->silent && !f->damaged;
}

bool on_air_is_urgent(const struct on_air *a)
{
    const struct on_air_feed *now = &a->feeds[a->side];
    return !now->present || now->silent || now->damaged;
}

static bool is_chosen(const struct on_air *a, enum on_air_side side)
{
    return a->choice == (side == ON_AIR_MAIN ? ON_AIR_CHOSE_MAIN : ON_AIR_CHOSE_BACKUP);
}

enum on_air_side on_air_choose(const struct on_air *a, int64_t hold_us, int64_t now_us,
                               const char **why)
{
    enum on_air_side other = a->side == ON_AIR_MAIN ? ON_AIR_BACKUP : ON_AIR_MAIN;
    const struct on_air_feed *now = &a->feeds[a->side], *then = &a->feeds[other];
    int64_t well_us = now_us - then->well_since_us;
    *why = "";
    if (!now->present && on_air_could(a, other))
        *why = "the other one left";
    else if (now->present && !now->silent && is_chosen(a, a->side))
        return a->side;
    else if (is_well(then) && is_chosen(a, other) && well_us >= ON_AIR_SOUND_US)
        *why = "it was chosen by hand";
    else if (is_well(then) && now->silent)
        *why = "the other one sends nothing";
    else if (is_well(then) && now->damaged && well_us >= ON_AIR_SOUND_US)
        *why = "the other one loses more than SRT can repair";
    else if (is_well(then) && other == ON_AIR_MAIN && well_us >= hold_us)
        *why = "main has been well for rooms.main_hold_s";
    return **why ? other : a->side;
}
