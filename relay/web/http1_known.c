/* The fields that the front itself understands, and what they demand of a head. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/http1_known.h"

#include "relay/web/field.h"
#include "relay/web/octet.h"

#include <strings.h>

static const struct {
    const char *name;
    size_t len;
} known_names[HTTP1_KNOWN] = {
    [HTTP1_HOST] = {"host", 4},
    [HTTP1_CONNECTION] = {"connection", 10},
    [HTTP1_CONTENT_LENGTH] = {"content-length", 14},
    [HTTP1_TRANSFER_ENCODING] = {"transfer-encoding", 17},
    [HTTP1_ACCEPT_ENCODING] = {"accept-encoding", 15},
    [HTTP1_IF_NONE_MATCH] = {"if-none-match", 13},
    [HTTP1_IF_RANGE] = {"if-range", 8},
    [HTTP1_RANGE] = {"range", 5},
    [HTTP1_EXPECT] = {"expect", 6},
    [HTTP1_USER_AGENT] = {"user-agent", 10},
};

/* RFC 9112 section 6.3: digits only, once. Beyond what we take is 413, however long. */
static int note_content_length(struct http1 *p, const char *v, size_t len)
{
    uint32_t n = 0;
    if (len == 0)
        return 400;
    for (size_t i = 0; i < len; i++) {
        if (v[i] < '0' || v[i] > '9')
            return 400;
        if (n <= HTTP1_BODY_MAX)
            n = n * 10 + (uint32_t)(v[i] - '0');
    }
    p->content_length = n;
    return HTTP1_MORE;
}

static int note_host(const char *v, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!octet_is(v[i], OCTET_AUTHORITY))
            return 400;
    return HTTP1_MORE;
}

/* `again`: there was such a line before. */
static int note_known(struct http1 *p, enum http1_known id, const char *v, size_t len, bool again)
{
    switch (id) {
    case HTTP1_HOST:
        return again ? 400 : note_host(v, len);
    case HTTP1_CONTENT_LENGTH:
        return again ? 400 : note_content_length(p, v, len);
    case HTTP1_TRANSFER_ENCODING:
        return again ? 400 : HTTP1_MORE;
    case HTTP1_CONNECTION:
        p->close |= field_has_token(v, len, "close");
        p->keep_alive |= field_has_token(v, len, "keep-alive");
        return HTTP1_MORE;
    default:
        return HTTP1_MORE;
    }
}

int http1_note(struct http1 *p, const char *b)
{
    const struct http1_field *f = &p->fields[p->field_count++];
    for (int id = 0; id < HTTP1_KNOWN; id++) {
        if (f->name.len != known_names[id].len ||
            strncasecmp(b + f->name.at, known_names[id].name, f->name.len) != 0)
            continue;
        bool again = p->known[id] != 0;
        if (!again)
            p->known[id] = p->field_count;
        return note_known(p, (enum http1_known)id, b + f->value.at, f->value.len, again);
    }
    return HTTP1_MORE;
}

/* RFC 9112 section 6.1: both lengths at once is how requests are smuggled; HTTP/1.0 knows no
 * transfer coding. A coded body is nothing any route wants: say that a length is needed. */
static int judge_coding(const struct http1 *p, const char *b)
{
    size_t len;
    const char *coding = http1_value(p, b, HTTP1_TRANSFER_ENCODING, &len);
    if (!coding)
        return HTTP1_MORE;
    if (p->known[HTTP1_CONTENT_LENGTH] || p->minor == 0)
        return 400;
    return len == 7 && strncasecmp(coding, "chunked", 7) == 0 ? 411 : 501;
}

static int judge_expect(struct http1 *p, const char *b)
{
    size_t len;
    const char *v = http1_value(p, b, HTTP1_EXPECT, &len);
    if (!v || p->minor == 0)
        return HTTP1_MORE;
    /* RFC 9110 section 10.1.1 */
    p->expects_continue = len == 12 && strncasecmp(v, "100-continue", 12) == 0;
    return p->expects_continue ? HTTP1_MORE : 417;
}

int http1_judge(struct http1 *p, const char *b)
{
    if (p->minor > 0 && !p->known[HTTP1_HOST])
        return 400; /* RFC 9112 section 3.2 */
    int rc = judge_coding(p, b);
    if (rc == HTTP1_MORE)
        rc = judge_expect(p, b);
    if (rc == HTTP1_MORE && p->content_length > HTTP1_BODY_MAX)
        rc = 413;
    return rc;
}

const char *http1_value(const struct http1 *p, const char *bytes, enum http1_known id, size_t *len)
{
    *len = 0;
    if (!p->known[id])
        return NULL;
    const struct http1_span *v = &p->fields[p->known[id] - 1].value;
    *len = v->len;
    return bytes + v->at;
}
