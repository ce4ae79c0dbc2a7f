/* Which of a room's two feeds viewers should see: main or backup, and why. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: zeroed memory. Fails: never.
 *
 * Decides only; pair.h does it. A feed is absent -> well -> silent or damaged -> well ...; it may
 * be chosen while it is well and has a keyframe to begin with; a damaged one only when the other
 * one has left. When neither could begin, nobody is on air, and the room fills its hole. Main is
 * preferred, but after trouble it must have been well for a while, so that viewers are not sent to
 * and fro.
 */
#ifndef RELAY_ROOM_ON_AIR_H
#define RELAY_ROOM_ON_AIR_H

#include "relay/link/message.h"

#include <stdbool.h>
#include <stdint.h>

enum on_air_side { ON_AIR_MAIN, ON_AIR_BACKUP, ON_AIR_SIDES };
/* By hand: that side while it is of use, whatever the other one is like. AUTO: nobody chose. */
enum on_air_choice { ON_AIR_AUTO, ON_AIR_CHOSE_MAIN, ON_AIR_CHOSE_BACKUP, ON_AIR_CHOICES };

enum {
    ON_AIR_DAMAGED_S = 3,      /* seconds in a row that lost something for good: damaged */
    ON_AIR_DAMAGED_UNITS = 10, /* ... or one that lost so many access units */
    ON_AIR_SOUND_US = 3000000, /* a feed that shall stand in for a damaged one is well so long */
};

struct on_air {
    enum on_air_side side; /* on air now, when that one is present */
    enum on_air_choice choice;
    struct on_air_feed {
        bool present, silent, ready, damaged;
        int64_t well_since_us;
        uint32_t bad_seconds; /* in a row */
        uint64_t lost_units, lost_packets;
    } feeds[ON_AIR_SIDES];
};

/* "", "main": main. Any other name but backup's is not one of the two. */
bool on_air_is_side(const char *role);
enum on_air_side on_air_side_of(const char *role);
const char *on_air_word(enum on_air_side side);            /* "main" */
const char *on_air_choice_word(enum on_air_choice choice); /* "auto", "main" */
/* False: it is none of their words. */
bool on_air_choice_of(const char *word, enum on_air_choice *out);

void on_air_came(struct on_air *a, enum on_air_side side, int64_t now_us);
void on_air_left(struct on_air *a, enum on_air_side side);
void on_air_signs(struct on_air *a, enum on_air_side side, const struct link_signs *s,
                  int64_t now_us);
/* Once a second: its counters since it opened. */
void on_air_second(struct on_air *a, enum on_air_side side, const struct link_feed_stats *s,
                   int64_t now_us);
/* The side that should be on air, and a sentence why where that is another one than now. */
enum on_air_side on_air_choose(const struct on_air *a, int64_t hold_us, int64_t now_us,
                               const char **why);
/* Could it begin at once, damaged or not? */
bool on_air_could(const struct on_air *a, enum on_air_side side);
/* Viewers have nothing from what is on air: the other one should begin at once. */
bool on_air_is_urgent(const struct on_air *a);

#endif
