/* What a handler's answer becomes for this viewer: whole, part, 304, 416, gzip or head only. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/reply.h"

#include "relay/web/field.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char plain_text[] = "text/plain; charset=utf-8";

enum { SENTENCE_MAX = 512, ETAG_SIZE = 48, RETRY_AFTER_S = 2 };

/* Nothing that a signed link gave is kept beyond its end. */
static void limit(const struct request *r, struct reply_head *h)
{
    h->is_private = r->is_private;
    if (r->left_s == 0)
        return;
    h->max_age_s = h->max_age_s < r->left_s ? h->max_age_s : r->left_s;
    h->shared_age_s = h->shared_age_s < r->left_s ? h->shared_age_s : r->left_s;
}

/* The only way out of this file: exactly one answer per request. */
static void finish(struct request *r, struct reply *reply)
{
    assert(r->state == REQUEST_OPEN);
    r->state = REQUEST_ANSWERED;
    reply->audience = r->audience;
    limit(r, &reply->head);
    if (r->method == HTTP_HEAD) { /* RFC 9110 section 9.3.2: the same head, no content */
        reply->text_len = 0;
        reply->blob_len = 0;
    }
    r->carrier->send(r, reply);
}

static bool is_unchanged(const struct request *r, const char *etag)
{
    if (!r->if_none_match.at || r->method > HTTP_HEAD)
        return false;
    return field_etag_listed(r->if_none_match.at, r->if_none_match.len, etag);
}

/* RFC 9110 section 15.4.5: 304 repeats what caches file by, but not the content's own fields. */
static void drop_content(struct reply *reply)
{
    reply->head.status = 304;
    reply->head.has_length = false;
    reply->head.type = NULL;
    reply->head.gzip = false;
    reply->head.ranges = false;
    reply->text_len = 0;
    reply->blob_len = 0;
}

void reply_body_shared(struct request *r, int status, const struct body *b, uint32_t shared_age_s)
{
    uint32_t max_age_s = shared_age_s ? 0 : b->max_age_s;
    struct body_twin sent;
    bool gzip = r->gzip && b->may_gzip && body_gzip(b, &sent);
    if (!gzip)
        sent = (struct body_twin){b->plain, b->plain_len};
    struct reply reply = {
        .head =
            {
                .status = status,
                .has_length = true,
                .length = sent.len,
                .type = b->type,
                .etag = gzip ? b->gzip_etag : b->etag,
                .gzip = gzip,
                .vary = b->may_gzip,
                .cache = max_age_s || shared_age_s ? REPLY_PUBLIC : REPLY_NO_CACHE,
                .max_age_s = max_age_s,
                .shared_age_s = shared_age_s,
                .extra = b->extra_headers,
            },
        .modified_wall_us = b->modified_wall_us,
        .body = b,
        .text = sent.bytes,
        .text_len = sent.len,
    };
    if (status == 200 && is_unchanged(r, reply.head.etag))
        drop_content(&reply);
    finish(r, &reply);
}

void reply_body(struct request *r, int status, const struct body *b)
{
    reply_body_shared(r, status, b, 0);
}

void reply_stream(struct request *r, const struct body *b)
{
    struct reply reply = {
        .head = {.status = 200,
                 .type = b->type,
                 .cache = REPLY_NO_STORE,
                 .extra = b->extra_headers},
        .body = b,
        .text = b->plain,
        .text_len = b->plain_len,
    };
    finish(r, &reply);
}

/* RFC 9110 section 14.2: Range means something for GET only, and with If-Range only when the
 * viewer's copy is still this one. */
static enum field_range wanted_range(const struct request *r, const char *etag, uint64_t size,
                                     uint64_t *first, uint64_t *last)
{
    if (!r->range.at || r->method != HTTP_GET)
        return FIELD_RANGE_WHOLE;
    if (r->if_range.at && !field_etag_is(r->if_range.at, r->if_range.len, etag))
        return FIELD_RANGE_WHOLE;
    return field_range(r->range.at, r->range.len, size, first, last);
}

static void refuse_range(struct request *r, uint64_t size)
{
    static const char sentence[] = "This range lies beyond the end.\n";
    struct reply reply = {
        .head =
            {
                .status = 416,
                .has_length = true,
                .length = sizeof sentence - 1,
                .type = plain_text,
                .ranges = true,
                .beyond = true,
                .size = size,
            },
        .text = sentence,
        .text_len = sizeof sentence - 1,
    };
    finish(r, &reply);
}

/* A part is another resource than its segment: the same blob, but other bytes of it. */
static const char *etag_of(const struct blob *b, uint32_t offset, uint32_t bytes,
                           char out[static ETAG_SIZE])
{
    if (offset == 0 && bytes == b->bytes)
        return b->etag;
    size_t len = strlen(b->etag);
    snprintf(out, ETAG_SIZE, "%.*s-%" PRIu32 "-%" PRIu32 "\"", len ? (int)len - 1 : 0, b->etag,
             offset, bytes);
    return out;
}

