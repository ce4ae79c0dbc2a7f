/* A room's health: its feeds' seconds to the doctor, what it finds to the log and to readers. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: control. Life: no state. Fails: never; a failed text says so itself. */
#ifndef RELAY_ROOM_DIAGNOSIS_H
#define RELAY_ROOM_DIAGNOSIS_H

#include "config/config.h"
#include "relay/base/text.h"
#include "relay/room/room.h"

#include <stdbool.h>

/* Where a feed's second belongs; log NULL: nothing is said. */
struct diagnosis_room {
    const char *name, *ctx;
    const struct config *config;
    struct doctor_log *log;
};

/* m: LINK_FEED_STATS of s, which takes it over. True: what readers are told has changed. */
bool diagnosis_second(struct session *s, const struct diagnosis_room *room,
                      const struct link_message *m, int64_t now_us);
/* {light, checked, findings: [{id, severity, role, since, text: {en, zh}}]}. light is the worst of
 * what viewers see, and null without a feed; a feed at rest makes it amber at the most. */
void diagnosis_put(struct text *t, const struct room_facts *f);
/* False: no feed, no light. */
bool diagnosis_light(const struct room_facts *f, enum doctor_light *out);
/* The feed with the worst finding, and which one that is; NULL: there is none. */
const struct session *diagnosis_worst(const struct room_facts *f, enum doctor_check *check);
/* How many findings of that severity the room's feeds have. */
uint64_t diagnosis_count(const struct room_facts *f, enum doctor_light severity);

#endif
