/* A strict, incremental parser of HTTP/1.x request heads: one small function per place in it. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/http1.h"

#include "relay/web/http1_known.h"
#include "relay/web/octet.h"

#include <string.h>

enum { METHOD_MAX = 16, VERSION_BYTES = 8 };

enum state {
    AT_START, /* RFC 9112 section 2.2: one empty line before the request line is let pass */
    AT_START_LF,
    IN_METHOD,
    AT_TARGET,
    IN_SCHEME, /* absolute-form */
    IN_AUTHORITY,
    AFTER_STAR, /* asterisk-form */
    IN_PATH,
    IN_QUERY,
    IN_VERSION,
    AT_LINE_LF,
    AT_FIELD, /* first byte of a field line, or of the empty line */
    IN_NAME,
    BEFORE_VALUE, /* optional white space */
    IN_VALUE,
    AT_VALUE_LF,
    AT_END_LF,
};

static const char *const method_names[HTTP_METHODS] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_OPTIONS] = "OPTIONS", [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE", [HTTP_PATCH] = "PATCH",
};

/* Moves on over bytes of a class, to `end` at most. */
static void take_while(struct http1 *p, const char *b, size_t end, uint8_t class)
{
    size_t pos = p->pos;
    while (pos < end && octet_is(b[pos], class))
        pos++;
    p->pos = (uint16_t)pos;
}

static int go(struct http1 *p, enum state next)
{
    p->pos++;
    p->state = (uint8_t)next;
    p->mark = p->pos;
    return HTTP1_MORE;
}

static int expect_lf(struct http1 *p, const char *b, enum state next)
{
    return b[p->pos] == '\n' ? go(p, next) : 400;
}

static int at_start(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    if (b[p->pos] == '\r' && !p->skipped_line)
        return go(p, AT_START_LF);
    p->mark = p->pos;
    p->state = IN_METHOD;
    return HTTP1_MORE;
}

static int at_start_lf(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    p->skipped_line = true;
    return expect_lf(p, b, AT_START);
}

int http1_method(struct http1 *p, const char *name, size_t len)
{
    for (int m = 0; m < HTTP_METHODS; m++) {
        if (strlen(method_names[m]) == len && memcmp(method_names[m], name, len) == 0) {
            p->method = (enum http_method)m;
            return HTTP1_MORE;
        }
    }
    return 501;
}

static int in_method(struct http1 *p, const char *b, size_t len)
{
    size_t end = (size_t)p->mark + METHOD_MAX;
    take_while(p, b, len < end ? len : end, OCTET_TOKEN);
    if (p->pos == len)
        return HTTP1_MORE;
    size_t n = (size_t)(p->pos - p->mark);
    if (b[p->pos] != ' ' || n == 0)
        return n == METHOD_MAX && octet_is(b[p->pos], OCTET_TOKEN) ? 501 : 400;
    int rc = http1_method(p, b + p->mark, n);
    if (rc != HTTP1_MORE)
        return rc;
    p->target_at = (uint16_t)(p->pos + 1);
    return go(p, AT_TARGET);
}

/* RFC 9112 section 3.2: origin-form, absolute-form, and asterisk-form for OPTIONS. */
static int at_target(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    switch (b[p->pos]) {
    case '/':
        p->path.at = p->pos;
        p->state = IN_PATH;
        return HTTP1_MORE;
    case '*':
        return p->method == HTTP_OPTIONS ? go(p, AFTER_STAR) : 400;
    case 'h':
    case 'H':
        p->state = IN_SCHEME;
        return HTTP1_MORE;
    default:
        return 400;
    }
}

static int in_scheme(struct http1 *p, const char *b, size_t len)
{
    static const char scheme[] = "http://";
    for (; p->pos < len; p->pos++) {
        size_t i = (size_t)(p->pos - p->mark) - p->https;
        char c = b[p->pos];
        if (i == 4 && !p->https && (c == 's' || c == 'S')) {
            p->https = true;
            continue;
        }
        if (scheme[i] != (i < 4 ? (char)(c | 0x20) : c))
            return 400;
        if (i == sizeof scheme - 2)
            return go(p, IN_AUTHORITY);
    }
    return HTTP1_MORE;
}

static size_t target_end(const struct http1 *p, size_t len)
{
    size_t end = (size_t)p->target_at + HTTP1_TARGET_MAX;
    return len < end ? len : end;
}

/* A byte that stopped a scan of the target although it belongs there: the target is too long. */
static int target_fault(const struct http1 *p, const char *b, uint8_t class)
{
    return octet_is(b[p->pos], class) ? 414 : 400;
}

static int in_authority(struct http1 *p, const char *b, size_t len)
{
    take_while(p, b, target_end(p, len), OCTET_AUTHORITY);
    if (p->pos == len)
        return HTTP1_MORE;
    if (b[p->pos] != '/' || p->pos == p->mark)
        return target_fault(p, b, OCTET_AUTHORITY);
    p->path.at = p->pos;
    p->state = IN_PATH;
    return HTTP1_MORE;
}

static int after_star(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    return b[p->pos] == ' ' ? go(p, IN_VERSION) : 400;
}

static int in_path(struct http1 *p, const char *b, size_t len)
{
    take_while(p, b, target_end(p, len), OCTET_PATH);
    if (p->pos == len)
        return HTTP1_MORE;
    char c = b[p->pos];
    if (c == '?' && p->pos == p->target_at + HTTP1_TARGET_MAX)
        return 414;
    if (c != '?' && c != ' ')
        return target_fault(p, b, OCTET_PATH);
    p->path.len = (uint16_t)(p->pos - p->path.at);
    return go(p, c == '?' ? IN_QUERY : IN_VERSION);
}

