/* A reader of small JSON objects whose values are all strings: what actions are told. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: RFC 8259. Owns: nothing; the values are copies. Thread: any. Life: a value.
 * Fails: -EINVAL: it is no such object, has a name twice, or is larger than it may be.
 */
#ifndef RELAY_CONTROL_FLAT_JSON_H
#define RELAY_CONTROL_FLAT_JSON_H

#include <stddef.h>

enum { FLAT_JSON_MEMBERS = 8, FLAT_JSON_TEXT = 80 };

struct flat_json {
    size_t count;
    struct flat_json_member {
        char name[FLAT_JSON_TEXT], value[FLAT_JSON_TEXT];
    } members[FLAT_JSON_MEMBERS];
};

/* Empty text is an empty object. Escapes other than \" \\ and \/ are refused: nothing that is asked
 * for needs them. */
__attribute__((warn_unused_result)) int flat_json_parse(struct flat_json *out, const char *text,
                                                        size_t len);
/* NULL: there is none of that name. */
const char *flat_json_find(const struct flat_json *j, const char *name);

#endif
