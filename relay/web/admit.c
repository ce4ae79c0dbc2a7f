/* At the door of a room that only a signed link opens: takes the token, lets in or refuses. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/admit.h"

#include "relay/base/clock.h"
#include "relay/base/text.h"
#include "relay/web/reply.h"
#include "relay/web/token.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    US_PER_S = 1000000,
    ASKED_AGE_S = 60,
    RETRY_S = 10,
    /* A twin is one viewer's: it may not cost this thread the milliseconds of a compression. */
    TWIN_GZIP_MAX = 16384,
};

static const char live_path[] = "/live/";
static const char sentence[] = "This room opens with a valid link only; please ask for a new one.";

/* /live/[~TOKEN/]ROOM/tail */
struct door {
    struct slice token, room, tail;
    bool in_query;
    bool by_cache; /* a cache's question ... */
    bool is_named; /* ... that says which viewer it is for */
    struct in6_addr viewer;
};

size_t admit_token_len(const char *at, size_t len)
{
    const char *slash = len > 0 && at[0] == '~' ? memchr(at, '/', len) : NULL;
    size_t n = slash ? (size_t)(slash - at) + 1 : 0;
    /* One spelling for one link: caches and we must not understand two in two ways. */
    return memchr(at, '%', n) ? 0 : n;
}

/* The value of a parameter, at NULL when it is not there. */
static struct slice parameter(struct slice query, const char *name)
{
    size_t n = strlen(name);
    char *at = query.at, *end = at ? at + query.len : at;
    while (at && at < end) {
        char *next = memchr(at, '&', (size_t)(end - at));
        size_t len = (size_t)((next ? next : end) - at);
        if (len > n && memcmp(at, name, n) == 0 && at[n] == '=')
            return (struct slice){at + n + 1, len - n - 1};
        at = next ? next + 1 : end;
    }
    return (struct slice){0};
}

/* False: the path leads to no room. */
static bool find_door(const struct request *r, struct door *d)
{
    char *at = r->path.at + sizeof live_path - 1, *end = r->path.at + r->path.len;
    size_t token_len = admit_token_len(at, (size_t)(end - at));
    *d = (struct door){0};
    if (token_len)
        d->token = (struct slice){at + 1, token_len - 2};
    at += token_len;
    char *slash = memchr(at, '/', (size_t)(end - at));
    if (!slash)
        return false;
    d->room = (struct slice){at, (size_t)(slash - at)};
    d->tail = (struct slice){slash + 1, (size_t)(end - slash - 1)};
    if (!token_len) {
        d->token = parameter(r->query, "token");
        d->in_query = d->token.at != NULL;
    }
    return true;
}

static bool asks_only(const struct door *d)
{
    static const char access[] = "access";
    return d->tail.len == sizeof access - 1 && memcmp(d->tail.at, access, d->tail.len) == 0;
}

