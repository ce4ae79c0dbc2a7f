/* What the configuration says of one agency: a tenant with rooms, people and quotas of its own. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns, thread, life: the configuration's, see config.h. Fails: never.
 *
 * A room is an agency's when its name begins with the agency's prefix. No prefix is the beginning
 * of another one, so a room has one agency at the most.
 */
#ifndef CONFIG_CONFIG_AGENCY_H
#define CONFIG_CONFIG_AGENCY_H

#include <stdint.h>

struct config;

struct config_agency {
    char *name;                     /* as a room's */
    char *title;                    /* what people read; NULL: the name */
    char *prefix;                   /* what its rooms' names begin with */
    char *token, *reader_token;     /* of its admins, of who may only look; NULL: there are none */
    uint32_t max_live_rooms;        /* with a feed, at once; 0: no quota */
    uint32_t room_mbps, total_mbps; /* of ingest, one room's and all; 0: no quota */
    char *window;                   /* a duration: its rooms' playlists at the most; NULL: any */
};

struct config_agencies {
    struct config_agency *list; /* sorted by prefix */
    uint32_t list_count;
};

/* Whose that room is, listed or not, there or not; NULL: the organizer's. In the time of a search
 * among as many prefixes as there are. */
const struct config_agency *config_agency_of(const struct config *c, const char *room);
/* The agency of that name, the file's or the API's, or NULL. */
const struct config_agency *config_find_agency(const struct config *c, const char *name);
const char *config_agency_title(const struct config_agency *a);
/* For who needs no token: they are overwritten, and let nobody in. */
void config_agencies_forget(struct config *c);
/* The longest playlist that an agency allows, in ms; 0: any. a: NULL: none. */
uint32_t config_agency_window_ms(const struct config_agency *a);

#endif
