/* /api/v1/: rooms and feeds as JSON, what can be done to them, and the document of all that. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/api.h"

#include "relay/control/action.h"
#include "relay/control/asks.h"
#include "relay/control/bearer.h"
#include "relay/control/debug.h"
#include "relay/control/events.h"
#include "relay/control/problem.h"
#include "relay/control/query.h"
#include "relay/control/room_edit.h"
#include "relay/control/schema.h"
#include "relay/control/schema_vitals.h"

#include <stdio.h>
#include <string.h>

static const char base[] = "/api/v1/";

enum { NAME_SIZE = ROOM_NAME_MAX + 1, WHO_SIZE = 80 };

/* One request at one route. */
struct call {
    const struct source *src;
    const struct asked *asked;
    struct page_head *head;
    const char *who;                               /* for the log */
    const char *detail;                            /* out: of a refusal */
    char field[ACTION_FIELD], words[ACTION_WORDS]; /* out: its parts, where it has them */
    char name[NAME_SIZE];                          /* the parameter's value, "" without one */
};

/* A route: what follows "/api/v1/", with at most one {parameter}. */
struct api_route {
    const char *path;
    enum http_method method;
    enum bearer_role role; /* who may, at least */
    const char *summary;
    const char *body;    /* JSON Schema of what it takes; NULL: nothing */
    const char *answer;  /* JSON Schema of a 200 */
    const char *missing; /* detail of a 404; NULL: it is always there */
    /* The status; anything but 200 is a problem, with c->detail or `missing`. 0: it comes later. */
    int (*render)(struct text *t, struct call *c);
    bool stores;                     /* the store is asked: 201 or 200, later */
    void (*body_of)(struct text *t); /* where `body` is made from a table */
};

static int render_rooms(struct text *t, struct call *c)
{
    text_puts(t, "{\"rooms\":[");
    for (size_t i = 0; i < rooms_count(c->src->rooms); i++) {
        struct room_facts f;
        room_facts(rooms_at(c->src->rooms, i), &f);
        text_puts(t, i > 0 ? ",\n" : "\n");
        schema_put(t, &schema_summary, &f);
    }
    text_puts(t, "\n]}\n");
    return 200;
}

static int render_events(struct text *t, struct call *c)
{
    c->head->type = EVENTS_TYPE;
    c->head->extra = "X-Accel-Buffering: no\r\n"; /* or nginx keeps it to itself */
    events_open(c->src->events, t, c->src->rooms, c->src->now_us);
    return 200;
}

static int render_of_room(struct text *t, struct call *c, const struct schema *schema)
{
    const struct room *room = rooms_find(c->src->rooms, c->name);
    struct room_facts f;
    if (!room)
        return 404;
    room_facts(room, &f);
    schema_put(t, schema, &f);
    text_puts(t, "\n");
    return 200;
}

static int render_room(struct text *t, struct call *c)
{
    return render_of_room(t, c, &schema_room);
}

static int render_history(struct text *t, struct call *c)
{
    return render_of_room(t, c, &schema_history);
}

static int act(struct text *t, struct call *c, int (*action)(struct text *t, struct action *a))
{
    struct action a = {.src = c->src, .asked = c->asked, .room = c->name, .who = c->who};
    int status = action(t, &a);
    memcpy(c->field, a.field, sizeof(c->field));
    memcpy(c->words, a.words, sizeof(c->words));
    c->detail = a.detail == a.words ? c->words : a.detail;
    c->head->pending = a.pending;
    c->head->extra = a.extra;
    return status;
}

static int render_kick(struct text *t, struct call *c)
{
    return act(t, c, action_kick);
}

static int render_on_air(struct text *t, struct call *c)
{
    return act(t, c, action_on_air);
}

static int render_create(struct text *t, struct call *c)
{
    return act(t, c, room_edit_create);
}

static int render_change(struct text *t, struct call *c)
{
    return act(t, c, room_edit_change);
}

static int render_close(struct text *t, struct call *c)
{
    return act(t, c, room_edit_close);
}

static int render_key(struct text *t, struct call *c)
{
    return act(t, c, room_edit_key);
}

static int render_settings(struct text *t, struct call *c)
{
    room_edit_list(t, c->src->config);
    return 200;
}

static void body_of_create(struct text *t)
{
    room_edit_describe_body(t, true);
}

