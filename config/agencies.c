/* Whose a room is. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/duration.h"

#include <string.h>

/* Where agencies stand in order of their prefixes. */
struct shelf {
    const void *list;
    size_t count;
    const struct config_agency *(*at)(const void *list, size_t i);
};

static const struct config_agency *listed_at(const void *list, size_t i)
{
    return (const struct config_agency *)list + i;
}

static const struct config_agency *stored_at(const void *list, size_t i)
{
    return &stored_agencies_at(list, i)->agency;
}

/* No prefix begins with another one, so what begins the name is the last that is not behind it. */
static const struct config_agency *find_owner(const struct shelf *s, const char *room)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(s->at(s->list, middle)->prefix, room) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct config_agency *a = low > 0 ? s->at(s->list, low - 1) : NULL;
    return a && strncmp(room, a->prefix, strlen(a->prefix)) == 0 ? a : NULL;
}

static const struct config_agency *find_listed(const struct config *c, const char *name)
{
    for (uint32_t i = 0; i < c->agencies.list_count; i++)
        if (strcmp(c->agencies.list[i].name, name) == 0)
            return &c->agencies.list[i];
    return NULL;
}

static const struct stored_rooms *stored(const struct config *c)
{
    return c->stored ? c->stored->rooms : NULL;
}

const struct config_agency *config_agency_of(const struct config *c, const char *room)
{
    const struct shelf file = {c->agencies.list, c->agencies.list_count, listed_at};
    const struct stored_rooms *made = stored(c);
    const struct config_agency *a = find_owner(&file, room);
    if (a || !made)
        return a;
    a = find_owner(&(struct shelf){made, stored_agencies_count(made), stored_at}, room);
    return a && find_listed(c, a->name) ? NULL : a;
}

const struct stored_agency *config_find_stored_agency(const struct config *c, const char *name)
{
    const struct stored_rooms *made = stored(c);
    for (size_t i = 0; made && i < stored_agencies_count(made); i++)
        if (strcmp(stored_agencies_at(made, i)->agency.name, name) == 0)
            return find_listed(c, name) ? NULL : stored_agencies_at(made, i);
    return NULL;
}

const struct config_agency *config_find_agency(const struct config *c, const char *name)
{
    const struct config_agency *listed = find_listed(c, name);
    const struct stored_agency *made = listed ? NULL : config_find_stored_agency(c, name);
    return made ? &made->agency : listed;
}

const char *config_agency_title(const struct config_agency *a)
{
    return a->title ? a->title : a->name;
}

void config_agencies_forget(struct config *c)
{
    for (uint32_t i = 0; i < c->agencies.list_count; i++) {
        struct config_agency *a = &c->agencies.list[i];
        if (a->token)
            explicit_bzero(a->token, strlen(a->token));
        if (a->reader_token)
            explicit_bzero(a->reader_token, strlen(a->reader_token));
    }
}

uint32_t config_agency_window_ms(const struct config_agency *a)
{
    uint32_t seconds;
    if (!a || !a->window || duration_parse(a->window, strlen(a->window), &seconds) < 0)
        return 0;
    return seconds * 1000; /* some hours at most: config/lists.c */
}
