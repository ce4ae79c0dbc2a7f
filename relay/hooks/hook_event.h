/* One event as the front writes it down for the web hooks. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: a value in shared memory. Fails: never. */
#ifndef RELAY_HOOKS_HOOK_EVENT_H
#define RELAY_HOOKS_HOOK_EVENT_H

#include "config/hook_list.h"

#include <stdint.h>

enum {
    HOOK_NAME = 68,
    HOOK_TITLE = 132,
    HOOK_ROLE = 24,
    HOOK_PEER = 64,
    HOOK_WORD = 32,
    HOOK_SENTENCE = 480
};

struct hook_event {
    uint64_t seq; /* from 1; 0: none */
    uint8_t id[16];
    uint32_t type;            /* enum hook_type */
    int64_t mono_us, wall_us; /* when it happened */
    uint64_t feed;            /* 0: it is about a room */
    char room[HOOK_NAME], title[HOOK_TITLE];
    char agency[HOOK_NAME];                    /* whose the room is, by name; "": the organizer's */
    char role[HOOK_ROLE], peer[HOOK_PEER];     /* "": it is about a room; peer: nobody is told */
    char light[HOOK_WORD], finding[HOOK_WORD]; /* "": none */
    char detail[HOOK_SENTENCE];                /* what the log says, in English; "": nothing */
    char en[HOOK_SENTENCE], zh[HOOK_SENTENCE]; /* why, in words */
};

#endif
