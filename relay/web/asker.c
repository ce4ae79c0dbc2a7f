/* Who asks: is it somebody on this machine, speaking for itself? */
/* SPDX-License-Identifier: MIT */
#include "relay/web/asker.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* "localhost", "127.0.0.1", "[::1]", with any port. */
static bool is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = strlen(names[i]);
        if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':'))
            return true;
    }
    return false;
}

/* Proxies say so in one of these, or in HTTP/1.0; those that say nothing cannot be known. */
static bool is_passed_on(const struct request *r)
{
    static const char *const names[] = {
        "forwarded",         "via",           "x-forwarded-for",  "x-forwarded-host",
        "x-forwarded-proto", "x-real-ip",     "x-forwarded-port", "x-forwarded-server",
        "x-forwarded-by",    "x-forwarded-ip"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (request_header(r, names[i]))
            return true;
    return request_is_http10(r);
}

/* RFC 6454 section 6.2: a page's own origin is its scheme and what its Host is. */
static bool is_own_origin(const char *origin, const char *host)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);
        if (strncmp(origin, schemes[i], len) == 0)
            return strcasecmp(origin + len, host) == 0;
    }
    return false;
}

bool asker_is_here(const struct request *r)
{
    const char *host = request_header(r, "host"), *origin = request_header(r, "origin");
    if (!request_is_local(r) || !host || !is_loopback(host) || is_passed_on(r))
        return false;
    return !origin || is_own_origin(origin, host);
}

const char *asker_token(const struct request *r)
{
    static const char scheme[] = "Bearer ";
    const size_t scheme_len = sizeof(scheme) - 1;
    const char *given = request_header(r, "authorization");
    if (!given || strncasecmp(given, scheme, scheme_len) != 0)
        return NULL;
    given += scheme_len;
    return given + strspn(given, " ");
}
