/* What web hooks say in words, in English and Chinese. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; constant. Thread: any. Life: the program's. Fails: never. */
#ifndef RELAY_CONTROL_HOOK_WORDS_H
#define RELAY_CONTROL_HOOK_WORDS_H

#include "relay/link/states.h"
#include "relay/room/room.h"

struct hook_words {
    const char *en, *zh;
};

extern const struct hook_words hook_words_started, hook_words_healthy, hook_words_live,
    hook_words_ping;

/* How a feed ended. */
const struct hook_words *hook_words_ending(enum link_close_reason reason);
/* What a room that is not live waits for. */
const struct hook_words *hook_words_silent(enum room_state state);

#endif
