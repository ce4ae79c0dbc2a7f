/* How a feed ended, in one word: for the log and the metrics. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; constant. Thread: any. Life: the program's. Fails: "unknown". */
#ifndef RELAY_ROOM_ENDING_H
#define RELAY_ROOM_ENDING_H

#include "relay/link/states.h"

#include <stdint.h>

enum { ENDINGS = LINK_CLOSE_LOST + 1 };

/* reason: enum link_close_reason, as a worker sent it. */
const char *ending_word(uint32_t reason);

#endif
