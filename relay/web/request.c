/* What a handler may ask of its request. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/request.h"

#include "relay/web/exchange.h"

#include <arpa/inet.h>
#include <assert.h>

/* The byte behind a slice is a delimiter that was read already; it makes room for the NUL. */
static const char *terminated(struct slice s, const char *absent)
{
    if (!s.at)
        return absent;
    s.at[s.len] = '\0';
    return s.at;
}

const char *request_path(const struct request *r)
{
    return terminated(r->path, "/");
}

const char *request_query(const struct request *r)
{
    return terminated(r->query, "");
}

enum http_method request_method(const struct request *r)
{
    return r->method;
}

const char *request_header(const struct request *r, const char *name)
{
    return terminated(r->carrier->field(r, name), NULL);
}

const char *request_body(const struct request *r, size_t *len, bool *too_long)
{
    *len = r->body.len;
    *too_long = r->body_too_long;
    return r->body.at ? r->body.at : "";
}

bool request_is_local(const struct request *r)
{
    const uint8_t *a = r->peer.s6_addr;
    return IN6_IS_ADDR_LOOPBACK(&r->peer) || (IN6_IS_ADDR_V4MAPPED(&r->peer) && a[12] == 127);
}

const char *request_peer(const struct request *r)
{
    /* Written on demand: hardly anybody asks. The text is the request's own, hidden state. */
    struct request *own = (struct request *)(uintptr_t)r;
    bool v4 = IN6_IS_ADDR_V4MAPPED(&r->peer);
    const void *address = v4 ? (const void *)(r->peer.s6_addr + 12) : (const void *)&r->peer;
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, address, own->peer_text, sizeof own->peer_text))
        return "";
    return own->peer_text;
}

struct request_token request_hold(struct request *r, int64_t deadline_mono_us)
{
    assert(r->state == REQUEST_OPEN);
    r->state = REQUEST_HELD;
    return r->carrier->hold(r, deadline_mono_us);
}
