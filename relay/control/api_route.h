/* What a route of /api/v1/ is: who may ask, what it takes, what it answers. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; routes are constant, a call lasts as long as its request is looked at.
 * Thread: control. Life: values. Fails: never.
 */
#ifndef RELAY_CONTROL_API_ROUTE_H
#define RELAY_CONTROL_API_ROUTE_H

#include "relay/base/text.h"
#include "relay/control/action.h"
#include "relay/control/bearer.h"
#include "relay/control/source.h"

#include <stdbool.h>
#include <stddef.h>

enum { API_NAME_SIZE = ROOM_NAME_MAX + 1 };

/* One request at one route. */
struct call {
    const struct source *src;
    const struct asked *asked;
    struct page_head *head;
    const char *who; /* for the log */
    struct bearer_verdict bearer;
    const char *detail;                            /* out: of a refusal */
    char field[ACTION_FIELD], words[ACTION_WORDS]; /* out: its parts, where it has them */
    char name[API_NAME_SIZE];                      /* the parameter's value, "" without one */
};

/* Who may. An agency's people are let in where _OWN says so: what names a room is then theirs only
 * when the room is, and what lists rooms lists theirs. */
enum api_who { LOOKS_OWN, LOOKS_ALL, ACTS_OWN, ACTS_ALL };

/* A route: what follows "/api/v1/", with at most one {parameter}. */
struct api_route {
    const char *path;
    enum http_method method;
    enum api_who who;
    const char *summary;
    const char *body;    /* JSON Schema of what it takes; NULL: nothing */
    const char *answer;  /* JSON Schema of a 200 */
    const char *missing; /* detail of a 404; NULL: it is always there */
    /* The status; anything but 200 is a problem, with c->detail or `missing`. 0: it comes later. */
    int (*render)(struct text *t, struct call *c);
    bool stores;                     /* the store is asked: 201 or 200, later */
    void (*body_of)(struct text *t); /* where `body` is made from a table */
};

/* The length of the part before a route's parameter. */
size_t api_fixed_part(const struct api_route *r);
bool api_has_parameter(const struct api_route *r);

#endif
