/* The head of an answer as facts, and its text in HTTP/1.1. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/reply_head.h"

#include <assert.h>
#include <string.h>

enum { VALUE_MAX = 96 };

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

/* What never changes, copied in one piece. */
static const char always[] =
    "Server: Roomcast\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Expose-Headers: Age, Date, Content-Length, Content-Range, ETag\r\n";

const char *reply_head_reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

/* printf costs more than all the rest of a small reply's user time, so the head is copied together
 * by hand. */
static char *put(char *at, const char *text)
{
    size_t n = strlen(text);
    memcpy(at, text, n);
    return at + n;
}

static char *put_number(char *at, uint64_t n)
{
    char digits[20];
    int i = 20;
    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    memcpy(at, digits + i, (size_t)(20 - i));
    return at + 20 - i;
}

/* A line whose value is not ours is cut rather than trusted to be short. */
static char *put_line(char *at, const char *name, const char *value)
{
    if (!value || !*value)
        return at;
    at = put(at, name);
    size_t n = strnlen(value, VALUE_MAX);
    memcpy(at, value, n);
    return put(at + n, "\r\n");
}

static char *put_cache(char *at, const struct reply_head *h)
{
    switch (h->cache) {
    case REPLY_NO_STORE:
        return put(at, "Cache-Control: no-store\r\n");
    case REPLY_NO_CACHE:
        return put(at, "Cache-Control: no-cache\r\n");
    case REPLY_PUBLIC:
    case REPLY_IMMUTABLE:
        break;
    }
    at = put(at, h->is_private ? "Cache-Control: private" : "Cache-Control: public");
    at = put_number(put(at, ", max-age="), h->max_age_s);
    if (h->shared_age_s && !h->is_private)
        at = put_number(put(at, ", s-maxage="), h->shared_age_s);
    return put(at, h->cache == REPLY_IMMUTABLE ? ", immutable\r\n" : "\r\n");
}

/* RFC 9110 section 14.4 */
static char *put_range(char *at, const struct reply_head *h)
{
    if (h->ranges)
        at = put(at, "Accept-Ranges: bytes\r\n");
    if (!h->part && !h->beyond)
        return at;
    at = put(at, "Content-Range: bytes ");
    if (h->part)
        at = put_number(put(put_number(at, h->first), "-"), h->last);
    else
        at = put(at, "*");
    at = put(at, "/");
    return put(h->unsized ? put(at, "*") : put_number(at, h->size), "\r\n");
}

/* The Fetch standard's answer to a preflight, and Allow for everybody else. */
static char *put_methods(char *at, const struct reply_head *h)
{
    at = put_line(at, "Allow: ", h->allow);
    if (!h->preflight)
        return at;
    at = put_line(at, "Allow: ", h->preflight);
    at = put_line(at, "Access-Control-Allow-Methods: ", h->preflight);
    return put(at, "Access-Control-Allow-Headers: Range, If-Range, If-None-Match, Cache-Control, "
                   "Content-Type, Authorization\r\n"
                   "Access-Control-Max-Age: 86400\r\n");
}

static char *put_content(char *at, const struct reply_head *h)
{
    at = put_line(at, "Content-Type: ", h->type);
    if (h->gzip)
        at = put(at, "Content-Encoding: gzip\r\n");
    if (h->has_length)
        at = put(put_number(put(at, "Content-Length: "), h->length), "\r\n");
    at = put_range(at, h);
    at = put_cache(at, h);
    at = put_line(at, "ETag: ", h->etag);
    at = put_line(at, "Last-Modified: ", h->modified);
    return h->vary ? put(at, "Vary: Accept-Encoding\r\n") : at;
}

size_t reply_head_write(const struct reply_head *h, char out[static REPLY_HEAD_MAX])
{
    assert(h->status >= 100 && h->status <= 999);
    char *at = put_number(put(out, "HTTP/1.1 "), (uint64_t)h->status);
    at = put(put(put(at, " "), reply_head_reason(h->status)), "\r\n");
    at = put_line(at, "Date: ", h->date);
    at = put_content(at, h);
    at = put_methods(at, h);
    if (h->retry_after_s)
        at = put(put_number(put(at, "Retry-After: "), h->retry_after_s), "\r\n");
    if (h->close)
        at = put(at, "Connection: close\r\n");
    else if (h->keep_alive)
        at = put(at, "Connection: keep-alive\r\n");
    if (h->extra) {
        assert(strlen(h->extra) <= REPLY_EXTRA_MAX);
        at = put(at, h->extra);
    }
    at = put(put(at, always), "\r\n");
    return (size_t)(at - out);
}
