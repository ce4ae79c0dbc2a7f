/* Agencies by the API: made, changed, closed, given other tokens; and how they are set up. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: no state.
 * Fails: with a status and a sentence, as room_edit.h.
 *
 * Tokens are made here, shown once, and kept as hashes. An agency that has rooms made by the API is
 * not closed: they would be the organizer's of a sudden, with keys that the agency knows.
 */
#ifndef RELAY_CONTROL_AGENCY_EDIT_H
#define RELAY_CONTROL_AGENCY_EDIT_H

#include "relay/control/action.h"
#include "relay/control/writes.h"

int agency_edit_create(struct text *t, struct action *a); /* POST agencies */
int agency_edit_change(struct text *t, struct action *a); /* PATCH agencies/AGENCY */
int agency_edit_close(struct text *t, struct action *a);  /* DELETE agencies/AGENCY */
/* POST agencies/AGENCY/token {"role": "admin" | "reader"}; the one before lets nobody in. */
int agency_edit_token(struct text *t, struct action *a);

/* The answer to a write that is in force; the status. */
int agency_edit_done(struct text *t, const struct write *w, const struct config *c);
/* The answer to one that the store refused: the status, and a sentence in words. */
int agency_edit_refused(const struct store_reply *r, char words[static ACTION_WORDS]);

/* {"agencies":[AgencySettings]}, the file's and the API's; agency: that one only; NULL: all. */
void agency_edit_list(struct text *t, const struct config *c, const struct config_agency *agency);
/* AgencySettings of the one of that name; 404. */
int agency_edit_show(struct text *t, const struct config *c, const char *name);
/* "AgencySettings":{...} for the document; and what a request may bring, as a JSON Schema. */
void agency_edit_describe(struct text *t);
void agency_edit_describe_body(struct text *t, bool with_name);

#endif
