/* Who may do what: bearer tokens and their roles, and how often one may guess. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/bearer.h"

#include "relay/base/log.h"
#include "relay/base/secret.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* RFC 6750 section 3 */
#define ASK_TOKEN   "WWW-Authenticate: Bearer realm=\"Roomcast\"\r\n"
#define WRONG_TOKEN "WWW-Authenticate: Bearer realm=\"Roomcast\", error=\"invalid_token\"\r\n"
#define COME_BACK   "Retry-After: 60\r\n"

static bool is_set(const char *token)
{
    return token && token[0];
}

bool bearer_is_needed(const struct config *c)
{
    bool needed = is_set(c->access.organizer_token) || is_set(c->access.reader_token);
    for (uint32_t i = 0; i < c->agencies.list_count; i++)
        needed |= is_set(c->agencies.list[i].token) || is_set(c->agencies.list[i].reader_token);
    return needed || (c->stored && c->stored->rooms && stored_agencies_count(c->stored->rooms) > 0);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_agency(const struct config_agency *a, const struct config_agency *b)
{
    return same_text(a->name, b->name) && same_text(a->prefix, b->prefix) &&
           same_text(a->token, b->token) && same_text(a->reader_token, b->reader_token);
}

bool bearer_is_same(const struct config *a, const struct config *b)
{
    bool same = strcmp(a->access.organizer_token, b->access.organizer_token) == 0 &&
                strcmp(a->access.reader_token, b->access.reader_token) == 0 &&
                a->agencies.list_count == b->agencies.list_count;
    for (uint32_t i = 0; same && i < a->agencies.list_count; i++)
        same = same_agency(&a->agencies.list[i], &b->agencies.list[i]);
    return same;
}

const char *bearer_role_word(enum bearer_role role)
{
    static const char *const words[] = {[BEARER_NOBODY] = "nobody",
                                        [BEARER_AGENCY_READER] = "agency-reader",
                                        [BEARER_READER] = "reader",
                                        [BEARER_AGENCY] = "agency",
                                        [BEARER_ORGANIZER] = "organizer"};
    return words[role];
}

bool bearer_may_act(enum bearer_role role)
{
    return role >= BEARER_AGENCY;
}

/* Who has one address of a network of IPv6 has all of them. */
static void net_of(const char *peer, char *out, size_t size)
{
    struct in6_addr a;
    if (inet_pton(AF_INET6, peer, &a) == 1) {
        memset(a.s6_addr + 8, 0, 8);
        if (inet_ntop(AF_INET6, &a, out, (socklen_t)size))
            return;
    }
    snprintf(out, size, "%s", peer);
}

/* The net's entry, or the one to be used for it. */
static struct bearer_guesser *find(struct bearers *a, const char *net, int64_t now_us)
{
    struct bearer_guesser *oldest = &a->guessers[0];
    for (size_t i = 0; i < BEARER_GUESSERS; i++) {
        struct bearer_guesser *g = &a->guessers[i];
        if (strcmp(g->net, net) == 0) {
            if (now_us - g->since_us >= BEARER_MINUTE_US)
                g->guesses = 0;
            return g;
        }
        if (!g->net[0] || (oldest->net[0] && g->since_us < oldest->since_us))
            oldest = g;
    }
    return oldest;
}

static void note_guess(struct bearer_guesser *g, const char *net, int64_t now_us)
{
    if (strcmp(g->net, net) != 0 || g->guesses == 0) {
        *g = (struct bearer_guesser){.since_us = now_us};
        snprintf(g->net, sizeof(g->net), "%s", net);
    }
    if (++g->guesses == BEARER_GUESSES)
        log_warn("api", "guesses peer=%s: no more for a minute", net);
}

static struct bearer_verdict let_in(enum bearer_role role, const struct config_agency *agency)
{
    return (struct bearer_verdict){.role = role, .agency = agency};
}

static bool is_token(const char *token, const char *given)
{
    return is_set(token) && secret_is_same(token, given);
}

/* Of agencies that the API made; their tokens are made here, so what looks otherwise is none. */
static void find_made_token(const struct config *c, const char *token, struct bearer_verdict *v)
{
    const struct stored_rooms *made = c->stored ? c->stored->rooms : NULL;
    if (!made || strlen(token) != PUBLISH_KEY_TEXT ||
        strspn(token, "0123456789abcdef") != PUBLISH_KEY_TEXT)
        return;
    for (size_t i = 0; i < stored_agencies_count(made); i++) {
        const struct stored_agency *s = stored_agencies_at(made, i);
        bool may_act = publish_key_is(&s->admin, token),
             may_read = publish_key_is(&s->reader, token) && s->has_reader;
        if ((may_act || may_read) && config_find_stored_agency(c, s->agency.name))
            *v = let_in(may_act ? BEARER_AGENCY : BEARER_AGENCY_READER, &s->agency);
    }
}

/* All are looked at, whichever it is: how long it takes tells nothing but their number. */
static struct bearer_verdict find_token(const struct config *c, const char *token)
{
    struct bearer_verdict v = let_in(BEARER_NOBODY, NULL);
    find_made_token(c, token, &v);
    for (uint32_t i = 0; i < c->agencies.list_count; i++) {
        const struct config_agency *a = &c->agencies.list[i];
        bool may_act = is_token(a->token, token), may_read = is_token(a->reader_token, token);
        if (may_act || may_read)
            v = let_in(may_act ? BEARER_AGENCY : BEARER_AGENCY_READER, a);
    }
    bool may_all = is_token(c->access.organizer_token, token),
         may_read = is_token(c->access.reader_token, token);
    if (may_all || may_read)
        v = let_in(may_all ? BEARER_ORGANIZER : BEARER_READER, NULL);
    return v;
}

static struct bearer_verdict refused(int status, const char *detail, const char *extra)
{
    return (struct bearer_verdict){.status = status, .detail = detail, .extra = extra};
}

#define SET_ONE                                                                                    \
    "set access.organizer_token in the configuration (16 characters or more), reload, and sign "   \
    "in "                                                                                          \
    "with it."

const char *bearer_only_looks(const struct config *c)
{
    return c->access.organizer_token[0] ? "This token may only look."
                                        : "Nobody may do this yet: " SET_ONE;
}

struct bearer_verdict bearer_glance(bool needed, bool has_bearer, bool local, bool acts)
{
    if (needed)
        return has_bearer ? let_in(BEARER_NOBODY, NULL)
                          : refused(401, "This needs a bearer token.", ASK_TOKEN);
    if (!local)
        return refused(403, "This answers to its own machine only while no tokens are set.", NULL);
    return acts ? refused(403, "Nobody may do this without a token: " SET_ONE, NULL)
                : let_in(BEARER_READER, NULL);
}

struct bearer_verdict bearer_judge(struct bearers *a, const struct config *c, const struct asked *q,
                                   int64_t now_us)
{
    char net[sizeof(a->guessers[0].net)];
    bool needed = bearer_is_needed(c), acts = q->method != HTTP_GET;
    struct bearer_verdict v = bearer_glance(needed, q->bearer != NULL, q->local, acts);
    if (v.status)
        return v;
    v = needed ? find_token(c, q->bearer) : let_in(BEARER_READER, NULL);
    if (v.role != BEARER_NOBODY)
        return v;
    net_of(q->peer, net, sizeof(net));
    struct bearer_guesser *g = find(a, net, now_us);
    if (strcmp(g->net, net) == 0 && g->guesses >= BEARER_GUESSES)
        return refused(429, "Too many wrong tokens came from this address.", COME_BACK);
    note_guess(g, net, now_us);
    return refused(401, "This bearer token is not known.", WRONG_TOKEN);
}