static void body_of_change(struct text *t)
{
    room_edit_describe_body(t, false);
}

static int render_public(struct text *t, struct call *c)
{
    return act(t, c, action_public);
}

static int render_usage(struct text *t, struct call *c)
{
    return act(t, c, asks_usage);
}

static int render_usage_csv(struct text *t, struct call *c)
{
    return act(t, c, asks_usage_csv);
}

static int render_audit(struct text *t, struct call *c)
{
    return act(t, c, asks_audit);
}

static int render_debug(struct text *t, struct call *c)
{
    debug_put(t, c->src);
    return 200;
}

static int render_document(struct text *t, struct call *c);

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define NO_ROOM   "There is no such room now."
#define NO_LEDGER "There is no store, or nothing is counted."
#define ROLE_BODY(type)                                                                            \
    "{\"type\":\"object\",\"properties\":{\"role\":" type "},\"additionalProperties\":false"
#define KEPT_ROOM                                                                                  \
    "{\"type\":\"object\",\"properties\":{\"room\":" SCHEMA_STRING ",\"key\":" SCHEMA_STRING       \
    ",\"stream_id\":" SCHEMA_STRING ",\"srt\":" SCHEMA_STRING ",\"settings\":" REF(                \
        "RoomSettings") "},\"required\":[\"room\",\"key\",\"stream_id\",\"srt\",\"settings\"]}"
