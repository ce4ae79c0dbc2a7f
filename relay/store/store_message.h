/* What the front and the store tell each other: plain data, one parcel each. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: a message. Fails: never.
 *
 * The socket between the two outlives both: the supervisor holds its ends. So a request may wait
 * there for a store that is being restarted, and is thrown away when it is done for too late; an
 * answer to a front that died finds another one, which does not know its id.
 */
#ifndef RELAY_STORE_STORE_MESSAGE_H
#define RELAY_STORE_STORE_MESSAGE_H

#include "config/keys.h"
#include "config/publish_key.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    STORE_FORMAT = 2, /* of these structs, and of the list: raised when they change */
    STORE_NAME = 68,
    STORE_WHO = 80,
    STORE_VALUE = 136, /* longer than what any key of a room may be that the API may set */
    STORE_TEXT = 256,
};

/* Of parcels; the last four: ledger_message.h. */
enum store_kind {
    STORE_REQUEST = 1,
    STORE_REPLY,
    STORE_LEDGER,
    STORE_LEDGER_TAKEN,
    STORE_QUESTION,
    STORE_ANSWER,
};

enum store_act { STORE_CREATE, STORE_CHANGE, STORE_CLOSE, STORE_NEW_KEY, STORE_ACTS };

struct store_request {
    uint32_t format, act; /* enum store_act */
    uint64_t id;
    int64_t due_us; /* of CLOCK_MONOTONIC: not begun after it, for nobody would hear of it */
    char room[STORE_NAME], who[STORE_WHO];
    struct publish_key key; /* of CREATE and NEW_KEY */
    bool keep_feed;         /* NEW_KEY: who publishes with the old one goes on */
    /* By the index of room_keys: is there a value? "": back to the default. */
    bool has[CONFIG_ROOM_KEYS];
    char value[CONFIG_ROOM_KEYS][STORE_VALUE];
};

enum store_outcome {
    STORE_DONE,    /* on the disk, and in the list of that version */
    STORE_EXISTS,  /* CREATE */
    STORE_NO_ROOM, /* all others: there is no such room in the store */
    STORE_FULL,    /* STORED_ROOMS_MAX */
    STORE_TROUBLE, /* text says what: the disk is full, the database damaged ... nothing was done */
    STORE_OUTCOMES,
};

struct store_reply {
    uint32_t format, outcome;
    uint64_t id, version;
    char text[STORE_TEXT];
};

#endif
