/* A request as far as the desk sees it; what is asked of it comes from the test. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: the test's. Life: the test's. Included once. */
#ifndef TESTS_UNIT_RELAY_CONTROL_MADE_UP_REQUEST_H
#define TESTS_UNIT_RELAY_CONTROL_MADE_UP_REQUEST_H

#include "relay/web/request.h"

#include <stdbool.h>
#include <string.h>

struct request {
    const char *path, *query, *origin, *host, *authorization, *body;
    const char *passed_on; /* the name of a header that only proxies send */
    enum http_method method;
    bool local, http10;
    int status;
    char type[48], text[400], extra[100];
    unsigned held;
};

const char *request_path(const struct request *r)
{
    return r->path;
}

const char *request_query(const struct request *r)
{
    return r->query ? r->query : "";
}

bool request_is_local(const struct request *r)
{
    return r->local;
}

const char *request_header(const struct request *r, const char *name)
{
    return strcmp(name, "origin") == 0                       ? r->origin
           : strcmp(name, "host") == 0                       ? r->host
           : strcmp(name, "authorization") == 0              ? r->authorization
           : r->passed_on && strcmp(name, r->passed_on) == 0 ? "something"
                                                             : NULL;
}

bool request_is_http10(const struct request *r)
{
    return r->http10;
}

enum http_method request_method(const struct request *r)
{
    return r->method;
}

const char *request_peer(const struct request *r)
{
    return r->local ? "127.0.0.1" : "192.0.2.7";
}

const char *request_body(const struct request *r, size_t *len, bool *too_long)
{
    *len = r->body ? strlen(r->body) : 0;
    *too_long = *len > REQUEST_BODY_MAX;
    *len = *too_long ? 0 : *len;
    return r->body ? r->body : "";
}

#endif