static int in_query(struct http1 *p, const char *b, size_t len)
{
    take_while(p, b, target_end(p, len), OCTET_QUERY);
    if (p->pos == len)
        return HTTP1_MORE;
    if (b[p->pos] != ' ')
        return target_fault(p, b, OCTET_QUERY);
    p->query = (struct http1_span){p->mark, (uint16_t)(p->pos - p->mark)};
    return go(p, IN_VERSION);
}

/* RFC 9112 section 2.3: "HTTP/" DIGIT "." DIGIT, upper case. A higher minor is served as 1.1. */
static int in_version(struct http1 *p, const char *b, size_t len)
{
    static const char form[] = "HTTP/0.0";
    for (; p->pos < len; p->pos++) {
        int i = p->pos - p->mark;
        char c = b[p->pos];
        if (i == VERSION_BYTES) {
            if (c != '\r')
                return 400;
            return b[p->mark + 5] == '1' ? go(p, AT_LINE_LF) : 505;
        }
        if (form[i] == '0' ? c < '0' || c > '9' : c != form[i])
            return 400;
        if (i == VERSION_BYTES - 1)
            p->minor = (uint8_t)(c - '0');
    }
    return HTTP1_MORE;
}

static int at_line_lf(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    return expect_lf(p, b, AT_FIELD);
}

/* A line that starts with white space would be obs-fold, RFC 9112 section 5.2: refused. */
static int at_field(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    if (b[p->pos] == '\r')
        return go(p, AT_END_LF);
    if (!octet_is(b[p->pos], OCTET_TOKEN))
        return 400;
    if (p->field_count == HTTP1_FIELDS_MAX)
        return 431;
    p->mark = p->pos;
    p->state = IN_NAME;
    return HTTP1_MORE;
}

static int in_name(struct http1 *p, const char *b, size_t len)
{
    take_while(p, b, len, OCTET_TOKEN);
    if (p->pos == len)
        return HTTP1_MORE;
    if (b[p->pos] != ':')
        return 400;
    p->fields[p->field_count].name = (struct http1_span){p->mark, (uint16_t)(p->pos - p->mark)};
    return go(p, BEFORE_VALUE);
}

static int before_value(struct http1 *p, const char *b, size_t len)
{
    while (p->pos < len && (b[p->pos] == ' ' || b[p->pos] == '\t'))
        p->pos++;
    if (p->pos == len)
        return HTTP1_MORE;
    p->mark = p->pos;
    p->state = IN_VALUE;
    return HTTP1_MORE;
}

static int in_value(struct http1 *p, const char *b, size_t len)
{
    take_while(p, b, len, OCTET_VALUE);
    if (p->pos == len)
        return HTTP1_MORE;
    if (b[p->pos] != '\r')
        return 400;
    uint16_t end = p->pos;
    while (end > p->mark && (b[end - 1] == ' ' || b[end - 1] == '\t'))
        end--;
    p->fields[p->field_count].value = (struct http1_span){p->mark, (uint16_t)(end - p->mark)};
    return go(p, AT_VALUE_LF);
}

static int at_value_lf(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    if (b[p->pos] != '\n')
        return 400;
    int rc = http1_note(p, b);
    return rc != HTTP1_MORE ? rc : go(p, AT_FIELD);
}

static int at_end_lf(struct http1 *p, const char *b, size_t len)
{
    (void)len;
    if (b[p->pos] != '\n')
        return 400;
    int rc = http1_judge(p, b);
    p->pos++;
    return rc == HTTP1_MORE ? HTTP1_DONE : rc;
}

static int (*const places[])(struct http1 *, const char *, size_t) = {
    [AT_START] = at_start,       [AT_START_LF] = at_start_lf,   [IN_METHOD] = in_method,
    [AT_TARGET] = at_target,     [IN_SCHEME] = in_scheme,       [IN_AUTHORITY] = in_authority,
    [AFTER_STAR] = after_star,   [IN_PATH] = in_path,           [IN_QUERY] = in_query,
    [IN_VERSION] = in_version,   [AT_LINE_LF] = at_line_lf,     [AT_FIELD] = at_field,
    [IN_NAME] = in_name,         [BEFORE_VALUE] = before_value, [IN_VALUE] = in_value,
    [AT_VALUE_LF] = at_value_lf, [AT_END_LF] = at_end_lf,
};

void http1_init(struct http1 *p, size_t max_bytes)
{
    /* Not the fields: they are written before they are counted, and clearing them costs. */
    memset(p, 0, offsetof(struct http1, fields));
    p->max = (uint16_t)(max_bytes < HTTP1_HEAD_MAX ? max_bytes : HTTP1_HEAD_MAX);
    p->state = AT_START;
    p->method = HTTP_GET;
}

int http1_parse(struct http1 *p, const char *bytes, size_t len)
{
    if (len > p->max)
        len = p->max;
    while (p->pos < len) {
        int rc = places[p->state](p, bytes, len);
        if (rc != HTTP1_MORE)
            return rc;
    }
    if (p->pos < p->max)
        return HTTP1_MORE;
    return p->state <= IN_VERSION ? 414 : 431;
}

int http1_target(struct http1 *p, const char *bytes, size_t at, size_t len)
{
    size_t end = at + len + 1;
    if (len == 0 || (bytes[at] != '/' && bytes[at] != '*'))
        return 400;
    p->pos = p->mark = p->target_at = (uint16_t)at;
    p->state = AT_TARGET;
    while (p->pos < end) {
        int rc = places[p->state](p, bytes, end);
        if (rc != HTTP1_MORE)
            return rc;
    }
    return p->state == IN_VERSION ? HTTP1_MORE : 400;
}
