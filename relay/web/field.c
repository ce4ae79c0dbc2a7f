/* What the values of request fields mean: lists, codings, entity tags, byte ranges. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/field.h"

#include <string.h>
#include <strings.h>

/* A piece of a value. */
struct piece {
    const char *at, *end;
};

static struct piece trim(struct piece p)
{
    while (p.at < p.end && (*p.at == ' ' || *p.at == '\t'))
        p.at++;
    while (p.at < p.end && (p.end[-1] == ' ' || p.end[-1] == '\t'))
        p.end--;
    return p;
}

/* Cuts the piece before the next `by` off *rest. */
static struct piece cut(struct piece *rest, char by)
{
    const char *found = memchr(rest->at, by, (size_t)(rest->end - rest->at));
    struct piece p = {rest->at, found ? found : rest->end};
    rest->at = found ? found + 1 : rest->end;
    return trim(p);
}

static bool is_word(struct piece p, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(p.end - p.at) == n && strncasecmp(p.at, word, n) == 0;
}

bool field_has_token(const char *value, size_t len, const char *token)
{
    struct piece rest = {value, value + len};
    while (rest.at < rest.end)
        if (is_word(cut(&rest, ','), token))
            return true;
    return false;
}

void field_priority(const char *value, size_t len, uint8_t *urgency, bool *incremental)
{
    if (len == 0) /* nghttp2 has NULL for an empty PRIORITY_UPDATE */
        return;
    struct piece rest = {value, value + len};
    while (rest.at < rest.end) {
        struct piece p = cut(&rest, ',');
        size_t n = (size_t)(p.end - p.at);
        if (n == 3 && memcmp(p.at, "u=", 2) == 0 && p.at[2] >= '0' && p.at[2] <= '7')
            *urgency = (uint8_t)(p.at[2] - '0');
        else if ((n == 1 && *p.at == 'i') || (n == 4 && memcmp(p.at, "i=?1", 4) == 0))
            *incremental = true;
        else if (n == 4 && memcmp(p.at, "i=?0", 4) == 0)
            *incremental = false;
    }
}

/* "q=0", "q=0.", "q=0.000": not acceptable, RFC 9110 section 12.4.2. */
static bool is_zero_weight(struct piece p)
{
    if (p.end - p.at < 3 || (p.at[0] | 0x20) != 'q' || p.at[1] != '=' || p.at[2] != '0')
        return false;
    for (const char *c = p.at + 3; c < p.end; c++)
        if (*c != '.' && *c != '0')
            return false;
    return true;
}

bool field_accepts_gzip(const char *value, size_t len)
{
    struct piece rest = {value, value + len};
    bool any = false;
    while (rest.at < rest.end) {
        struct piece item = cut(&rest, ',');
        struct piece coding = cut(&item, ';');
        bool wanted = true;
        while (item.at < item.end)
            wanted &= !is_zero_weight(cut(&item, ';'));
        if (is_word(coding, "gzip") || is_word(coding, "x-gzip"))
            return wanted;
        if (is_word(coding, "*"))
            any = wanted;
    }
    return any;
}

bool field_etag_is(const char *value, size_t len, const char *etag)
{
    return len > 0 && strlen(etag) == len && memcmp(value, etag, len) == 0;
}

bool field_etag_listed(const char *value, size_t len, const char *etag)
{
    struct piece rest = {value, value + len};
    if (is_word(trim(rest), "*"))
        return true;
    while (rest.at < rest.end) {
        struct piece tag = cut(&rest, ',');
        if (tag.end - tag.at > 2 && tag.at[0] == 'W' && tag.at[1] == '/')
            tag.at += 2;
        if (field_etag_is(tag.at, (size_t)(tag.end - tag.at), etag))
            return true;
    }
    return false;
}

/* Digits only, at least one; more than 64 bits saturate: no blob is that long. */
static bool number(struct piece p, uint64_t *out)
{
    *out = 0;
    for (const char *c = p.at; c < p.end; c++) {
        if (*c < '0' || *c > '9')
            return false;
        uint64_t digit = (uint64_t)(*c - '0');
        *out = *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
    }
    return p.at < p.end;
}

/* "-N": the last N bytes. */
static enum field_range suffix(struct piece p, uint64_t size, uint64_t *first, uint64_t *last)
{
    uint64_t n;
    if (!number(p, &n))
        return FIELD_RANGE_WHOLE;
    if (n == 0 || size == 0)
        return FIELD_RANGE_BEYOND;
    *first = n < size ? size - n : 0;
    *last = size - 1;
    return FIELD_RANGE_PART;
}

enum field_range field_range(const char *value, size_t len, uint64_t size, uint64_t *first,
                             uint64_t *last)
{
    if (len < 6 || strncasecmp(value, "bytes=", 6) != 0)
        return FIELD_RANGE_WHOLE;
    struct piece p = trim((struct piece){value + 6, value + len});
    const char *dash = memchr(p.at, '-', (size_t)(p.end - p.at));
    if (!dash)
        return FIELD_RANGE_WHOLE;
    struct piece from = {p.at, dash}, to = {dash + 1, p.end};
    if (from.at == from.end)
        return suffix(to, size, first, last);
    *last = UINT64_MAX;
    if (!number(from, first) || (to.at < to.end && !number(to, last)) || *last < *first)
        return FIELD_RANGE_WHOLE;
    if (*first >= size)
        return FIELD_RANGE_BEYOND;
    if (*last >= size)
        *last = size - 1;
    return FIELD_RANGE_PART;
}
