/* What the configuration says of one listed room, and the words that some keys take. */
/* SPDX-License-Identifier: MIT */
/* Owns, thread, life: the configuration's, see config.h. Fails: never. */
#ifndef CONFIG_CONFIG_ROOM_H
#define CONFIG_CONFIG_ROOM_H

#include "config/config_agency.h"

#include <stdbool.h>
#include <stdint.h>

enum play_out { PLAY_OUT_AUTO, PLAY_OUT_CLASSIC };
/* Another publisher of a role that is taken. Of a room: GLOBAL is rooms.takeover. */
enum takeover { TAKEOVER_NEWEST, TAKEOVER_REFUSE };
enum room_takeover { ROOM_TAKEOVER_GLOBAL, ROOM_TAKEOVER_NEWEST, ROOM_TAKEOVER_REFUSE };
/* When viewers see a room: with its first segment, or once its feed has a green light. */
enum go_public { GO_PUBLIC_AT_ONCE, GO_PUBLIC_GREEN };
enum room_go_public { ROOM_GO_PUBLIC_GLOBAL, ROOM_GO_PUBLIC_AT_ONCE, ROOM_GO_PUBLIC_GREEN };
enum part_uris { PART_URIS_NUMBER, PART_URIS_RANGE }; /* a part's own URL, or a byte range */
enum room_switch { ROOM_SWITCH_GLOBAL, ROOM_SWITCH_OFF, ROOM_SWITCH_ON }; /* absent; false; true */

/* A listed room. Unlisted rooms get `{.name = "", key = NULL, ...}` defaults when rooms.open. */
struct config_room {
    char *name;             /* 1-64 of A-Z a-z 0-9 . _ -, not starting with a dot */
    char *title;            /* shown on the wall; NULL: the name */
    char *key;              /* publish key; NULL: none asked */
    char *passphrase;       /* SRT passphrase, 10-79 bytes; NULL: unencrypted */
    enum play_out play_out; /* SRT's own pacing for senders that drop: see relay/README.md */
    enum room_takeover takeover;
    enum room_go_public go_public;
    enum room_switch low_latency;
    uint32_t part_ms;  /* 0: the global one */
    char *window;      /* NULL: the global one */
    bool ts;           /* TS segments for old devices too */
    int fill;          /* ROOM_FILL_GLOBAL, or 1 + enum rooms_fill */
    char *slate;       /* NULL: the global one */
    int access;        /* ROOM_ACCESS_GLOBAL, or 1 + enum rooms_access */
    uint32_t resume_s; /* 0: the global one */
};

#endif