/* On this machine or in a private network (RFC 1918, RFC 4193, link-local), as our caches are. */
static bool is_near(const struct request *r)
{
    const uint8_t *a = r->peer.s6_addr, *v4 = a + 12;
    if (request_is_local(r))
        return true;
    if (!IN6_IS_ADDR_V4MAPPED(&r->peer))
        return (a[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(&r->peer);
    return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) || (v4[0] == 192 && v4[1] == 168);
}

/* By way of somebody: where the viewer is, this connection does not say (RFC 7239, RFC 9110 section
 * 7.6.3), and what it does say anybody may have written. */
static bool is_forwarded(const struct request *r)
{
    return r->carrier->field(r, "x-forwarded-for").at || r->carrier->field(r, "forwarded").at ||
           r->carrier->field(r, "via").at;
}

/* A cache asks for a viewer whom it alone sees. False: that is no address. */
static bool find_viewer(const struct request *r, struct door *d)
{
    char raw[TOKEN_MAX + 1];
    struct in_addr v4;
    d->viewer = r->peer;
    d->by_cache = asks_only(d) && is_near(r);
    struct slice text = d->by_cache ? parameter(r->query, "address") : (struct slice){0};
    d->is_named = text.at != NULL;
    if (!d->is_named)
        return true;
    int n = token_decode(text.at, text.len, raw);
    if (n < 0)
        return false;
    raw[n] = '\0';
    if (inet_pton(AF_INET, raw, &v4) != 1)
        return inet_pton(AF_INET6, raw, &d->viewer) == 1;
    d->viewer = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(d->viewer.s6_addr + 12, &v4, sizeof v4);
    return true;
}

static enum access_verdict judge(const struct live *l, const struct request *r,
                                 const struct door *d, struct access_grant *grant)
{
    char token[TOKEN_MAX];
    struct access_ask ask = {.room = d->room.at,
                             .room_len = d->room.len,
                             .token = d->token.at,
                             .token_len = d->token.len,
                             .peer = &d->viewer,
                             .now_s = clock_wall_us() / US_PER_S};
    if (d->in_query) { /* what makes queries escapes more than it must */
        int n = token_decode(d->token.at, d->token.len, token);
        if (n < 0)
            return ACCESS_MALFORMED;
        ask.token = token;
        ask.token_len = (size_t)n;
    }
    enum access_verdict v = access_judge(l->access, &ask, grant);
    bool unseen = v == ACCESS_GRANTED && grant->has_address && !d->is_named && is_forwarded(r);
    return unseen ? ACCESS_OTHER_ADDRESS : v;
}

/* Who fails again and again is sent away, and each time has to connect anew. A cache that asks gets
 * a plain "no": it speaks for many. */
static void refuse(const struct live *l, struct request *r, const struct door *d,
                   enum access_verdict verdict)
{
    tally_add(&l->tally->access_refused[verdict], 1);
    bool often = l->gate && gate_miss(l->gate, &d->viewer, clock_mono_us());
    r->is_last = often && !d->by_cache;
    if (r->is_last)
        reply_come_back(r, 429, RETRY_S, 0, "Too many invalid links from your address.");
    else
        reply_status(r, 403, 0, sentence);
}

static void answer_asker(struct request *r)
{
    reply_status(r, 204, ASKED_AGE_S, "");
}

static bool is_read(const struct request *r)
{
    return r->method <= HTTP_HEAD;
}

bool admit(const struct live *l, struct request *r)
{
    struct door d;
    struct access_grant grant;
    enum access_verdict verdict = ACCESS_MALFORMED;
    if (!find_door(r, &d))
        return true;
    r->token_len = d.in_query || !d.token.at ? 0 : d.token.len + 2;
    if (l->access && access_is_signed(l->access, d.room.at, d.room.len)) {
        if (find_viewer(r, &d))
            verdict = judge(l, r, &d, &grant);
        if (verdict != ACCESS_GRANTED) {
            refuse(l, r, &d, verdict);
            return false;
        }
        r->left_s = grant.left_s < UINT32_MAX ? (uint32_t)grant.left_s : UINT32_MAX;
        r->is_private = d.in_query || (grant.has_address && !d.is_named);
        r->link = d.in_query ? d.token : (struct slice){0};
    }
    if (!asks_only(&d) || !is_read(r))
        return true;
    answer_asker(r);
    return false;
}

/* ---- playlists for who came with a query */

/* Where the address stands in a line of a playlist, as an offset; -1: there is none. Ours stand
 * alone, or in an attribute URI="...". */
static long uri_at(const char *line, size_t len)
{
    static const char mark[] = "URI=\"";
    const char *found;
    if (len == 0)
        return -1;
    if (line[0] != '#')
        return 0;
    found = memmem(line, len, mark, sizeof mark - 1);
    if (!found || found == line || (found[-1] != ':' && found[-1] != ','))
        return -1;
    return found - line + (long)sizeof mark - 1;
}

static void link_lines(struct text *out, const struct body *b, const char *prefix)
{
    const char *at = b->plain, *end = at + b->plain_len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop + 1 : end) - at);
        size_t line_len = stop ? len - 1 : len;
        long uri = uri_at(at, line_len);
        text_add(out, at, uri > 0 ? (size_t)uri : 0);
        if (uri >= 0)
            text_puts(out, prefix);
        text_add(out, at + (uri > 0 ? uri : 0), len - (uri > 0 ? (size_t)uri : 0));
        at += len;
    }
}

/* "/live/~TOKEN/ROOM/", the token in its one spelling: it was judged, and needs no escape. */
static void put_prefix(struct text *out, const struct request *r)
{
    char token[TOKEN_MAX];
    struct door d;
    bool leads = find_door(r, &d);
    int n = token_decode(r->link.at, r->link.len, token);
    text_puts(out, live_path);
    text_puts(out, "~");
    text_add(out, token, n > 0 ? (size_t)n : 0);
    text_puts(out, "/");
    text_add(out, d.room.at, leads ? d.room.len : 0);
    text_puts(out, "/");
}

void admit_playlist(struct request *r, const struct body *b, uint32_t shared_age_s)
{
    struct text prefix, twin;
    struct body *own = NULL;
    if (!r->link.at) {
        reply_body_shared(r, 200, b, shared_age_s);
        return;
    }
    text_init(&prefix);
    text_init(&twin);
    put_prefix(&prefix, r);
    if (!text_failed(&prefix))
        link_lines(&twin, b, prefix.data);
    if (!text_failed(&prefix) && !text_failed(&twin) &&
        body_new(&own, b->type, twin.data, twin.len, b->may_gzip && twin.len <= TWIN_GZIP_MAX,
                 b->max_age_s, b->modified_wall_us) == 0)
        reply_body_shared(r, 200, own, shared_age_s);
    else
        reply_come_back(r, 503, 1, 0, "The server is short of memory; please ask again.");
    body_unref(&own);
    text_fini(&twin);
    text_fini(&prefix);
}
