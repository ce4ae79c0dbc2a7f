/* /api/v1/: rooms and feeds as JSON, and the document that describes them. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/api.h"

#include "relay/control/debug.h"
#include "relay/control/problem.h"
#include "relay/control/schema.h"

#include <string.h>

/* A route: what follows "/api/v1/", with at most one {parameter}, at its end. */
struct api_route {
    const char *path;
    const char *summary;
    const char *answer;  /* JSON Schema of a 200 */
    const char *missing; /* detail of a 404; NULL: it is always there */
    /* value: the parameter's, "" without one. False: there is no such thing. */
    bool (*render)(struct text *t, const struct source *src, const char *value);
};

static bool render_rooms(struct text *t, const struct source *src, const char *value)
{
    (void)value;
    text_puts(t, "{\"rooms\":[");
    for (size_t i = 0; i < rooms_count(src->rooms); i++) {
        struct room_facts f;
        room_facts(rooms_at(src->rooms, i), &f);
        text_puts(t, i > 0 ? ",\n" : "\n");
        schema_put(t, &schema_summary, &f);
    }
    text_puts(t, "\n]}\n");
    return true;
}

static bool render_room(struct text *t, const struct source *src, const char *value)
{
    const struct room *room = rooms_find(src->rooms, value);
    struct room_facts f;
    if (!room)
        return false;
    room_facts(room, &f);
    schema_put(t, &schema_room, &f);
    text_puts(t, "\n");
    return true;
}

static bool render_debug(struct text *t, const struct source *src, const char *value)
{
    (void)value;
    debug_put(t, src);
    return true;
}

static bool render_document(struct text *t, const struct source *src, const char *value);

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
static const struct api_route routes[] = {
    {"rooms", "All rooms, in order of their names",
     "{\"type\":\"object\",\"properties\":{\"rooms\":{\"type\":\"array\",\"items\":" REF(
         "RoomSummary") "}},\"required\":[\"rooms\"]}",
     NULL, render_rooms},
    {"rooms/{room}", "One room with its feed's counters", REF("Room"), "There is no such room now.",
     render_room},
    {"debug", "What the relay holds and takes now", REF("Debug"), NULL, render_debug},
    {"openapi.json", "This document", "{\"type\":\"object\"}", NULL, render_document},
};
enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* The length of the part before a route's parameter. */
static size_t fixed_part(const struct api_route *r)
{
    const char *brace = strchr(r->path, '{');
    return brace ? (size_t)(brace - r->path) : strlen(r->path);
}

static bool has_parameter(const struct api_route *r)
{
    return r->path[fixed_part(r)] == '{';
}

static void describe_problem(struct text *t, const char *status, const char *words)
{
    text_printf(t,
                ",\"%s\":{\"description\":\"%s\",\"content\":{\"" PROBLEM_TYPE
                "\":{\"schema\":" REF("Problem") "}}}",
                status, words);
}

static void describe_route(struct text *t, const struct api_route *r)
{
    text_printf(t, "\"/api/v1/%s\":{\"get\":{\"summary\":", r->path);
    text_json(t, r->summary);
    if (has_parameter(r)) {
        const char *name = r->path + fixed_part(r) + 1;
        text_printf(t,
                    ",\"parameters\":[{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,"
                    "\"schema\":{\"type\":\"string\"}}]",
                    (int)strcspn(name, "}"), name);
    }
    text_printf(t,
                ",\"responses\":{\"200\":{\"description\":\"The answer\",\"content\":{\"" API_TYPE
                "\":{\"schema\":%s}}}",
                r->answer);
    describe_problem(t, "403", "Not asked from this machine");
    if (r->missing)
        describe_problem(t, "404", "Nothing of that name");
    text_puts(t, "}}}");
}

static bool render_document(struct text *t, const struct source *src, const char *value)
{
    (void)src;
    (void)value;
    text_puts(t, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Roomcast\",\"version\":\"1\"},"
                 "\"paths\":{");
    for (size_t i = 0; i < ROUTES; i++) {
        text_puts(t, i > 0 ? "," : "");
        describe_route(t, &routes[i]);
    }
    text_puts(t, "},\"components\":{\"schemas\":{");
    const struct schema *const all[] = {&schema_summary,   &schema_room,  &schema_feed,
                                        &schema_rendition, &schema_debug, &schema_process};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        schema_describe(t, all[i]);
        text_puts(t, ",");
    }
    schema_describe_stats(t);
    text_puts(t, ",\"Problem\":{\"type\":\"object\",\"description\":\"RFC 9457\",\"properties\":{"
                 "\"type\":" SCHEMA_STRING ",\"title\":" SCHEMA_STRING ",\"status\":" SCHEMA_INTEGER
                 ",\"detail\":" SCHEMA_STRING "}}}}}\n");
    return true;
}

static int refuse(struct text *t, const char *detail, const char **type)
{
    text_clear(t);
    problem_render(t, 404, detail);
    *type = PROBLEM_TYPE;
    return 404;
}

int api_render(struct text *t, const struct source *src, const char *path, const char **type)
{
    static const char base[] = "/api/v1/";
    const size_t base_len = sizeof(base) - 1;
    const char *rest = strncmp(path, base, base_len) == 0 ? path + base_len : "";
    for (size_t i = 0; i < ROUTES; i++) {
        const struct api_route *r = &routes[i];
        size_t len = fixed_part(r);
        const char *value = rest + len;
        if (strncmp(rest, r->path, len) != 0 || (*value != '\0') != has_parameter(r))
            continue;
        return r->render(t, src, value) ? 200 : refuse(t, r->missing, type);
    }
    return refuse(t, "There is nothing at this path.", type);
}
