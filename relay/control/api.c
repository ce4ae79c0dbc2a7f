/* /api/v1/: rooms and feeds as JSON, what can be done to them, and the document of all that. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/api.h"

#include "relay/control/action.h"
#include "relay/control/agency_edit.h"
#include "relay/control/api_document.h"
#include "relay/control/api_route.h"
#include "relay/control/asks.h"
#include "relay/control/bearer.h"
#include "relay/control/debug.h"
#include "relay/control/events.h"
#include "relay/control/hook_page.h"
#include "relay/control/problem.h"
#include "relay/control/query.h"
#include "relay/control/room_edit.h"
#include "relay/control/schema.h"
#include "relay/control/schema_vitals.h"
#include "relay/store/store_message.h"

#include <stdio.h>
#include <string.h>

static const char base[] = "/api/v1/";

enum { NAME_SIZE = API_NAME_SIZE, WHO_SIZE = STORE_WHO };

static bool is_own(const struct call *c, const char *room)
{
    const struct config_agency *agency = c->bearer.agency;
    return !agency || config_agency_of(c->src->config, room) == agency;
}

static int render_rooms(struct text *t, struct call *c)
{
    size_t shown = 0;
    text_puts(t, "{\"rooms\":[");
    for (size_t i = 0; i < rooms_count(c->src->rooms); i++) {
        const struct room *room = rooms_at(c->src->rooms, i);
        struct room_facts f;
        if (!is_own(c, room_name(room)))
            continue;
        room_facts(room, &f);
        text_puts(t, shown++ > 0 ? ",\n" : "\n");
        schema_put(t, &schema_summary, &f);
    }
    text_puts(t, "\n]}\n");
    return 200;
}

static int render_events(struct text *t, struct call *c)
{
    const struct events_asker asker = {.agency = c->bearer.agency, .now_us = c->src->now_us};
    if (events_open(c->src->events, t, c->src, &asker, &c->head->audience) != 0) {
        c->head->extra = RETRY_SOON;
        c->detail = "Too many agencies listen; please come back.";
        return 503;
    }
    c->head->type = EVENTS_TYPE;
    c->head->extra = "X-Accel-Buffering: no\r\n"; /* or nginx keeps it to itself */
    return 200;
}

