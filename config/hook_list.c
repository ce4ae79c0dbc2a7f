/* The web hooks as they are written: where to, signed with what, and for which events. */
/* SPDX-License-Identifier: MIT */
#include "config/hook_list.h"

#include <errno.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <string.h>

static const char *const words[HOOK_TYPES] = {
    [HOOK_FEED_STARTED] = "feed.started",
    [HOOK_FEED_STOPPED] = "feed.stopped",
    [HOOK_FEED_UNHEALTHY] = "feed.unhealthy",
    [HOOK_FEED_HEALTHY] = "feed.healthy",
    [HOOK_ROOM_LIVE] = "room.live",
    [HOOK_ROOM_SILENT] = "room.silent",
    [HOOK_PING] = "ping",
};
static const char prefix[] = "whsec_";

const char *hook_type_word(uint32_t type)
{
    return type < HOOK_TYPES ? words[type] : "unknown";
}

/* The next word between blanks. */
static bool next_word(const char **at, const char **word, size_t *len)
{
    *word = *at + strspn(*at, " ");
    *len = strcspn(*word, " ");
    *at = *word + *len;
    return *len > 0;
}

static int refuse(char why[static HOOK_WHY_SIZE], const char *what)
{
    snprintf(why, HOOK_WHY_SIZE, "%s", what);
    return -EINVAL;
}

/* ---- addresses */

/* RFC 3986 section 2: what may stand in a URL, but no fragment. */
static bool is_url_text(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] <= ' ' || at[i] > '~' || strchr("\"<>\\^`{|}#", at[i]))
            return false;
    return true;
}

static bool is_host(const char *at, size_t len)
{
    static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    static const char v6[] = "0123456789abcdefABCDEF:.";
    bool bracket = len > 2 && at[0] == '[' && at[len - 1] == ']';
    const char *allowed = bracket ? v6 : name;
    for (size_t i = bracket; i < len - bracket; i++)
        if (!strchr(allowed, at[i]))
            return false;
    return len > 0 && len < HOOK_SHOWN_SIZE - 16;
}

/* RFC 6761 section 6.3, RFC 1122 section 3.2.1.3. */
static bool is_loopback(const char *host, size_t len)
{
    return (len == 9 && memcmp(host, "localhost", 9) == 0) ||
           (len > 4 && memcmp(host, "127.", 4) == 0) || (len == 5 && memcmp(host, "[::1]", 5) == 0);
}

/* 0: it is none. */
static uint16_t port_of(const char *at, size_t len)
{
    uint32_t n = 0;
    for (size_t i = 0; i < len && len <= 5; i++) {
        if (at[i] < '0' || at[i] > '9')
            return 0;
        n = n * 10 + (uint32_t)(at[i] - '0');
    }
    return len <= 5 && n <= UINT16_MAX ? (uint16_t)n : 0;
}

static int take_url(const char *url, size_t len, struct hook_target *t,
                    char why[static HOOK_WHY_SIZE])
{
    *t = (struct hook_target){.https = len > 8 && memcmp(url, "https://", 8) == 0};
    size_t scheme = t->https ? 8 : 7;
    if (!t->https && (len <= 7 || memcmp(url, "http://", 7) != 0))
        return refuse(why, "expected addresses that begin with https:// (or http://)");
    if (len >= HOOK_URL_SIZE || !is_url_text(url, len))
        return refuse(why, "expected addresses of at most 511 characters that a URL may have, "
                           "without a #fragment");
    snprintf(t->url, sizeof(t->url), "%.*s", (int)len, url);
    const char *host = t->url + scheme;
    size_t authority = strcspn(host, "/?");
    if (memchr(host, '@', authority))
        return refuse(why, "expected addresses without a name and password; the signature says "
                           "who sends");
    size_t inside = host[0] == '[' ? strcspn(host, "]") : 0;
    const char *colon = inside < authority ? memchr(host + inside, ':', authority - inside) : NULL;
    size_t host_len = colon ? (size_t)(colon - host) : authority;
    t->port = t->https ? 443 : 80;
    if (colon)
        t->port = port_of(colon + 1, authority - host_len - 1);
    if (!is_host(host, host_len) || t->port == 0)
        return refuse(why, "expected a host, and a port from 1 to 65535 if there is one");
    t->loopback = is_loopback(host, host_len);
    snprintf(t->shown, sizeof(t->shown), "%.*s", (int)(scheme + authority), t->url);
    return 0;
}

