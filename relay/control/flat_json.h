/* A reader of small JSON objects whose values are no objects or lists: what actions are told. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: RFC 8259. Owns: nothing; the values are copies. Thread: any. Life: a value.
 * Fails: -EINVAL: it is no such object, has a name twice, or too many; -EMSGSIZE: a string is too
 * long, and members[count] has its name.
 */
#ifndef RELAY_CONTROL_FLAT_JSON_H
#define RELAY_CONTROL_FLAT_JSON_H

#include <stddef.h>

enum { FLAT_JSON_MEMBERS = 20, FLAT_JSON_NAME = 32, FLAT_JSON_TEXT = 260 };

enum flat_json_kind { FLAT_JSON_STRING, FLAT_JSON_NUMBER, FLAT_JSON_BOOL, FLAT_JSON_NULL };

struct flat_json {
    size_t count;
    struct flat_json_member {
        enum flat_json_kind kind;
        char name[FLAT_JSON_NAME];
        char value[FLAT_JSON_TEXT]; /* a string in UTF-8; else as it was written */
    } members[FLAT_JSON_MEMBERS];
};

/* Empty text is an empty object. A NUL in a string is refused. */
__attribute__((warn_unused_result)) int flat_json_parse(struct flat_json *out, const char *text,
                                                        size_t len);
/* A string's value; NULL: there is none of that name, or it is no string. */
const char *flat_json_find(const struct flat_json *j, const char *name);
/* Of any kind, or NULL. */
const struct flat_json_member *flat_json_member(const struct flat_json *j, const char *name);

#endif