#define CHOICE "{\"enum\":[\"main\",\"backup\",\"auto\"]}"
static const struct api_route routes[] = {
    {"rooms", HTTP_GET, BEARER_READER, "All rooms, in order of their names", NULL,
     "{\"type\":\"object\",\"properties\":{\"rooms\":{\"type\":\"array\",\"items\":" REF(
         "RoomSummary") "}},\"required\":[\"rooms\"]}",
     NULL, render_rooms, false, NULL},
    {"rooms/{room}", HTTP_GET, BEARER_READER, "One room with its feed's counters", NULL,
     REF("Room"), NO_ROOM, render_room, false, NULL},
    {"rooms", HTTP_POST, BEARER_ORGANIZER,
     "Makes a room, and the key that its publisher has to know: it is shown this once", NULL,
     KEPT_ROOM, NULL, render_create, true, body_of_create},
    {"rooms/{room}", HTTP_PATCH, BEARER_ORGANIZER,
     "Changes what is given of a room that the API made; null: back to what holds for all", NULL,
     REF("RoomSettings"), NO_ROOM, render_change, true, body_of_change},
    {"rooms/{room}", HTTP_DELETE, BEARER_ORGANIZER,
     "Closes a room that the API made: feeds and viewers at once, and its name is free", NULL,
     "{\"type\":\"object\",\"properties\":{\"closed\":" SCHEMA_STRING
     "},\"required\":[\"closed\"]}",
     NO_ROOM, render_close, true, NULL},
    {"rooms/{room}/key", HTTP_POST, BEARER_ORGANIZER,
     "A new publish key, shown this once; the old one is refused from now on, and a feed that "
     "stands is ended unless keep_feed",
     "{\"type\":\"object\",\"properties\":{\"keep_feed\":" SCHEMA_BOOLEAN
     "},\"additionalProperties\":false}",
     KEPT_ROOM, NO_ROOM, render_key, true, NULL},
    {"settings", HTTP_GET, BEARER_READER, "How all rooms are set up, live or not", NULL,
     "{\"type\":\"object\",\"properties\":{\"rooms\":{\"type\":\"array\",\"items\":" REF(
         "RoomSettings") "}},\"required\":[\"rooms\"]}",
     NULL, render_settings, false, NULL},
    {"rooms/{room}/history", HTTP_GET, BEARER_READER, "A room's last hour, for charts", NULL,
     REF("History"), NO_ROOM, render_history, false, NULL},
    {"rooms/{room}/kick", HTTP_POST, BEARER_ORGANIZER,
     "Ends the feed of that role, or without a role the one on air", ROLE_BODY(SCHEMA_STRING) "}",
     "{\"type\":\"object\",\"properties\":{\"kicked\":" SCHEMA_INTEGER
     "},\"required\":[\"kicked\"]}",
     NO_ROOM, render_kick, false, NULL},
    {"rooms/{room}/on-air", HTTP_POST, BEARER_ORGANIZER,
     "Puts main or backup on air while it is of use; auto leaves the choice to the relay",
     ROLE_BODY(CHOICE) ",\"required\":[\"role\"]}",
     "{\"type\":\"object\",\"properties\":{\"chosen\":" CHOICE "},\"required\":[\"chosen\"]}",
     NO_ROOM, render_on_air, false, NULL},
    {"rooms/{room}/public", HTTP_POST, BEARER_ORGANIZER,
     "Shows viewers a room that waits for a green light",
     "{\"type\":\"object\",\"additionalProperties\":false}",
     "{\"type\":\"object\",\"properties\":{\"public\":" SCHEMA_BOOLEAN
     "},\"required\":[\"public\"]}",
     NO_ROOM, render_public, false, NULL},
    {"events", HTTP_GET, BEARER_READER,
     "Server-sent events: first rooms (all of them), then room (a RoomSummary whose state, light "
     "or "
     "place on air changed) and gone (a name); the connection stays open",
     NULL, SCHEMA_STRING, NULL, render_events, false, NULL},
    {"usage", HTTP_GET, BEARER_READER,
     "What rooms used, by room and day (UTC); five seconds behind at most while the store is well",
     NULL,
     "{\"type\":\"object\",\"properties\":{\"from\":" SCHEMA_STRING ",\"to\":" SCHEMA_STRING
     ",\"rows\":{\"type\":\"array\",\"items\":" REF("UsageRow") "},\"total\":" REF(
         "UsageTotal") "},\"required\":[\"from\",\"to\",\"rows\",\"total\"]}",
     NO_LEDGER, render_usage, true, NULL},
    {"usage.csv", HTTP_GET, BEARER_READER, "The rows of usage as a table (RFC 4180)", NULL,
     SCHEMA_STRING, NO_LEDGER, render_usage_csv, true, NULL},
    {"audit", HTTP_GET, BEARER_ORGANIZER,
     "Who made, changed and closed rooms, in the order in which it was done", NULL,
     "{\"type\":\"object\",\"properties\":{\"entries\":{\"type\":\"array\",\"items\":" REF(
         "AuditEntry") "}},\"required\":[\"entries\"]}",
     NO_LEDGER, render_audit, true, NULL},
    {"debug", HTTP_GET, BEARER_READER, "What the relay holds and takes now", NULL, REF("Debug"),
     NULL, render_debug, false, NULL},
    {"openapi.json", HTTP_GET, BEARER_READER, "This document", NULL, "{\"type\":\"object\"}", NULL,
     render_document, false, NULL},
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

/* Does it lead there? name: the parameter's value; one that is too long for any is "". */
static bool leads_to(const struct api_route *r, const char *rest, char name[static NAME_SIZE])
{
    size_t fixed = fixed_part(r);
    name[0] = '\0';
    if (strncmp(rest, r->path, fixed) != 0)
        return false;
    if (!has_parameter(r))
        return rest[fixed] == '\0';
    size_t len = strcspn(rest + fixed, "/");
    if (len == 0 || strcmp(rest + fixed + len, strchr(r->path, '}') + 1) != 0)
        return false;
    if (len < NAME_SIZE)
        snprintf(name, NAME_SIZE, "%.*s", (int)len, rest + fixed);
    return true;
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
    const char *name = r->path + fixed_part(r) + 1;
    text_puts(t, ",\"parameters\":[");
    query_describe(t, r->path);
    if (has_parameter(r))
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
                     acts ? "By a reader, or no organizer's token is set"
                          : "No tokens are set, and not asked from this machine");
    if (r->missing)
        describe_problem(t, "404", "Nothing of that name");
    if (r->stores && acts)
        describe_problem(t, "409", "The name is taken, or the configuration file has the room");
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

static void describe_route(struct text *t, const struct api_route *r)
{
    text_printf(t, "\"%s\":{\"summary\":", method_word(r->method));
    text_json(t, r->summary);
    if (has_parameter(r) || query_is_taken(r->path))
        describe_parameter(t, r);
    if (r->body || r->body_of)
        describe_body(t, r);
    text_printf(t,
                ",\"responses\":{\"%s\":{\"description\":\"The answer\",\"content\":{\"%s"
                "\":{\"schema\":%s}}}",
                r->render == render_create ? "201" : "200",
                r->render == render_events      ? EVENTS_TYPE
                : r->render == render_usage_csv ? ASKS_CSV_TYPE
                                                : API_TYPE,
                r->answer);
    describe_problems(t, r);
    text_puts(t, "}}");
}

/* Is there a route of the same path before it? */
static bool is_described(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(routes[k].path, routes[i].path) == 0)
            return true;
    return false;
}

