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

bool bearer_is_needed(const struct config *c)
{
    return c->access.organizer_token[0] || c->access.reader_token[0];
}

bool bearer_is_same(const struct config *a, const struct config *b)
{
    return strcmp(a->access.organizer_token, b->access.organizer_token) == 0 &&
           strcmp(a->access.reader_token, b->access.reader_token) == 0;
}

const char *bearer_role_word(enum bearer_role role)
{
    return role == BEARER_ORGANIZER ? "organizer" : role == BEARER_READER ? "reader" : "nobody";
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

static enum bearer_role role_of(const struct config *c, const char *token)
{
    const char *organizer = c->access.organizer_token, *reader = c->access.reader_token;
    bool may_all = secret_is_same(organizer, token) && organizer[0];
    bool may_read = secret_is_same(reader, token) && reader[0];
    return may_all ? BEARER_ORGANIZER : may_read ? BEARER_READER : BEARER_NOBODY;
}

static struct bearer_verdict let_in(enum bearer_role role)
{
    return (struct bearer_verdict){.role = role};
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
        return has_bearer ? let_in(BEARER_NOBODY)
                          : refused(401, "This needs a bearer token.", ASK_TOKEN);
    if (!local)
        return refused(403, "This answers to its own machine only while no tokens are set.", NULL);
    return acts ? refused(403, "Nobody may do this without a token: " SET_ONE, NULL)
                : let_in(BEARER_READER);
}

struct bearer_verdict bearer_judge(struct bearers *a, const struct config *c, const struct asked *q,
                                   int64_t now_us)
{
    char net[sizeof(a->guessers[0].net)];
    bool needed = bearer_is_needed(c), acts = q->method != HTTP_GET;
    struct bearer_verdict v = bearer_glance(needed, q->bearer != NULL, q->local, acts);
    if (v.status)
        return v;
    enum bearer_role role = needed ? role_of(c, q->bearer) : BEARER_READER;
    if (role != BEARER_NOBODY)
        return let_in(role);
    net_of(q->peer, net, sizeof(net));
    struct bearer_guesser *g = find(a, net, now_us);
    if (strcmp(g->net, net) == 0 && g->guesses >= BEARER_GUESSES)
        return refused(429, "Too many wrong tokens came from this address.", COME_BACK);
    note_guess(g, net, now_us);
    return refused(401, "This bearer token is not known.", WRONG_TOKEN);
}
