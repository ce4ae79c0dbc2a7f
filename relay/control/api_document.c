/* The OpenAPI 3.1 document of /api/v1/, made from the table of its routes. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/api_document.h"

#include "relay/control/agency_edit.h"
#include "relay/control/api.h"
#include "relay/control/asks.h"
#include "relay/control/debug.h"
#include "relay/control/events.h"
#include "relay/control/problem.h"
#include "relay/control/query.h"
#include "relay/control/room_edit.h"
#include "relay/control/schema.h"
#include "relay/control/schema_vitals.h"

#include <string.h>

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"

size_t api_fixed_part(const struct api_route *r)
{
    const char *brace = strchr(r->path, '{');
    return brace ? (size_t)(brace - r->path) : strlen(r->path);
}

bool api_has_parameter(const struct api_route *r)
{
    return r->path[api_fixed_part(r)] == '{';
}

static void describe_problem(struct text *t, const char *status, const char *words)
{
    text_printf(t,
                ",\"%s\":{\"description\":\"%s\",\"content\":{\"" PROBLEM_TYPE
                "\":{\"schema\":" REF("Problem") "}}}",
                status, words);
}

static const char *method_word(enum http_method m)
{
    return m == HTTP_POST     ? "post"
           : m == HTTP_PATCH  ? "patch"
           : m == HTTP_DELETE ? "delete"
                              : "get";
}

static void describe_parameter(struct text *t, const struct api_route *r)
{
    const char *name = r->path + api_fixed_part(r) + 1;
    text_puts(t, ",\"parameters\":[");
    query_describe(t, r->path);
    if (api_has_parameter(r))
        text_printf(t,
                    "{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,"
                    "\"schema\":{\"type\":\"string\"}}",
                    (int)strcspn(name, "}"), name);
    text_puts(t, "]");
}

static void describe_body(struct text *t, const struct api_route *r)
{
    text_puts(t, ",\"requestBody\":{\"content\":{\"" API_TYPE "\":{\"schema\":");
    if (r->body_of)
        r->body_of(t);
    else
        text_puts(t, r->body);
    text_puts(t, "}}}");
}

static void describe_problems(struct text *t, const struct api_route *r)
{
    bool acts = r->method != HTTP_GET, takes = r->body || r->body_of;
    if (takes)
        describe_problem(t, "400", "Not a JSON object");
    else if (query_is_taken(r->path))
        describe_problem(t, "400", "A parameter that may not be; it is named in `field`");
    describe_problem(t, "401", "Tokens are set, and none or a wrong one was given");
    describe_problem(t, "403",
                     r->who == ACTS_ALL ? "By a reader or an agency, or no organizer's token is set"
                     : acts             ? "By a reader, or no organizer's token is set"
                     : r->who == LOOKS_ALL ? "By an agency; or no tokens are set, and not asked "
                                             "from this machine"
                                           : "No tokens are set, and not asked from this machine");
    if (r->missing)
        describe_problem(t, "404", "Nothing of that name");
    if (r->stores && acts)
        describe_problem(t, "409", "The name is taken, is the file's, or is in use");
    if (takes) {
        describe_problem(t, "413", "A body of more than 4096 bytes");
        describe_problem(t, "422", "A value that may not be; its member is named in `field`");
    }
    describe_problem(t, "429",
                     acts ? "Too many wrong tokens, or changes" : "Too many wrong tokens");
    if (acts || r->stores)
        describe_problem(t, "503",
                         r->stores ? "The store cannot be used, or was too slow"
                                   : "Nothing was done; ask again");
}

/* Something that was not there before: 201. */
static bool makes(const struct api_route *r)
{
    return r->stores && r->method == HTTP_POST && !api_has_parameter(r);
}

static const char *type_of(const struct api_route *r)
{
    return strcmp(r->path, "events") == 0      ? EVENTS_TYPE
           : strcmp(r->path, "usage.csv") == 0 ? ASKS_CSV_TYPE
                                               : API_TYPE;
}

static void describe_route(struct text *t, const struct api_route *r)
{
    text_printf(t, "\"%s\":{\"summary\":", method_word(r->method));
    text_json(t, r->summary);
    if (api_has_parameter(r) || query_is_taken(r->path))
        describe_parameter(t, r);
    if (r->body || r->body_of)
        describe_body(t, r);
    text_printf(t,
                ",\"responses\":{\"%s\":{\"description\":\"The answer\",\"content\":{\"%s"
                "\":{\"schema\":%s}}}",
                makes(r) ? "201" : "200", type_of(r), r->answer);
    describe_problems(t, r);
    text_puts(t, "}}");
}

/* Is there a route of the same path before it? */
static bool is_described(const struct api_route *routes, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(routes[k].path, routes[i].path) == 0)
            return true;
    return false;
}

/* All methods of a path stand together. */
static void describe_path(struct text *t, const struct api_route *routes, size_t count,
                          size_t first)
{
    text_printf(t, "%s\"/api/v1/%s\":{", first > 0 ? "," : "", routes[first].path);
    for (size_t i = first; i < count; i++) {
        if (strcmp(routes[i].path, routes[first].path) != 0)
            continue;
        text_puts(t, i > first ? "," : "");
        describe_route(t, &routes[i]);
    }
    text_puts(t, "}");
}

void api_document_put(struct text *t, const struct api_route *routes, size_t count)
{
    text_puts(t, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Roomcast\",\"version\":\"1\"},"
                 "\"security\":[{},{\"token\":[]}],\"paths\":{");
    for (size_t i = 0; i < count; i++)
        if (!is_described(routes, i))
            describe_path(t, routes, count, i);
    text_puts(t, "},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\","
                 "\"scheme\":\"bearer\"}},\"schemas\":{");
    const struct schema *const all[] = {&schema_summary, &schema_room,      &schema_feed,
                                        &schema_vitals,  &schema_rendition, &schema_history,
                                        &schema_debug,   &schema_process};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        schema_describe(t, all[i]);
        text_puts(t, ",");
    }
    room_edit_describe(t);
    text_puts(t, ",");
    agency_edit_describe(t);
    text_puts(t, ",");
    asks_describe(t);
    text_puts(t, ",");
    schema_describe_stats(t);
    text_puts(t, ",\"Problem\":{\"type\":\"object\",\"description\":\"RFC 9457\",\"properties\":{"
                 "\"type\":" SCHEMA_STRING ",\"title\":" SCHEMA_STRING ",\"status\":" SCHEMA_INTEGER
                 ",\"detail\":" SCHEMA_STRING ",\"field\":" SCHEMA_STRING "}}}}}\n");
}
