/* Request heads: any bytes give a verdict, the same whole and in pieces, inside their bounds. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/field.h"
#include "relay/web/http1.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BYTES = 2048 };

static void check(int ok)
{
    if (!ok)
        abort();
}

/* In some 16 pieces, each call on an exact copy so that ASan sees a read past its end. */
static int parse_pieces(struct http1 *p, const char *bytes, size_t len, unsigned seed)
{
    int rc = HTTP1_MORE;
    size_t have = 0;
    http1_init(p, MAX_BYTES);
    while (rc == HTTP1_MORE && have < len) {
        seed = seed * 1103515245u + 12345u;
        have += 1 + (seed >> 16) % (1 + len / 8);
        if (have > len)
            have = len;
        char *copy = malloc(have);
        memcpy(copy, bytes, have);
        rc = http1_parse(p, copy, have);
        free(copy);
    }
    return rc;
}

static void check_span(const struct http1 *p, struct http1_span s)
{
    check(s.at + s.len <= p->pos);
}

/* What a head that was let through promises to everybody behind it. */
static void check_done(const struct http1 *p, const char *b, size_t len)
{
    size_t n;
    check(p->pos <= len && p->pos >= 4 && memcmp(b + p->pos - 4, "\r\n\r\n", 4) == 0);
    check(memchr(b, 0, p->pos) == NULL);
    check(p->path.len == 0 || b[p->path.at] == '/');
    check(p->path.len > 0 || p->method == HTTP_OPTIONS);
    check(p->content_length <= HTTP1_BODY_MAX);
    check(!http1_value(p, b, HTTP1_TRANSFER_ENCODING, &n));
    check(p->minor == 0 || http1_value(p, b, HTTP1_HOST, &n));
    check_span(p, p->path);
    check_span(p, p->query);
    for (unsigned i = 0; i < p->field_count; i++) {
        check_span(p, p->fields[i].name);
        check_span(p, p->fields[i].value);
        check(p->fields[i].name.len > 0);
    }
}

static void use_values(const struct http1 *p, const char *b)
{
    uint64_t first = 0, last = 0;
    size_t n;
    const char *v = http1_value(p, b, HTTP1_RANGE, &n);
    if (v && field_range(v, n, 1000, &first, &last) == FIELD_RANGE_PART)
        check(first <= last && last < 1000);
    v = http1_value(p, b, HTTP1_ACCEPT_ENCODING, &n);
    if (v)
        field_accepts_gzip(v, n);
    v = http1_value(p, b, HTTP1_IF_NONE_MATCH, &n);
    if (v)
        field_etag_listed(v, n, "\"a\"");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http1 whole, pieces;
    const char *b = (const char *)data;
    http1_init(&whole, MAX_BYTES);
    int rc = http1_parse(&whole, b, size);
    check(rc == HTTP1_MORE || rc == HTTP1_DONE || (rc >= 400 && rc < 600));
    check(parse_pieces(&pieces, b, size, (unsigned)size) == rc);
    if (rc != HTTP1_DONE)
        return 0;
    check(memcmp(&whole, &pieces, offsetof(struct http1, fields)) == 0);
    check(memcmp(whole.fields, pieces.fields, whole.field_count * sizeof whole.fields[0]) == 0);
    check_done(&whole, b, size);
    use_values(&whole, b);
    return 0;
}
