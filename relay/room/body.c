/* Immutable ref-counted text with its gzip twin and its ETag: what small replies are made of. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/body.h"

#include "relay/room/digest.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
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
    atomic_bool pressed; /* gzip is what it will ever be */
    struct text gzip;    /* empty: does not pay, or no memory */
    char bytes[];        /* plain, NUL */
};

/* Whoever makes a twin holds one of these, by address. A second viewer of the same text waits some
 * 50 us for it, which is what making another one would take. */
enum { LOCKS = 16, BOX_ALIGN = 64 };
static pthread_mutex_t locks[LOCKS] = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER};

/* The count is not part of the value that const protects, nor is the twin. */
static struct body_box *body_box(const struct body *b)
{
    struct body_box *box = (struct body_box *)(uintptr_t)b;
    assert(box->magic == BODY_MAGIC);
    return box;
}

static void body_fill(struct body *b, char *bytes, const void *plain, size_t len)
{
    uint64_t h = digest_text(plain, len);
    if (len > 0)
        memcpy(bytes, plain, len);
    bytes[len] = '\0';
    b->plain = bytes;
    b->plain_len = len;
    snprintf(b->etag, sizeof(b->etag), "\"%016" PRIx64 "\"", h);
    /* RFC 9110 section 8.8.3: another content coding is another representation, another tag. */
    snprintf(b->gzip_etag, sizeof(b->gzip_etag), "\"%016" PRIx64 "-gz\"", h);
}

int body_new(struct body **out, const char *type, const void *plain, size_t len, bool gzip,
             uint32_t max_age_s, int64_t now_wall_us)
{
    struct body_box *box = calloc(1, sizeof(*box) + len + 1);
    *out = NULL;
    if (!box)
        return -ENOMEM;
    box->magic = BODY_MAGIC;
    atomic_init(&box->refs, 1);
    box->body.type = type;
    box->body.max_age_s = max_age_s;
    box->body.modified_wall_us = now_wall_us;
    box->body.may_gzip = gzip && len >= BODY_GZIP_MIN;
    atomic_init(&box->pressed, !box->body.may_gzip);
    text_init(&box->gzip);
    body_fill(&box->body, box->bytes, plain, len);
    *out = &box->body;
    return 0;
}

/* Failing to compress is no failure: the plain text serves everybody. */
static void keep_if_it_pays(struct body_box *box)
{
    if (text_failed(&box->gzip) || box->gzip.len >= box->body.plain_len)
        text_fini(&box->gzip);
    atomic_store_explicit(&box->pressed, true, memory_order_release);
}

int body_new_pressed(struct body **out, const char *type, const struct press *p, uint32_t max_age_s,
                     int64_t now_wall_us)
{
    int err = body_new(out, type, p->plain.data, p->plain.len, true, max_age_s, now_wall_us);
    if (err < 0 || p->later || !(*out)->may_gzip)
        return err;
    struct body_box *box = body_box(*out);
    press_gzip(p, &box->gzip);
    keep_if_it_pays(box);
    return 0;
}

static void make_twin(struct body_box *box)
{
    pthread_mutex_t *lock = &locks[(uintptr_t)box / BOX_ALIGN % LOCKS];
    pthread_mutex_lock(lock);
    if (!atomic_load_explicit(&box->pressed, memory_order_relaxed)) {
        press_gzip_text(box->body.plain, box->body.plain_len, &box->gzip);
        keep_if_it_pays(box);
    }
    pthread_mutex_unlock(lock);
}

bool body_gzip(const struct body *b, struct body_twin *out)
{
    struct body_box *box = body_box(b);
    if (!atomic_load_explicit(&box->pressed, memory_order_acquire))
        make_twin(box);
    *out = (struct body_twin){box->gzip.data, box->gzip.len};
    return out->len > 0;
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
    text_fini(&box->gzip);
    free(box);
}