/* Who the token's bearer is: what a console begins with. */
static int render_me(struct text *t, struct call *c)
{
    const struct config_agency *a = c->bearer.agency;
    text_printf(t, "{\"role\":\"%s\",\"may_act\":%s,\"agency\":", bearer_role_word(c->bearer.role),
                bearer_may_act(c->bearer.role) ? "true" : "false");
    text_puts(t, a ? "{\"name\":" : "null");
    if (a) {
        text_json(t, a->name);
        text_puts(t, ",\"title\":");
        text_json(t, config_agency_title(a));
        text_puts(t, ",\"prefix\":");
        text_json(t, a->prefix);
        text_puts(t, "}");
    }
    text_puts(t, "}\n");
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
    struct action a = {.src = c->src,
                       .asked = c->asked,
                       .room = c->name,
                       .who = c->who,
                       .agency = c->bearer.agency};
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

static int render_agencies(struct text *t, struct call *c)
{
    agency_edit_list(t, c->src->config, c->bearer.agency);
    return 200;
}

static int render_agency(struct text *t, struct call *c)
{
    return agency_edit_show(t, c->src->config, c->name);
}

static int render_agency_create(struct text *t, struct call *c)
{
    return act(t, c, agency_edit_create);
}

static int render_agency_change(struct text *t, struct call *c)
{
    return act(t, c, agency_edit_change);
}

static int render_agency_close(struct text *t, struct call *c)
{
    return act(t, c, agency_edit_close);
}

static int render_agency_token(struct text *t, struct call *c)
{
    return act(t, c, agency_edit_token);
}

static void body_of_agency_create(struct text *t)
{
    agency_edit_describe_body(t, true);
}

static void body_of_agency_change(struct text *t)
{
    agency_edit_describe_body(t, false);
}

static int render_settings(struct text *t, struct call *c)
{
    room_edit_list(t, c->src->config, c->bearer.agency);
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

static int render_hooks(struct text *t, struct call *c)
{
    hook_page_put(t, c->src);
    return 200;
}

static int render_hook_test(struct text *t, struct call *c)
{
    int status = hook_page_test(t, c->src, c->who);
    c->detail = status == 503 ? "One was sent this second; ask again." : NULL;
    c->head->extra = status == 503 ? RETRY_SOON : NULL;
    return status;
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
#define NO_AGENCY "There is no such agency."
#define KEPT_AGENCY                                                                                \
    "{\"type\":\"object\",\"properties\":{\"agency\":" SCHEMA_STRING                               \
    ",\"role\":{\"enum\":[\"admin\",\"reader\"]},\"token\":" SCHEMA_STRING ",\"settings\":" REF(   \
        "AgencySettings") "},\"required\":[\"agency\",\"role\",\"token\",\"settings\"]}"
#define CLOSED                                                                                     \
    "{\"type\":\"object\",\"properties\":{\"closed\":" SCHEMA_STRING "},\"required\":[\"closed\"]" \
    "}"
#define CHOICE "{\"enum\":[\"main\",\"backup\",\"auto\"]}"
static const struct api_route routes[] = {
    {"me", HTTP_GET, LOOKS_OWN, "Who the token's bearer is, and which agency's", NULL,
     "{\"type\":\"object\",\"properties\":{\"role\":{\"enum\":[\"organizer\",\"reader\",\"agency\","
     "\"agency-reader\"]},\"may_act\":" SCHEMA_BOOLEAN
     ",\"agency\":{\"type\":[\"object\",\"null\"],\"properties\":{\"name\":" SCHEMA_STRING
     ",\"title\":" SCHEMA_STRING ",\"prefix\":" SCHEMA_STRING
     "},\"required\":[\"name\",\"title\",\"prefix\"]}},\"required\":[\"role\",\"may_act\","
     "\"agency\"]}",
     NULL, render_me, false, NULL},
    {"rooms", HTTP_GET, LOOKS_OWN, "All rooms, in order of their names", NULL,
     "{\"type\":\"object\",\"properties\":{\"rooms\":{\"type\":\"array\",\"items\":" REF(
         "RoomSummary") "}},\"required\":[\"rooms\"]}",
     NULL, render_rooms, false, NULL},
    {"rooms/{room}", HTTP_GET, LOOKS_OWN, "One room with its feed's counters", NULL, REF("Room"),
     NO_ROOM, render_room, false, NULL},
    {"rooms", HTTP_POST, ACTS_OWN,
     "Makes a room, and the key that its publisher has to know: it is shown this once", NULL,
     KEPT_ROOM, NULL, render_create, true, body_of_create},
    {"rooms/{room}", HTTP_PATCH, ACTS_OWN,
     "Changes what is given of a room that the API made; null: back to what holds for all", NULL,
     REF("RoomSettings"), NO_ROOM, render_change, true, body_of_change},
    {"rooms/{room}", HTTP_DELETE, ACTS_OWN,
     "Closes a room that the API made: feeds and viewers at once, and its name is free", NULL,
     CLOSED, NO_ROOM, render_close, true, NULL},
    {"rooms/{room}/key", HTTP_POST, ACTS_OWN,
     "A new publish key, shown this once; the old one is refused from now on, and a feed that "
     "stands is ended unless keep_feed",
     "{\"type\":\"object\",\"properties\":{\"keep_feed\":" SCHEMA_BOOLEAN
     "},\"additionalProperties\":false}",
     KEPT_ROOM, NO_ROOM, render_key, true, NULL},
    {"settings", HTTP_GET, LOOKS_OWN, "How all rooms are set up, live or not", NULL,
     "{\"type\":\"object\",\"properties\":{\"rooms\":{\"type\":\"array\",\"items\":" REF(
         "RoomSettings") "}},\"required\":[\"rooms\"]}",
     NULL, render_settings, false, NULL},
    {"agencies", HTTP_GET, LOOKS_OWN, "How all agencies are set up; an agency sees itself", NULL,
     "{\"type\":\"object\",\"properties\":{\"agencies\":{\"type\":\"array\",\"items\":" REF(
         "AgencySettings") "}},\"required\":[\"agencies\"]}",
     NULL, render_agencies, false, NULL},
    {"agencies/{agency}", HTTP_GET, LOOKS_OWN, "How one agency is set up", NULL,
     REF("AgencySettings"), NO_AGENCY, render_agency, false, NULL},
    {"agencies", HTTP_POST, ACTS_ALL,
     "Makes an agency, and the token of its admins: it is shown this once", NULL, KEPT_AGENCY, NULL,
     render_agency_create, true, body_of_agency_create},
    {"agencies/{agency}", HTTP_PATCH, ACTS_ALL,
     "Changes what is given of an agency that the API made; null: back to none", NULL,
     REF("AgencySettings"), NO_AGENCY, render_agency_change, true, body_of_agency_change},
    {"agencies/{agency}", HTTP_DELETE, ACTS_ALL,
     "Closes an agency that the API made, once the rooms that it made are closed", NULL, CLOSED,
     NO_AGENCY, render_agency_close, true, NULL},
    {"agencies/{agency}/token", HTTP_POST, ACTS_ALL,
     "Another token, shown this once; the one before lets nobody in from now on",
     "{\"type\":\"object\",\"properties\":{\"role\":{\"enum\":[\"admin\",\"reader\"]}},"
     "\"required\":[\"role\"],\"additionalProperties\":false}",
     KEPT_AGENCY, NO_AGENCY, render_agency_token, true, NULL},
    {"rooms/{room}/history", HTTP_GET, LOOKS_OWN, "A room's last hour, for charts", NULL,
     REF("History"), NO_ROOM, render_history, false, NULL},
    {"rooms/{room}/kick", HTTP_POST, ACTS_OWN,
     "Ends the feed of that role, or without a role the one on air", ROLE_BODY(SCHEMA_STRING) "}",
     "{\"type\":\"object\",\"properties\":{\"kicked\":" SCHEMA_INTEGER
     "},\"required\":[\"kicked\"]}",
     NO_ROOM, render_kick, false, NULL},
    {"rooms/{room}/on-air", HTTP_POST, ACTS_OWN,
     "Puts main or backup on air while it is of use; auto leaves the choice to the relay",
     ROLE_BODY(CHOICE) ",\"required\":[\"role\"]}",
     "{\"type\":\"object\",\"properties\":{\"chosen\":" CHOICE "},\"required\":[\"chosen\"]}",
     NO_ROOM, render_on_air, false, NULL},
    {"rooms/{room}/public", HTTP_POST, ACTS_OWN,
     "Shows viewers a room that waits for a green light",
     "{\"type\":\"object\",\"additionalProperties\":false}",
     "{\"type\":\"object\",\"properties\":{\"public\":" SCHEMA_BOOLEAN
     "},\"required\":[\"public\"]}",
     NO_ROOM, render_public, false, NULL},
    {"events", HTTP_GET, LOOKS_OWN,
     "Server-sent events: first rooms (all of them), then room (a RoomSummary whose state, light "
     "or "
     "place on air changed) and gone (a name); the connection stays open",
     NULL, SCHEMA_STRING, NULL, render_events, false, NULL},
    {"hooks", HTTP_GET, LOOKS_ALL, "The web hooks, and how each one does", NULL, hook_page_schema,
     NULL, render_hooks, false, NULL},
    {"hooks/test", HTTP_POST, ACTS_ALL, "Sends every web hook a ping, once a second at most", NULL,
     "{\"type\":\"object\",\"properties\":{\"id\":" SCHEMA_STRING "},\"required\":[\"id\"]}",
     "There are no web hooks: set hooks.url.", render_hook_test, false, NULL},
    {"usage", HTTP_GET, LOOKS_OWN,
     "What rooms used, by room and day (UTC); five seconds behind at most while the store is well",
     NULL,
     "{\"type\":\"object\",\"properties\":{\"from\":" SCHEMA_STRING ",\"to\":" SCHEMA_STRING
     ",\"rows\":{\"type\":\"array\",\"items\":" REF("UsageRow") "},\"total\":" REF(
         "UsageTotal") "},\"required\":[\"from\",\"to\",\"rows\",\"total\"]}",
     NO_LEDGER, render_usage, true, NULL},
    {"usage.csv", HTTP_GET, LOOKS_OWN, "The rows of usage as a table (RFC 4180)", NULL,
     SCHEMA_STRING, NO_LEDGER, render_usage_csv, true, NULL},
    {"audit", HTTP_GET, ACTS_ALL,
     "Who made, changed and closed rooms, in the order in which it was done", NULL,
     "{\"type\":\"object\",\"properties\":{\"entries\":{\"type\":\"array\",\"items\":" REF(
         "AuditEntry") "}},\"required\":[\"entries\"]}",
     NO_LEDGER, render_audit, true, NULL},
    {"debug", HTTP_GET, LOOKS_ALL, "What the relay holds and takes now", NULL, REF("Debug"), NULL,
     render_debug, false, NULL},
    {"openapi.json", HTTP_GET, LOOKS_OWN, "This document", NULL, "{\"type\":\"object\"}", NULL,
     render_document, false, NULL},
};
enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* Does it lead there? name: the parameter's value; one that is too long for any is "". */
static bool leads_to(const struct api_route *r, const char *rest, char name[static NAME_SIZE])
{
    size_t fixed = api_fixed_part(r);
    name[0] = '\0';
    if (strncmp(rest, r->path, fixed) != 0)
        return false;
    if (!api_has_parameter(r))
        return rest[fixed] == '\0';
    size_t len = strcspn(rest + fixed, "/");
    if (len == 0 || strcmp(rest + fixed + len, strchr(r->path, '}') + 1) != 0)
        return false;
    if (len < NAME_SIZE)
        snprintf(name, NAME_SIZE, "%.*s", (int)len, rest + fixed);
    return true;
}

static int render_document(struct text *t, struct call *c)
{
    (void)c;
    api_document_put(t, routes, ROUTES);
    return 200;
}

/* Is what the parameter names the asker's? */
static bool names_own(const struct api_route *r, const struct call *c)
{
    if (strncmp(r->path + api_fixed_part(r), "{agency}", 8) != 0)
        return is_own(c, c->name);
    return !c->bearer.agency || strcmp(c->bearer.agency->name, c->name) == 0;
}

/* A room of others is answered like one that is not there: names are theirs to tell. */
static int call_route(struct text *t, const struct api_route *r, struct call *c)
{
    struct page_head *head = c->head;
    bool acts = r->who == ACTS_OWN || r->who == ACTS_ALL;
    if (acts && !bearer_may_act(c->bearer.role))
        return problem_answer(t, head, 403, bearer_only_looks(c->src->config));
    if (c->bearer.agency && (r->who == LOOKS_ALL || r->who == ACTS_ALL))
        return problem_answer(t, head, 403,
                              acts ? "This is the organizer's to do, not an agency's."
                                   : "This is the organizer's to see, not an agency's.");
    if (api_has_parameter(r) && !names_own(r, c))
        return problem_answer(t, head, 404, r->missing);
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
    struct call c = {.src = src, .asked = q, .head = head, .who = who, .bearer = v};
    unsigned methods = 0;
    snprintf(who, sizeof(who), "%s%s%s@%s", bearer_role_word(v.role), v.agency ? "/" : "",
             v.agency ? v.agency->name : "", q->peer);
    head->extra = v.extra;
    if (v.status)
        return problem_answer(t, head, v.status, v.detail);
    for (size_t i = 0; i < ROUTES; i++) {
        if (!leads_to(&routes[i], rest, c.name))
            continue;
        if (routes[i].method == q->method)
            return call_route(t, &routes[i], &c);
        methods |= 1u << routes[i].method;
    }
    if (!methods)
        return problem_answer(t, head, 404, "There is nothing at this path.");
    head->extra = allowed(methods);
    return problem_answer(t, head, 405, "This address does not take that method.");
}
