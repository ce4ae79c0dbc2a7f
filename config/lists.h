/* The lists of the configuration: what stands in each, and how one entry is found. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; constant. Thread: any. Life: the program's. Fails: NULL when there is none.
 *
 * The rest of config/ treats all lists alike: a new one is a row here, a section in keys.c and a
 * pair of members in config.h.
 */
#ifndef CONFIG_LISTS_H
#define CONFIG_LISTS_H

#include "config/config.h"
#include "config/keys.h"

#include <stddef.h>
#include <stdint.h>

enum config_list { LIST_ROOMS, LIST_AGENCIES, CONFIG_LISTS };

struct key_list {
    const char *section, *path; /* "rooms", "rooms.list" */
    const char *a_noun, *nouns; /* "a room", "rooms" */
    const char *example;        /* the name of the one in examples */
    const char *needs;          /* what an entry has to have */
    const struct key *keys;     /* "name" is the first */
    size_t count;
    const struct key *apart; /* no entry's may be the beginning of another's; or NULL */
    size_t list, list_count; /* in struct config: the array, its length (uint32_t) */
    size_t entry_bytes;      /* of one entry; all zero is one without any key */
    uint32_t max;            /* entries */
    int (*order)(const void *, const void *); /* in which they are kept */
    const char *const *values;                /* of the one in examples, as they are written */
};

extern const struct key_list config_lists[CONFIG_LISTS];

/* NULL: that section has no list. */
const struct key_list *list_of_section(const char *section);
const struct key_list *list_of_path(const char *path); /* "rooms.list" */
const struct key *list_key(const struct key_list *l, const char *name);
uint32_t list_count(const struct key_list *l, const struct config *c);
/* Its entry i, on which the list's keys work. */
void *list_at(const struct key_list *l, const struct config *c, uint32_t i);
/* Another one at the end, all zero; NULL: no memory. */
void *list_add(const struct key_list *l, struct config *c);
void list_sort(const struct key_list *l, struct config *c);
void list_free(const struct key_list *l, struct config *c);

#endif
