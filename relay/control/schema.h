/* JSON objects and their description from one table: what is answered is what is documented. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; tables are constant. Thread: control. Life: pure functions. Fails: never; a
 * failed text says so itself.
 */
#ifndef RELAY_CONTROL_SCHEMA_H
#define RELAY_CONTROL_SCHEMA_H

#include "relay/base/text.h"

#include <stddef.h>

/* One member of an object. put writes its value for a subject, whose type the table fixes. */
struct schema_field {
    const char *name;
    const char *type; /* a JSON Schema, as text: "{\"type\":\"integer\"}" */
    const char *help;
    void (*put)(struct text *t, const void *subject);
};

struct schema {
    const char *name; /* in the document's components */
    const char *help;
    const struct schema_field *fields;
    size_t count;
};

/* Shorthands for `type`. */
#define SCHEMA_STRING  "{\"type\":\"string\"}"
#define SCHEMA_INTEGER "{\"type\":\"integer\"}"
#define SCHEMA_NUMBER  "{\"type\":\"number\"}"
#define SCHEMA_BOOLEAN "{\"type\":\"boolean\"}"
#define SCHEMA_TIME    "{\"type\":\"string\",\"format\":\"date-time\"}"

/* What the API speaks of: the schemas of the document, by the order they are printed in. */
extern const struct schema schema_feed;      /* subject: struct session */
extern const struct schema schema_rendition; /* subject: struct rendition */
extern const struct schema schema_room;      /* subject: struct room_facts */
extern const struct schema schema_summary;   /* subject: struct room_facts */

/* The object of a subject. */
void schema_put(struct text *t, const struct schema *s, const void *subject);
/* "Name":{"type":"object",...} for the document. */
void schema_describe(struct text *t, const struct schema *s);
/* The counters of a feed, from the table in room/: an object, and its description. */
void schema_put_stats(struct text *t, const void *link_feed_stats);
void schema_describe_stats(struct text *t);

#endif
