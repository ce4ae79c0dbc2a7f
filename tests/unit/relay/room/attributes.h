/* Attributes of a playlist's tags. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_ATTRIBUTES_H
#define TESTS_UNIT_ROOM_ATTRIBUTES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The attribute's value up to the next comma or quote, in a buffer; false: there is none. */
static inline bool ll_attribute(const char *line, const char *name, char out[static 80])
{
    const char *at = strstr(line, name);
    if (!at)
        return false;
    at += strlen(name);
    if (*at == '"')
        snprintf(out, 80, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
    else
        snprintf(out, 80, "%.*s", (int)strcspn(at, ","), at);
    return true;
}

static inline double ll_number(const char *line, const char *name)
{
    char value[80];
    return ll_attribute(line, name, value) ? strtod(value, NULL) : -1;
}

#endif
