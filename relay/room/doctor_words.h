/* What the doctor says of a finding: one plain sentence, and what to set in OBS. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; the table is constant. Thread: any. Life: pure functions. Fails: never; a failed
 * text says so itself.
 *
 * In a sentence {a}, {b}, {c} stand for the finding's values; both languages have the same ones.
 * The names of OBS's settings are those that its own translations show.
 */
#ifndef RELAY_ROOM_DOCTOR_WORDS_H
#define RELAY_ROOM_DOCTOR_WORDS_H

#include "relay/base/text.h"
#include "relay/room/doctor.h"

enum doctor_language { DOCTOR_EN, DOCTOR_ZH, DOCTOR_LANGUAGES };

struct doctor_words {
    const char *id;                      /* "keyframe_interval" */
    uint8_t decimals[DOCTOR_PARAMETERS]; /* of each value: 0, or 1 where it counts tenths */
    const char *says[DOCTOR_LANGUAGES];
};

const struct doctor_words *doctor_words(enum doctor_check check);
/* The sentence with its values. */
void doctor_say(struct text *t, enum doctor_check check, enum doctor_language language,
                const uint32_t values[static DOCTOR_PARAMETERS]);

#endif
