/* Immutable ref-counted text with its gzip twin and its ETag: what small replies are made of. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/body.h"

#include "relay/room/digest.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Below this a gzip header and trailer eat what compression saves. */
enum { BODY_GZIP_MIN = 256, BODY_MAGIC = 0x424f4459 };

struct body_box {
    struct body body; /* first: a body's address is its box's */
    unsigned magic;
    atomic_uint refs;
    char bytes[]; /* plain, NUL, gzip */
};

/* The count is not part of the value that const protects. */
static struct body_box *body_box(const struct body *b)
{
    struct body_box *box = (struct body_box *)(uintptr_t)b;
    assert(box->magic == BODY_MAGIC);
    return box;
}

static void body_fill(struct body_box *box, const void *plain, size_t len, const struct text *gz)
{
    struct body *b = &box->body;
    uint64_t h = digest_text(plain, len);
    if (len > 0)
        memcpy(box->bytes, plain, len);
    box->bytes[len] = '\0';
    b->plain = box->bytes;
    b->plain_len = len;
    snprintf(b->etag, sizeof(b->etag), "\"%016" PRIx64 "\"", h);
    if (gz->len == 0)
        return;
    memcpy(box->bytes + len + 1, gz->data, gz->len);
    b->gzip = box->bytes + len + 1;
    b->gzip_len = gz->len;
    /* RFC 9110 section 8.8.3: another content coding is another representation, another tag. */
    snprintf(b->gzip_etag, sizeof(b->gzip_etag), "\"%016" PRIx64 "-gz\"", h);
}

static int make(struct body **out, const char *type, const void *plain, size_t len,
                const struct text *gz, uint32_t max_age_s, int64_t now_wall_us)
{
    struct body_box *box = calloc(1, sizeof(*box) + len + 1 + gz->len);
    *out = NULL;
    if (!box)
        return -ENOMEM;
    box->magic = BODY_MAGIC;
    atomic_init(&box->refs, 1);
    box->body.type = type;
    box->body.max_age_s = max_age_s;
    box->body.modified_wall_us = now_wall_us;
    body_fill(box, plain, len, gz);
    *out = &box->body;
    return 0;
}

/* Failing to compress is no failure: the plain text serves everybody. */
static void compress(const struct press *p, struct text *gz)
{
    if (p->plain.len >= BODY_GZIP_MIN)
        press_gzip(p, gz);
    if (text_failed(gz) || gz->len >= p->plain.len)
        text_clear(gz);
}

int body_new_pressed(struct body **out, const char *type, const struct press *p, uint32_t max_age_s,
                     int64_t now_wall_us)
{
    struct text gz;
    text_init(&gz);
    compress(p, &gz);
    int err = make(out, type, p->plain.data, p->plain.len, &gz, max_age_s, now_wall_us);
    text_fini(&gz);
    return err;
}

int body_new(struct body **out, const char *type, const void *plain, size_t len, bool gzip,
             uint32_t max_age_s, int64_t now_wall_us)
{
    struct press p;
    struct text gz;
    press_init(&p);
    text_init(&gz);
    if (gzip && len >= BODY_GZIP_MIN) {
        press_add(&p, plain, len);
        compress(&p, &gz);
    }
    int err = make(out, type, plain, len, &gz, max_age_s, now_wall_us);
    text_fini(&gz);
    press_fini(&p);
    return err;
}

struct body *body_ref(const struct body *b)
{
    struct body_box *box = body_box(b);
    atomic_fetch_add_explicit(&box->refs, 1, memory_order_relaxed);
    return &box->body;
}

void body_unref(struct body **b)
{
    if (!*b)
        return;
    struct body_box *box = body_box(*b);
    *b = NULL;
    if (atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) != 1)
        return;
    box->magic = 0;
    free(box);
}
