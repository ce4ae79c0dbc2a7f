/* The rooms and agencies that the API has made, as all processes see them: an immutable list in a
 * memfd. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its rooms and agencies. Thread: any, it never changes. Life:
 * stored_rooms_take/stored_rooms_free. Fails:  -errno; -EPROTO for what stored_list did not write,
 * or what no key of config/keys.c may be: such a list is no list.
 *
 * The store writes it with stored_list, the others read it. Where a room or an agency stands in the
 * configuration file too, the file's holds. Of tokens it has salted hashes, which let nobody in.
 */
#ifndef CONFIG_STORED_ROOMS_H
#define CONFIG_STORED_ROOMS_H

#include "config/config_agency.h"
#include "config/config_room.h"
#include "config/publish_key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORED_ROOMS_MAX = 5000, STORED_AGENCIES_MAX = 500 };

struct config;
struct stored_rooms;

struct stored_room {
    struct config_room room; /* its `key` is NULL: */
    struct publish_key key;
    uint64_t id;    /* never used again: a room that was closed and made anew is another one */
    uint64_t feeds; /* raised when those who publish have to know a newer key */
};

struct stored_agency {
    struct config_agency agency; /* its tokens are NULL: */
    struct publish_key admin, reader;
    bool has_reader; /* somebody asked for such a token */
    uint64_t id;     /* never used again */
};

/* What a configuration points to; rooms NULL: no list has come yet. */
struct config_stored {
    struct stored_rooms *rooms;
    bool refused; /* there is one that this program cannot read: viewers find unlisted rooms shut */
};

/* Reads the list behind fd, which stays the caller's. */
__attribute__((warn_unused_result)) int stored_rooms_take(struct stored_rooms **out, int fd);
void stored_rooms_free(struct stored_rooms **r);
/* Of two lists of one relay the newer one has the higher number. */
uint64_t stored_rooms_version(const struct stored_rooms *r);
size_t stored_rooms_count(const struct stored_rooms *r);
const struct stored_room *stored_rooms_at(const struct stored_rooms *r, size_t i); /* by name */
const struct stored_room *stored_rooms_find(const struct stored_rooms *r, const char *name);
size_t stored_agencies_count(const struct stored_rooms *r);
const struct stored_agency *stored_agencies_at(const struct stored_rooms *r,
                                               size_t i); /* by prefix */
/* Do both let in the same, to the same rooms? NULL: none. */
bool stored_agencies_are_same(const struct stored_rooms *a, const struct stored_rooms *b);
/* NULL also where the file has an agency of that name. */
const struct stored_agency *config_find_stored_agency(const struct config *c, const char *name);
/* NULL also where the file lists the room. */
const struct stored_room *config_find_stored(const struct config *c, const char *name);
/* There is a store whose rooms are not known yet: who is not in the list may be one of them. */
bool config_awaits_store(const struct config *c);
/* Of the room that a publisher was let into: 0 where it is no stored one. */
uint64_t stored_room_id(const struct config *c, const char *name);
/* Is the room of that name another one than the one with that id? Never where the file lists it. */
bool stored_room_is_other(const struct config *c, const char *name, uint64_t id);

/* A list that is being written: agencies in order of their prefixes, then rooms in order of their
 * names. */
struct stored_list;
__attribute__((warn_unused_result)) int stored_list_new(struct stored_list **out, uint64_t version);
void stored_list_free(struct stored_list **l);
void stored_list_agency(struct stored_list *l, const struct stored_agency *a);
void stored_list_room(struct stored_list *l, const char *name, const struct publish_key *key,
                      uint64_t id, uint64_t feeds);
/* A value of the room or agency before, as the configuration file would say it. */
void stored_list_value(struct stored_list *l, const char *key, const char *value);
/* A sealed memfd, or -errno. */
__attribute__((warn_unused_result)) int stored_list_seal(struct stored_list *l);

/* May the API set that key of a room? What names a file on this machine may not come from afar, and
 * publish keys are made by the relay. */
bool stored_room_may_have(const char *key);
/* Of an agency; what its rooms are called is settled when it is made. */
bool stored_agency_may_have(const char *key);

#endif
