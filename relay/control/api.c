/* /api/v1/: rooms and feeds as JSON, what can be done to them, and the document of all that. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/api.h"

#include "relay/control/action.h"
#include "relay/control/bearer.h"
#include "relay/control/debug.h"
#include "relay/control/events.h"
#include "relay/control/problem.h"
#include "relay/control/schema.h"
#include "relay/control/schema_vitals.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = ROOM_NAME_MAX + 1, WHO_SIZE = 80 };

/* One request at one route. */
struct call {
    const struct source *src;
    const struct asked *asked;
    struct page_head *head;
    const char *who;      /* for the log */
    const char *detail;   /* out: of a refusal */
    char name[NAME_SIZE]; /* the parameter's value, "" without one */
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
    /* The status; anything but 200 is a problem, with c->detail or `missing`. */
    int (*render)(struct text *t, struct call *c);
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
    c->detail = a.detail;
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

static int render_public(struct text *t, struct call *c)
{
    return act(t, c, action_public);
}

static int render_debug(struct text *t, struct call *c)
{
    debug_put(t, c->src);
    return 200;
}

static int render_document(struct text *t, struct call *c);

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define NO_ROOM   "There is no such room now."
#define ROLE_BODY(type)                                                                            \
    "{\"type\":\"object\",\"properties\":{\"role\":" type "},\"additionalProperties\":false"
#define CHOICE "{\"enum\":[\"main\",\"backup\",\"auto\"]}"
static const struct api_route routes[] = {
    {"rooms", HTTP_GET, BEARER_READER, "All rooms, in order of their names", NULL,
     "{\"type\":\"object\",\"properties\":{\"rooms\":{\"type\":\"array\",\"items\":" REF(
         "RoomSummary") "}},\"required\":[\"rooms\"]}",
     NULL, render_rooms},
    {"rooms/{room}", HTTP_GET, BEARER_READER, "One room with its feed's counters", NULL,
     REF("Room"), NO_ROOM, render_room},
    {"rooms/{room}/history", HTTP_GET, BEARER_READER, "A room's last hour, for charts", NULL,
     REF("History"), NO_ROOM, render_history},
    {"rooms/{room}/kick", HTTP_POST, BEARER_ORGANIZER,
     "Ends the feed of that role, or without a role the one on air", ROLE_BODY(SCHEMA_STRING) "}",
     "{\"type\":\"object\",\"properties\":{\"kicked\":" SCHEMA_INTEGER
     "},\"required\":[\"kicked\"]}",
     NO_ROOM, render_kick},
    {"rooms/{room}/on-air", HTTP_POST, BEARER_ORGANIZER,
     "Puts main or backup on air while it is of use; auto leaves the choice to the relay",
     ROLE_BODY(CHOICE) ",\"required\":[\"role\"]}",
     "{\"type\":\"object\",\"properties\":{\"chosen\":" CHOICE "},\"required\":[\"chosen\"]}",
     NO_ROOM, render_on_air},
    {"rooms/{room}/public", HTTP_POST, BEARER_ORGANIZER,
     "Shows viewers a room that waits for a green light",
     "{\"type\":\"object\",\"additionalProperties\":false}",
     "{\"type\":\"object\",\"properties\":{\"public\":" SCHEMA_BOOLEAN
     "},\"required\":[\"public\"]}",
     NO_ROOM, render_public},
    {"events", HTTP_GET, BEARER_READER,
     "Server-sent events: first rooms (all of them), then room (a RoomSummary whose state, light "
     "or "
     "place on air changed) and gone (a name); the connection stays open",
     NULL, SCHEMA_STRING, NULL, render_events},
    {"debug", HTTP_GET, BEARER_READER, "What the relay holds and takes now", NULL, REF("Debug"),
     NULL, render_debug},
    {"openapi.json", HTTP_GET, BEARER_READER, "This document", NULL, "{\"type\":\"object\"}", NULL,
     render_document},
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

static void describe_route(struct text *t, const struct api_route *r)
{
    text_printf(t, "\"/api/v1/%s\":{\"%s\":{\"summary\":", r->path,
                r->method == HTTP_POST ? "post" : "get");
    text_json(t, r->summary);
    if (has_parameter(r)) {
        const char *name = r->path + fixed_part(r) + 1;
        text_printf(t,
                    ",\"parameters\":[{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,"
                    "\"schema\":{\"type\":\"string\"}}]",
                    (int)strcspn(name, "}"), name);
    }
    if (r->body)
        text_printf(t, ",\"requestBody\":{\"content\":{\"" API_TYPE "\":{\"schema\":%s}}}",
                    r->body);
    text_printf(t,
                ",\"responses\":{\"200\":{\"description\":\"The answer\",\"content\":{\"%s"
                "\":{\"schema\":%s}}}",
                r->render == render_events ? EVENTS_TYPE : API_TYPE, r->answer);
    if (r->body)
        describe_problem(t, "400", "Not a JSON object");
    describe_problem(t, "401", "Tokens are set, and none or a wrong one was given");
    describe_problem(t, "403",
                     r->method == HTTP_POST ? "By a reader, or no organizer's token is set"
                                            : "No tokens are set, and not asked from this machine");
    if (r->missing)
        describe_problem(t, "404", "Nothing of that name");
    if (r->body)
        describe_problem(t, "422", "A role that is not known, or something else");
    describe_problem(t, "429", "Too many wrong tokens");
    if (r->method == HTTP_POST)
        describe_problem(t, "503", "Nothing was done; ask again");
    text_puts(t, "}}}");
}

static int render_document(struct text *t, struct call *c)
{
    (void)c;
    text_puts(t, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Roomcast\",\"version\":\"1\"},"
                 "\"security\":[{},{\"token\":[]}],\"paths\":{");
    for (size_t i = 0; i < ROUTES; i++) {
        text_puts(t, i > 0 ? "," : "");
        describe_route(t, &routes[i]);
    }
    text_puts(t, "},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\","
                 "\"scheme\":\"bearer\"}},\"schemas\":{");
    const struct schema *const all[] = {&schema_summary, &schema_room,      &schema_feed,
                                        &schema_vitals,  &schema_rendition, &schema_history,
                                        &schema_debug,   &schema_process};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        schema_describe(t, all[i]);
        text_puts(t, ",");
    }
    schema_describe_stats(t);
    text_puts(t, ",\"Problem\":{\"type\":\"object\",\"description\":\"RFC 9457\",\"properties\":{"
                 "\"type\":" SCHEMA_STRING ",\"title\":" SCHEMA_STRING ",\"status\":" SCHEMA_INTEGER
                 ",\"detail\":" SCHEMA_STRING "}}}}}\n");
    return 200;
}

static int call_route(struct text *t, const struct api_route *r, struct call *c,
                      enum bearer_role role)
{
    struct page_head *head = c->head;
    if (c->asked->method != r->method) {
        head->extra = r->method == HTTP_POST ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n";
        return problem_answer(t, head, 405, "This address does not take that method.");
    }
    if (role < r->role)
        return problem_answer(t, head, 403, bearer_only_looks(c->src->config));
    int status = r->render(t, c);
    return status == 200 ? 200
                         : problem_answer(t, head, status, c->detail ? c->detail : r->missing);
}

int api_render(struct text *t, const struct source *src, const struct asked *q,
               struct page_head *head)
{
    static const char base[] = "/api/v1/";
    const size_t base_len = sizeof(base) - 1;
    const char *rest = strncmp(q->path, base, base_len) == 0 ? q->path + base_len : "";
    struct bearer_verdict v = bearer_judge(src->bearers, src->config, q, src->now_us);
    char who[WHO_SIZE];
    struct call c = {.src = src, .asked = q, .head = head, .who = who};
    snprintf(who, sizeof(who), "%s@%s", bearer_role_word(v.role), q->peer);
    head->extra = v.extra;
    if (v.status)
        return problem_answer(t, head, v.status, v.detail);
    for (size_t i = 0; i < ROUTES; i++) {
        if (!leads_to(&routes[i], rest, c.name))
            continue;
        return call_route(t, &routes[i], &c, v.role);
    }
    return problem_answer(t, head, 404, "There is nothing at this path.");
}
