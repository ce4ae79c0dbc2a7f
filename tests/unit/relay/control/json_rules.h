/* Is a text one JSON value (RFC 8259)? A reader that knows the grammar and keeps nothing. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CONTROL_JSON_RULES_H
#define TESTS_UNIT_CONTROL_JSON_RULES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline const char *json_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

static inline const char *json_string(const char *p)
{
    for (p++; *p && *p != '"'; p++)
        if ((unsigned char)*p < ' ' || (*p == '\\' && !strchr("\"\\/bfnrtu", *++p)))
            return NULL;
    return *p == '"' ? p + 1 : NULL;
}

/* What follows the value at p, or NULL. */
static inline const char *json_value(const char *p, unsigned depth);

/* Members of an object or an array, up to and with `close`. */
static inline const char *json_members(const char *p, char close, unsigned depth)
{
    p = json_space(p + 1);
    if (*p == close)
        return p + 1;
    for (;;) {
        if (close == '}') {
            p = *p == '"' ? json_string(p) : NULL;
            p = p ? json_space(p) : NULL;
            if (!p || *p++ != ':')
                return NULL;
        }
        p = json_value(p, depth + 1);
        p = p ? json_space(p) : NULL;
        if (!p || (*p != ',' && *p != close))
            return NULL;
        if (*p == close)
            return p + 1;
        p = json_space(p + 1);
    }
}

static inline const char *json_value(const char *p, unsigned depth)
{
    static const char *const words[] = {"true", "false", "null"};
    p = json_space(p);
    if (depth > 64)
        return NULL;
    if (*p == '{' || *p == '[')
        return json_members(p, *p == '{' ? '}' : ']', depth);
    if (*p == '"')
        return json_string(p);
    for (size_t i = 0; i < 3; i++)
        if (strncmp(p, words[i], strlen(words[i])) == 0)
            return p + strlen(words[i]);
    size_t len = strspn(p, "-0123456789.eE+");
    return len > 0 ? p + len : NULL;
}

static inline bool json_is_valid(const char *text)
{
    const char *end = json_value(text, 0);
    return end && *json_space(end) == '\0';
}

#endif
