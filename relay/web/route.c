/* Which handler, room or text a path leads to. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/route.h"

#include "relay/web/admit.h"
#include "relay/web/exchange.h"
#include "relay/web/reply.h"

#include <stdio.h>
#include <string.h>

enum { ALLOW_SIZE = 64 };

static const char read_only[] = "GET, HEAD, OPTIONS";

static const char *const method_names[HTTP_METHODS] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_OPTIONS] = "OPTIONS", [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE", [HTTP_PATCH] = "PATCH",
};

/* GET brings HEAD, and everything has OPTIONS. */
static unsigned allowed(const struct route *route)
{
    unsigned mask = route->methods | 1u << HTTP_OPTIONS;
    return mask & 1u << HTTP_GET ? mask | 1u << HTTP_HEAD : mask;
}

static void list_methods(unsigned mask, char out[static ALLOW_SIZE])
{
    size_t len = 0;
    out[0] = '\0';
    for (int m = 0; m < HTTP_METHODS; m++)
        if (mask & 1u << m)
            len += (size_t)snprintf(out + len, ALLOW_SIZE - len, "%s%s", len ? ", " : "",
                                    method_names[m]);
}

/* "/" alone is the page, not a prefix of everything. */
static bool leads_to(const struct route *route, const struct request *r)
{
    size_t len = strlen(route->path);
    bool prefix = len > 1 && route->path[len - 1] == '/';
    if (prefix ? r->path.len < len : r->path.len != len)
        return false;
    return memcmp(r->path.at, route->path, len) == 0;
}

static void use_route(const struct route *route, struct request *r)
{
    char methods[ALLOW_SIZE];
    unsigned mask = allowed(route);
    if (r->method != HTTP_OPTIONS && mask & 1u << r->method) {
        route->handle(route->ctx, r);
        return;
    }
    list_methods(mask, methods);
    if (r->method == HTTP_OPTIONS)
        reply_preflight(r, methods);
    else
        reply_wrong_method(r, methods);
}

static void use_shown(const struct live *live, struct request *r)
{
    if (live_is_path(r) && !admit(live, r))
        return;
    if (live_serve(live, r))
        return;
    const struct body *text = shown_text(live->shown, r->path.at, r->path.len);
    bool is_live = live_is_path(r);
    if (r->method > HTTP_HEAD && (text || is_live))
        reply_wrong_method(r, read_only);
    else if (text)
        reply_body(r, 200, text);
    else if (is_live)
        live_refuse(live, r);
    else
        reply_status(r, 404, 0, "There is nothing at this address.");
}

void route_request(void *ctx, struct request *r)
{
    const struct router *router = ctx;
    for (size_t i = 0; i < router->count; i++) {
        if (leads_to(&router->routes[i], r)) {
            use_route(&router->routes[i], r);
            return;
        }
    }
    /* A preflight asks for permission, not for the thing; OPTIONS * asks for the server. */
    if (r->method == HTTP_OPTIONS)
        reply_preflight(r, read_only);
    else
        use_shown(router->live, r);
}