int hook_list_targets(const char *text, struct hook_target out[static HOOKS_MAX],
                      char why[static HOOK_WHY_SIZE])
{
    const char *at = text, *word;
    size_t len;
    int n = 0;
    while (next_word(&at, &word, &len)) {
        if (n == HOOKS_MAX)
            return refuse(why, "expected at most 8 addresses");
        if (take_url(word, len, &out[n], why))
            return -EINVAL;
        for (int i = 0; i < n; i++)
            if (strcmp(out[i].url, out[n].url) == 0)
                return refuse(why, "expected each address once");
        n++;
    }
    return n;
}

/* ---- secrets */

static int take_secret(const char *word, size_t len, struct hook_secret *s)
{
    struct base64_decode_ctx c;
    size_t start = 0, got;
    uint8_t raw[BASE64_DECODE_LENGTH(HOOKS_TEXT_MAX)];
    *s = (struct hook_secret){0};
    if (len > 2 && word[0] >= '1' && word[0] <= '0' + HOOKS_MAX && word[1] == '=') {
        s->only = (uint8_t)(word[0] - '0');
        start = 2;
    }
    size_t skip = start + sizeof(prefix) - 1;
    if (len <= skip || len > HOOKS_TEXT_MAX ||
        memcmp(word + start, prefix, sizeof(prefix) - 1) != 0)
        return -EINVAL;
    base64_decode_init(&c);
    got = sizeof(raw);
    int ok = base64_decode_update(&c, &got, raw, len - skip, word + skip) &&
             base64_decode_final(&c) && got >= HOOK_SECRET_LEAST && got <= HOOK_SECRET_MOST;
    if (ok) {
        s->len = (uint8_t)got;
        memcpy(s->bytes, raw, got);
    }
    explicit_bzero(raw, sizeof(raw));
    return ok ? 0 : -EINVAL;
}

int hook_list_secrets(const char *text, struct hook_secret out[static HOOK_SECRETS_MAX],
                      char why[static HOOK_WHY_SIZE])
{
    const char *at = text, *word;
    size_t len;
    int n = 0;
    while (next_word(&at, &word, &len)) {
        if (n == HOOK_SECRETS_MAX)
            return refuse(why, "expected at most 16 secrets");
        if (take_secret(word, len, &out[n]))
            return refuse(why, "expected secrets of the form whsec_BASE64 (24 to 64 bytes) with "
                               "one blank between them, or 2=whsec_BASE64 for the second address");
        n++;
    }
    return n;
}

bool hook_list_is_signed(const struct hook_secret *secrets, int count, int number)
{
    for (int i = 0; i < count; i++)
        if (secrets[i].only == 0 || secrets[i].only == number)
            return true;
    return false;
}

/* ---- events */

int hook_list_events(const char *text, uint32_t *out, char why[static HOOK_WHY_SIZE])
{
    const char *at = text, *word;
    size_t len;
    *out = 1u << HOOK_PING;
    while (next_word(&at, &word, &len)) {
        uint32_t bits = len == 3 && memcmp(word, "all", 3) == 0 ? (1u << HOOK_TYPES) - 1 : 0;
        for (uint32_t i = 0; i < HOOK_PING; i++)
            if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
                bits = 1u << i;
        if (!bits)
            return refuse(why, "expected all, or some of feed.started feed.stopped feed.unhealthy "
                               "feed.healthy room.live room.silent with one blank between them");
        *out |= bits;
    }
    return 0;
}
