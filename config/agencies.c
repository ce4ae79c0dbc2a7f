/* Whose a room is. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/duration.h"

#include <string.h>

/* No prefix begins with another one, so what begins the name is the last that is not behind it. */
const struct config_agency *config_agency_of(const struct config *c, const char *room)
{
    size_t low = 0, high = c->agencies.list_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(c->agencies.list[middle].prefix, room) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct config_agency *a = low > 0 ? &c->agencies.list[low - 1] : NULL;
    return a && strncmp(room, a->prefix, strlen(a->prefix)) == 0 ? a : NULL;
}

const struct config_agency *config_find_agency(const struct config *c, const char *name)
{
    for (uint32_t i = 0; i < c->agencies.list_count; i++)
        if (strcmp(c->agencies.list[i].name, name) == 0)
            return &c->agencies.list[i];
    return NULL;
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
