/* Heads in HTTP/2: fields of a request as they come, and the fields of an answer. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2_head.h"

#include "relay/web/http1_known.h"
#include "relay/web/octet.h"

#include <assert.h>
#include <string.h>

/* At *at; behind it one byte, which a handler may make a NUL. False: there is no room. */
static bool append(struct input *in, size_t size, struct slice s, char behind, size_t *at)
{
    if (s.len >= size - in->len)
        return false;
    *at = in->len;
    if (s.len)
        memcpy(in->bytes + in->len, s.at, s.len);
    in->len += s.len;
    in->bytes[in->len++] = behind;
    return true;
}

static bool is(struct slice s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static int add_field(struct input *in, size_t size, struct slice name, struct slice value)
{
    struct http1 *p = &in->head;
    size_t name_at, value_at;
    for (size_t i = 0; i < value.len; i++)
        if (!octet_is(value.at[i], OCTET_VALUE))
            return 400;
    if (p->field_count == HTTP1_FIELDS_MAX || !append(in, size, name, ':', &name_at) ||
        !append(in, size, value, ' ', &value_at))
        return 431;
    p->fields[p->field_count] = (struct http1_field){{(uint16_t)name_at, (uint16_t)name.len},
                                                     {(uint16_t)value_at, (uint16_t)value.len}};
    return http1_note(p, in->bytes);
}

/* RFC 9113 section 8.3.1: :authority is what Host was, and if both are there they are the same. */
static int add_host(struct input *in, size_t size, struct slice value)
{
    char name[] = "host";
    size_t len;
    const char *before = http1_value(&in->head, in->bytes, HTTP1_HOST, &len);
    if (before)
        return len == value.len && memcmp(before, value.at, len) == 0 ? HTTP1_MORE : 400;
    return add_field(in, size, (struct slice){name, sizeof name - 1}, value);
}

int h2_head_add(struct input *in, size_t size, struct slice name, struct slice value)
{
    size_t at;
    if (is(name, ":method"))
        return http1_method(&in->head, value.at, value.len);
    if (is(name, ":authority") || is(name, "host"))
        return add_host(in, size, value);
    if (is(name, ":path")) {
        if (value.len > HTTP1_TARGET_MAX || !append(in, size, value, ' ', &at))
            return 414;
        return http1_target(&in->head, in->bytes, at, value.len);
    }
    if (name.len && name.at[0] == ':') /* :scheme, or nghttp2 would have refused it */
        return HTTP1_MORE;
    return add_field(in, size, name, value);
}

int h2_head_judge(struct input *in)
{
    in->head.minor = 1;
    return http1_judge(&in->head, in->bytes);
}

/* What is another one each time would only push the others out of the table (RFC 7541 section 6.2).
 * nghttp2 knows ETag and Content-Length itself. */
static bool is_fleeting(const nghttp2_nv *line)
{
    static const char *const names[] = {"date", "last-modified", "content-range"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (line->namelen == strlen(names[i]) && memcmp(line->name, names[i], line->namelen) == 0)
            return true;
    return false;
}

static uint8_t *bytes_of(char *text)
{
    return (uint8_t *)text;
}

/* "Content-Type: text/plain" and its CRLF; the end of the line. */
static char *line(char *at, char *end, nghttp2_nv *out)
{
    char *colon = memchr(at, ':', (size_t)(end - at)), *cr = memchr(at, '\r', (size_t)(end - at));
    assert(colon && cr && colon < cr && colon[1] == ' ');
    for (char *c = at; c < colon; c++) /* RFC 9113 section 8.2: names are in lower case */
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    *out = (nghttp2_nv){.name = bytes_of(at),
                        .namelen = (size_t)(colon - at),
                        .value = bytes_of(colon + 2),
                        .valuelen = (size_t)(cr - colon - 2)};
    out->flags = is_fleeting(out) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    return cr + 2;
}

size_t h2_head_lines(char *text, size_t len, nghttp2_nv out[static H2_HEAD_LINES])
{
    static const uint8_t status[] = ":status";
    static const size_t status_at = sizeof "HTTP/1.1 " - 1;
    size_t n = 0;
    char *end = text + len - 2; /* the empty line */
    char *at = memchr(text, '\n', len);
    assert(at);
    out[n++] = (nghttp2_nv){.name = (uint8_t *)(uintptr_t)status,
                            .namelen = sizeof status - 1,
                            .value = bytes_of(text + status_at),
                            .valuelen = 3};
    for (at++; at < end && n < H2_HEAD_LINES; n++)
        at = line(at, end, &out[n]);
    assert(at == end);
    return n;
}
