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
    STORE_WHO = 128,   /* "agency/", its name, "@" and an address */
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

enum store_act {
    STORE_CREATE,
    STORE_CHANGE,
    STORE_CLOSE,
    STORE_NEW_KEY,
    STORE_AGENCY_CREATE, /* from here on of agencies: `room` is the agency's name */
    STORE_AGENCY_CHANGE,
    STORE_AGENCY_CLOSE,
    STORE_AGENCY_TOKEN,
    STORE_ACTS
};

/* As many keys as anything has that is kept. */
enum { STORE_KEYS = CONFIG_ROOM_KEYS };
_Static_assert((int)CONFIG_AGENCY_KEYS <= (int)STORE_KEYS, "an agency has as many at the most");

static inline bool store_act_is_agency(uint32_t act)
{
    return act >= STORE_AGENCY_CREATE;
}

struct store_request {
    uint32_t format, act; /* enum store_act */
    uint64_t id;
    int64_t due_us; /* of CLOCK_MONOTONIC: not begun after it, for nobody would hear of it */
    char room[STORE_NAME], who[STORE_WHO];
    char prefix[STORE_NAME]; /* AGENCY_CREATE */
    struct publish_key key;  /* of CREATE and NEW_KEY; an agency's token */
    bool reader;             /* AGENCY_TOKEN: of who may look; else of its admins */
    bool keep_feed;          /* NEW_KEY: who publishes with the old one goes on */
    /* By the index of room_keys or agency_keys: is there a value? "": back to the default. */
    bool has[STORE_KEYS];
    char value[STORE_KEYS][STORE_VALUE];
};

enum store_outcome {
    STORE_DONE,    /* on the disk, and in the list of that version */
    STORE_EXISTS,  /* CREATE; AGENCY_CREATE also: a prefix begins with another one */
    STORE_NO_ROOM, /* all others: there is no such room, or agency, in the store */
    STORE_FULL,    /* STORED_ROOMS_MAX, STORED_AGENCIES_MAX */
    STORE_IN_USE,  /* AGENCY_CLOSE: it has rooms; text names one */
    STORE_TROUBLE, /* text says what: the disk is full, the database damaged ... nothing was done */
    STORE_OUTCOMES,
};

struct store_reply {
    uint32_t format, outcome;
    uint64_t id, version;
    char text[STORE_TEXT];
};

#endif