/* All methods of a path stand together. */
static void describe_path(struct text *t, size_t first)
{
    text_printf(t, "%s\"/api/v1/%s\":{", first > 0 ? "," : "", routes[first].path);
    for (size_t i = first; i < ROUTES; i++) {
        if (strcmp(routes[i].path, routes[first].path) != 0)
            continue;
        text_puts(t, i > first ? "," : "");
        describe_route(t, &routes[i]);
    }
    text_puts(t, "}");
}

static int render_document(struct text *t, struct call *c)
{
    (void)c;
    text_puts(t, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Roomcast\",\"version\":\"1\"},"
                 "\"security\":[{},{\"token\":[]}],\"paths\":{");
    for (size_t i = 0; i < ROUTES; i++)
        if (!is_described(i))
            describe_path(t, i);
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
    asks_describe(t);
    text_puts(t, ",");
    schema_describe_stats(t);
    text_puts(t, ",\"Problem\":{\"type\":\"object\",\"description\":\"RFC 9457\",\"properties\":{"
                 "\"type\":" SCHEMA_STRING ",\"title\":" SCHEMA_STRING ",\"status\":" SCHEMA_INTEGER
                 ",\"detail\":" SCHEMA_STRING ",\"field\":" SCHEMA_STRING "}}}}}\n");
    return 200;
}

static int call_route(struct text *t, const struct api_route *r, struct call *c,
                      enum bearer_role role)
{
    struct page_head *head = c->head;
    if (role < r->role)
        return problem_answer(t, head, 403, bearer_only_looks(c->src->config));
    int status = r->render(t, c);
    return status == 0 || status == 200
               ? status
               : problem_answer_field(t, head, status, c->detail ? c->detail : r->missing,
                                      c->field);
}

/* The header line of a 405; the paths are few. */
static const char *allowed(unsigned methods)
{
    static const struct {
        unsigned methods;
        const char *line;
    } known[] = {
        {1u << HTTP_GET, "Allow: GET, HEAD\r\n"},
        {1u << HTTP_POST, "Allow: POST\r\n"},
        {1u << HTTP_GET | 1u << HTTP_POST, "Allow: GET, HEAD, POST\r\n"},
        {1u << HTTP_GET | 1u << HTTP_PATCH | 1u << HTTP_DELETE,
         "Allow: GET, HEAD, PATCH, DELETE\r\n"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].methods == methods)
            return known[i].line;
    return NULL;
}

bool api_may_wait(enum http_method method, const char *path)
{
    char name[NAME_SIZE];
    if (strncmp(path, base, sizeof(base) - 1) != 0)
        return false;
    for (size_t i = 0; i < ROUTES; i++)
        if (routes[i].stores && routes[i].method == method &&
            leads_to(&routes[i], path + sizeof(base) - 1, name))
            return true;
    return false;
}

int api_render(struct text *t, const struct source *src, const struct asked *q,
               struct page_head *head)
{
    const char *rest =
        strncmp(q->path, base, sizeof(base) - 1) == 0 ? q->path + sizeof(base) - 1 : "";
    struct bearer_verdict v = bearer_judge(src->bearers, src->config, q, src->now_us);
    char who[WHO_SIZE];
    struct call c = {.src = src, .asked = q, .head = head, .who = who};
    unsigned methods = 0;
    snprintf(who, sizeof(who), "%s@%s", bearer_role_word(v.role), q->peer);
    head->extra = v.extra;
    if (v.status)
        return problem_answer(t, head, v.status, v.detail);
    for (size_t i = 0; i < ROUTES; i++) {
        if (!leads_to(&routes[i], rest, c.name))
            continue;
        if (routes[i].method == q->method)
            return call_route(t, &routes[i], &c, v.role);
        methods |= 1u << routes[i].method;
    }
    if (!methods)
        return problem_answer(t, head, 404, "There is nothing at this path.");
    head->extra = allowed(methods);
    return problem_answer(t, head, 405, "This address does not take that method.");
}
