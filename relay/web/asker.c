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

bool asker_is_here(const struct request *r)
{
    static const char scheme[] = "http://";
    const size_t scheme_len = sizeof(scheme) - 1;
    const char *host = request_header(r, "host"), *origin = request_header(r, "origin");
    if (!request_is_local(r) || request_header(r, "x-forwarded-for") ||
        request_header(r, "forwarded") || (host && !is_loopback(host)))
        return false;
    return !origin || (host && strncmp(origin, scheme, scheme_len) == 0 &&
                       strcasecmp(origin + scheme_len, host) == 0);
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
