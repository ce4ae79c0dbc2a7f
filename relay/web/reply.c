/* What a handler's answer becomes for this viewer: whole, part, 304, 416, gzip or head only. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/reply.h"

#include "relay/web/field.h"

#include <assert.h>
#include <string.h>

static const char plain_text[] = "text/plain; charset=utf-8";

enum { SENTENCE_MAX = 512 };

/* The only way out of this file: exactly one answer per request. */
static void finish(struct request *r, struct reply *reply)
{
    assert(r->state == REQUEST_OPEN);
    r->state = REQUEST_ANSWERED;
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

void reply_body(struct request *r, int status, const struct body *b)
{
    bool gzip = r->gzip && b->gzip;
    struct reply reply = {
        .head =
            {
                .status = status,
                .has_length = true,
                .length = gzip ? b->gzip_len : b->plain_len,
                .type = b->type,
                .etag = gzip ? b->gzip_etag : b->etag,
                .gzip = gzip,
                .vary = b->gzip != NULL,
                .cache = b->max_age_s ? REPLY_PUBLIC : REPLY_NO_CACHE,
                .max_age_s = b->max_age_s,
                .extra = b->extra_headers,
            },
        .modified_wall_us = b->modified_wall_us,
        .body = b,
        .text = gzip ? b->gzip : b->plain,
        .text_len = gzip ? b->gzip_len : b->plain_len,
    };
    if (status == 200 && is_unchanged(r, reply.head.etag))
        drop_content(&reply);
    finish(r, &reply);
}

/* RFC 9110 section 14.2: Range means something for GET only, and with If-Range only when the
 * viewer's copy is still this one. */
static enum field_range wanted_range(const struct request *r, const struct blob *b, uint64_t *first,
                                     uint64_t *last)
{
    if (!r->range.at || r->method != HTTP_GET)
        return FIELD_RANGE_WHOLE;
    if (r->if_range.at && !field_etag_is(r->if_range.at, r->if_range.len, b->etag))
        return FIELD_RANGE_WHOLE;
    return field_range(r->range.at, r->range.len, b->bytes, first, last);
}

static void refuse_range(struct request *r, const struct blob *b)
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
                .size = b->bytes,
            },
        .text = sentence,
        .text_len = sizeof sentence - 1,
    };
    finish(r, &reply);
}

void reply_blob(struct request *r, struct blob *b, const char *type, uint32_t max_age_s)
{
    struct reply reply = {
        .head =
            {
                .status = 200,
                .has_length = true,
                .length = b->bytes,
                .type = type,
                .etag = b->etag,
                .cache = REPLY_IMMUTABLE,
                .max_age_s = max_age_s,
                .ranges = true,
                .size = b->bytes,
            },
        .blob = b,
        .blob_len = b->bytes,
    };
    uint64_t first = 0, last = 0;
    if (is_unchanged(r, b->etag)) {
        drop_content(&reply);
        finish(r, &reply);
        return;
    }
    enum field_range range = wanted_range(r, b, &first, &last);
    if (range == FIELD_RANGE_BEYOND) {
        refuse_range(r, b);
        return;
    }
    if (range == FIELD_RANGE_PART) {
        reply.head.status = 206;
        reply.head.part = true;
        reply.head.first = reply.first = first;
        reply.head.last = last;
        reply.head.length = reply.blob_len = last - first + 1;
    }
    finish(r, &reply);
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

void reply_come_back(struct request *r, int status, uint32_t retry_after_s, const char *sentence)
{
    struct reply_head head = {.status = status, .retry_after_s = retry_after_s};
    send_sentence(r, &head, sentence);
}
