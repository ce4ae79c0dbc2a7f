/* Delivery directives: what the query of a playlist's URL asks the server to do. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/directives.h"

#include <errno.h>
#include <string.h>

struct word {
    const char *at;
    size_t len;
};

static bool is(struct word w, const char *text)
{
    return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

/* Section 4.2, decimal-integer: 1 to 20 digits, at most 2^64-1; no sign, no space. */
static bool number(struct word w, uint64_t *out)
{
    if (w.len < 1 || w.len > 20)
        return false;
    *out = 0;
    for (size_t i = 0; i < w.len; i++) {
        uint64_t digit = (uint64_t)(w.at[i] - '0');
        if (w.at[i] < '0' || w.at[i] > '9' || *out > (UINT64_MAX - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return true;
}

/* Notes that a directive was seen; each may be given once. */
static const char *once(bool *seen)
{
    const char *trouble = *seen ? "A delivery directive is given twice." : NULL;
    *seen = true;
    return trouble;
}

static const char *take_number(bool *seen, uint64_t *out, struct word value, const char *wrong)
{
    const char *trouble = once(seen);
    if (trouble)
        return trouble;
    return number(value, out) ? NULL : wrong;
}

/* Section 6.2.5.1. v2 leaves out date ranges too. */
static const char *take_skip(struct directives *d, struct word value)
{
    const char *trouble = once(&d->has_skip);
    if (trouble)
        return trouble;
    d->skips_dateranges = is(value, "v2");
    return is(value, "YES") || d->skips_dateranges ? NULL : "_HLS_skip must be YES or v2.";
}

static const char *take(struct directives *d, struct word name, struct word value)
{
    if (is(name, "_HLS_msn"))
        return take_number(&d->has_msn, &d->msn, value,
                           "_HLS_msn must be a media sequence number.");
    if (is(name, "_HLS_part"))
        return take_number(&d->has_part, &d->part, value, "_HLS_part must be the index of a part.");
    return is(name, "_HLS_skip") ? take_skip(d, value) : NULL;
}

int directives_parse(struct directives *d, const char *query, size_t len, const char **sentence)
{
    *d = (struct directives){0};
    *sentence = NULL;
    while (len > 0) {
        const char *and = memchr(query, '&', len);
        size_t n = and? (size_t)(and-query) : len;
        const char *equals = memchr(query, '=', n);
        struct word name = {query, equals ? (size_t)(equals - query) : n};
        struct word value = {query + n, 0};
        if (equals)
            value = (struct word){equals + 1, n - name.len - 1};
        const char *trouble = take(d, name, value);
        if (trouble && !*sentence) /* the first fault is told; the rest is still looked through */
            *sentence = trouble;
        n += and != NULL;
        query += n;
        len -= n;
    }
    /* Section 6.2.5.2 */
    if (!*sentence && d->has_part && !d->has_msn)
        *sentence = "_HLS_part needs _HLS_msn.";
    return *sentence ? -EINVAL : 0;
}
