/* The table of lists, the keys of an agency, and what can be done with any list. */
/* SPDX-License-Identifier: MIT */
#include "config/lists.h"

#include "config/value.h"

#include <stdlib.h>
#include <string.h>

#define AGENCY(m, kind, least, most, of, sentence)                                                 \
    {                                                                                              \
        .name = #m, .type = kind, .offset = offsetof(struct config_agency, m), .min = least,       \
        .max = most, .unit = of, .help = sentence                                                  \
    }

/* A prefix leaves half of a room's name for the room. */
enum { PREFIX_MAX = ROOM_NAME_MAX / 2, ROOMS_LIVE_MAX = 10000, MBPS_MAX = 1000000 };

const struct key agency_keys[CONFIG_AGENCY_KEYS] = {
    AGENCY(name, KEY_NAME, 1, ROOM_NAME_MAX, NULL,
           "What the log, the API and the console call it."),
    AGENCY(title, KEY_TEXT, 1, 128, NULL, "What people read; without it the name."),
    AGENCY(
        prefix, KEY_NAME, 1, PREFIX_MAX, NULL,
        "What the names of its rooms begin with, such as north-; a room has one agency at most."),
    AGENCY(token, KEY_SECRET, TOKEN_LEAST, TOKEN_MOST, NULL,
           "The bearer token of its admins, for its own rooms; without it nobody acts for it."),
    AGENCY(reader_token, KEY_SECRET, TOKEN_LEAST, TOKEN_MOST, NULL,
           "The bearer token of those who may look at its own rooms."),
    AGENCY(max_live_rooms, KEY_COUNT, 1, ROOMS_LIVE_MAX, "rooms",
           "How many of its rooms may have a feed at once; without it as many as there are."),
    AGENCY(room_mbps, KEY_COUNT, 1, MBPS_MAX, "megabits per second",
           "A feed of its rooms that stays above it for 10 s is ended; without it "
           "limits.feed_mbps."),
    AGENCY(total_mbps, KEY_COUNT, 1, MBPS_MAX, "megabits per second",
           "While its rooms take so much, a further one is refused; those on air go on."),
    AGENCY(window, KEY_DURATION, 1, WINDOW_MAX_S, NULL,
           "The longest playlist that its rooms may have; without it any."),
};

static const char *const room_example[CONFIG_ROOM_KEYS] = {"main-stage",
                                                           "\"Main Stage\"",
                                                           "\"the-publish-key\"",
                                                           "\"ten-bytes-at-least\"",
                                                           "auto",
                                                           "newest",
                                                           "green",
                                                           "true",
                                                           "500",
                                                           "15m",
                                                           "true",
                                                           "slate",
                                                           "\"/etc/roomcast/slate.mp4\"",
                                                           "open",
                                                           "3600"};
static const char *const agency_example[CONFIG_AGENCY_KEYS] = {"north",
                                                               "\"Northern Stages\"",
                                                               "north-",
                                                               "\"sixteen-bytes-at-least\"",
                                                               "\"another-sixteen-or-more\"",
                                                               "12",
                                                               "20",
                                                               "120",
                                                               "15m"};

static int order_rooms(const void *a, const void *b)
{
    return strcmp(((const struct config_room *)a)->name, ((const struct config_room *)b)->name);
}

/* One without a prefix is refused soon. */
static int order_agencies(const void *a, const void *b)
{
    const char *x = ((const struct config_agency *)a)->prefix,
               *y = ((const struct config_agency *)b)->prefix;
    return strcmp(x ? x : "", y ? y : "");
}

const struct key_list config_lists[CONFIG_LISTS] = {
    [LIST_ROOMS] = {.section = "rooms",
                    .path = "rooms.list",
                    .a_noun = "a room",
                    .nouns = "rooms",
                    .example = "main-stage",
                    .needs = "- name: NAME",
                    .keys = room_keys,
                    .count = CONFIG_ROOM_KEYS,
                    .list = offsetof(struct config, rooms.list),
                    .list_count = offsetof(struct config, rooms.list_count),
                    .entry_bytes = sizeof(struct config_room),
                    .max = CONFIG_ROOMS_MAX,
                    .order = order_rooms,
                    .values = room_example},
    [LIST_AGENCIES] = {.section = "agencies",
                       .path = "agencies.list",
                       .a_noun = "an agency",
                       .nouns = "agencies",
                       .example = "north",
                       .needs = "- name: NAME, prefix: PREFIX",
                       .keys = agency_keys,
                       .count = CONFIG_AGENCY_KEYS,
                       .apart = &agency_keys[AGENCY_KEY_PREFIX],
                       .list = offsetof(struct config, agencies.list),
                       .list_count = offsetof(struct config, agencies.list_count),
                       .entry_bytes = sizeof(struct config_agency),
                       .max = CONFIG_AGENCIES_MAX,
                       .order = order_agencies,
                       .values = agency_example},
};

const struct key_list *list_of_section(const char *section)
{
    for (size_t i = 0; i < CONFIG_LISTS; i++)
        if (strcmp(config_lists[i].section, section) == 0)
            return &config_lists[i];
    return NULL;
}

const struct key_list *list_of_path(const char *path)
{
    for (size_t i = 0; i < CONFIG_LISTS; i++)
        if (strcmp(config_lists[i].path, path) == 0)
            return &config_lists[i];
    return NULL;
}

const struct key *list_key(const struct key_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->keys[i].name, name) == 0)
            return &l->keys[i];
    return NULL;
}

uint32_t list_count(const struct key_list *l, const struct config *c)
{
    uint32_t n;
    memcpy(&n, (const char *)c + l->list_count, sizeof n);
    return n;
}

static void *array(const struct key_list *l, const struct config *c)
{
    void *all;
    memcpy(&all, (const char *)c + l->list, sizeof all);
    return all;
}

static void put(const struct key_list *l, struct config *c, void *all, uint32_t n)
{
    memcpy((char *)c + l->list, &all, sizeof all);
    memcpy((char *)c + l->list_count, &n, sizeof n);
}

void *list_at(const struct key_list *l, const struct config *c, uint32_t i)
{
    return (char *)array(l, c) + i * l->entry_bytes;
}

void *list_add(const struct key_list *l, struct config *c)
{
    uint32_t n = list_count(l, c);
    char *all = realloc(array(l, c), (n + 1) * l->entry_bytes);
    if (!all)
        return NULL;
    memset(all + n * l->entry_bytes, 0, l->entry_bytes);
    put(l, c, all, n + 1);
    return all + n * l->entry_bytes;
}

void list_sort(const struct key_list *l, struct config *c)
{
    if (list_count(l, c) > 0)
        qsort(array(l, c), list_count(l, c), l->entry_bytes, l->order);
}

void list_free(const struct key_list *l, struct config *c)
{
    for (uint32_t i = 0; i < list_count(l, c); i++)
        for (size_t k = 0; k < l->count; k++)
            value_release(&l->keys[k], list_at(l, c, i));
    free(array(l, c));
    put(l, c, NULL, 0);
}