static struct reply reply_of(struct blob *b, uint32_t offset, uint32_t bytes, const char *type,
                             uint32_t max_age_s)
{
    return (struct reply){
        .head =
            {
                .status = 200,
                .has_length = true,
                .length = bytes,
                .type = type,
                .cache = REPLY_IMMUTABLE,
                .max_age_s = max_age_s,
                .ranges = true,
                .size = bytes,
            },
        .blob = b,
        .blob_at = offset,
        .blob_len = bytes,
    };
}

static void narrow(struct reply *reply, uint64_t first, uint64_t last)
{
    reply->head.status = 206;
    reply->head.part = true;
    reply->head.first = first;
    reply->head.last = last;
    reply->head.length = reply->blob_len = last - first + 1;
    reply->blob_at += first;
}

static void send_blob(struct request *r, struct blob *b, uint32_t offset, uint32_t bytes,
                      const char *type, uint32_t max_age_s, bool changes)
{
    char etag[ETAG_SIZE];
    uint64_t first = 0, last = 0;
    struct reply reply = reply_of(b, offset, bytes, type, max_age_s);
    if (changes)
        reply.head.cache = REPLY_PUBLIC;
    reply.head.etag = etag_of(b, offset, bytes, etag);
    if (is_unchanged(r, reply.head.etag)) {
        drop_content(&reply);
        finish(r, &reply);
        return;
    }
    enum field_range range = wanted_range(r, reply.head.etag, bytes, &first, &last);
    if (range == FIELD_RANGE_BEYOND) {
        refuse_range(r, bytes);
        return;
    }
    if (range == FIELD_RANGE_PART)
        narrow(&reply, first, last);
    finish(r, &reply);
}

void reply_blob(struct request *r, struct blob *b, uint32_t offset, uint32_t bytes,
                const char *type, uint32_t max_age_s)
{
    send_blob(r, b, offset, bytes, type, max_age_s, false);
}

void reply_changing(struct request *r, struct blob *b, const char *type, uint32_t max_age_s)
{
    send_blob(r, b, 0, b->bytes, type, max_age_s, true);
}

bool reply_growing(struct request *r, struct blob *b, uint32_t offset, uint32_t bytes,
                   const char *type, uint32_t max_age_s)
{
    uint64_t first = 0, last = 0;
    struct reply reply = reply_of(b, offset, bytes, type, max_age_s);
    /* As if without end: then a suffix, of which nobody can know yet where it starts, lies beyond
     * what is here. */
    if (wanted_range(r, "", UINT64_MAX, &first, &last) != FIELD_RANGE_PART || first >= bytes)
        return false;
    reply.head.unsized = true;
    narrow(&reply, first, last < bytes ? last : bytes - 1);
    finish(r, &reply);
    return true;
}

/* One sentence and a line end; the copy lasts for the call, which is all the carrier needs. */
static void send_sentence(struct request *r, struct reply_head *head, const char *sentence)
{
    char text[SENTENCE_MAX + 1];
    size_t len = strnlen(sentence, SENTENCE_MAX);
    memcpy(text, sentence, len);
    if (len > 0)
        text[len++] = '\n';
    struct reply reply = {.head = *head, .text = text};
    if (head->status != 204) { /* RFC 9110 section 15.3.5: 204 has no content */
        reply.head.type = plain_text;
        reply.head.has_length = true;
        reply.head.length = reply.text_len = len;
    }
    finish(r, &reply);
}

void reply_status(struct request *r, int status, uint32_t age_s, const char *sentence)
{
    struct reply_head head = {
        .status = status,
        .cache = age_s ? REPLY_PUBLIC : REPLY_NO_STORE,
        .max_age_s = age_s,
    };
    send_sentence(r, &head, sentence);
}

void reply_preflight(struct request *r, const char *methods)
{
    struct reply_head head = {.status = 204, .preflight = methods};
    send_sentence(r, &head, "");
}

void reply_wrong_method(struct request *r, const char *methods)
{
    struct reply_head head = {.status = 405, .allow = methods};
    send_sentence(r, &head, "This address does not take that method.");
}

void reply_come_back(struct request *r, int status, uint32_t retry_after_s, uint32_t age_s,
                     const char *sentence)
{
    struct reply_head head = {
        .status = status,
        .retry_after_s = retry_after_s,
        .cache = age_s ? REPLY_PUBLIC : REPLY_NO_STORE,
        .max_age_s = age_s,
    };
    send_sentence(r, &head, sentence);
}

static const struct {
    int status;
    const char *sentence;
} refusals[] = {
    {408, "The request did not arrive in time."},
    {411, "Bodies need a Content-Length here."},
    {413, "The request body is too large."},
    {414, "The address is too long."},
    {417, "Only 100-continue can be expected."},
    {429, "Too many connections from your address."},
    {431, "The request's header fields are too large."},
    {501, "This method or coding is not known here."},
    {503, "The server is full; please come back in a moment."},
    {505, "Only HTTP/1.0 and HTTP/1.1 are spoken here."},
};

static const char *refusal(int status)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].status == status)
            return refusals[i].sentence;
    return "This is not a request that can be understood.";
}

void reply_refuse(struct request *r, int status)
{
    if (status == 503 || status == 429)
        reply_come_back(r, status, RETRY_AFTER_S, 0, refusal(status));
    else
        reply_status(r, status, 0, refusal(status));
}
