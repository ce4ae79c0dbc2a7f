/* Rooms made, changed and closed by the API: what is asked for, judged; what the answer is. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: no state. Fails: with a status, a sentence and the field.
 *
 * The actions return 0 when the store was asked: a->pending is the write to wait for.
 */
#ifndef RELAY_CONTROL_ROOM_EDIT_H
#define RELAY_CONTROL_ROOM_EDIT_H

#include "relay/control/action.h"
#include "relay/control/writes.h"

int room_edit_create(struct text *t, struct action *a); /* POST rooms */
int room_edit_change(struct text *t, struct action *a); /* PATCH rooms/ROOM */
int room_edit_close(struct text *t, struct action *a);  /* DELETE rooms/ROOM */
/* POST rooms/ROOM/key {"keep_feed": true}; without it a feed that stands is ended. */
int room_edit_key(struct text *t, struct action *a);

/* The answer to a write that is in force; the status. */
int room_edit_done(struct text *t, const struct write *w, const struct config *c);
/* The answer to one that the store refused: the status, and a sentence in words. */
int room_edit_refused(const struct store_reply *r, char words[static ACTION_WORDS]);

/* All rooms that are set up, the file's and the API's: {"rooms":[RoomSettings]}. agency: only
 * its own; NULL: all. */
void room_edit_list(struct text *t, const struct config *c, const struct config_agency *agency);
/* "RoomSettings":{...} for the document; and what a request may bring, as a JSON Schema. */
void room_edit_describe(struct text *t);
void room_edit_describe_body(struct text *t, bool with_name);

#endif
