/* A ref-counted file descriptor with its size: a segment or an init segment, never its bytes. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/blob.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOB_MAGIC = 0x424c4f42 };

struct blob_box {
    struct blob blob; /* first: a blob's address is its box's */
    unsigned magic;
    atomic_uint refs;
};

static atomic_ullong alive_count, alive_bytes;

static struct blob_box *blob_box(struct blob *b)
{
    struct blob_box *box = (struct blob_box *)b;
    assert(box->magic == BLOB_MAGIC);
    return box;
}

int blob_new(struct blob **out, int fd, uint32_t bytes, const char *etag)
{
    struct blob_box *box = calloc(1, sizeof(*box));
    *out = NULL;
    if (!box) {
        close(fd);
        return -ENOMEM;
    }
    box->magic = BLOB_MAGIC;
    atomic_init(&box->refs, 1);
    box->blob.fd = fd;
    box->blob.bytes = bytes;
    snprintf(box->blob.etag, sizeof(box->blob.etag), "%s", etag);
    atomic_fetch_add_explicit(&alive_count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&alive_bytes, bytes, memory_order_relaxed);
    *out = &box->blob;
    return 0;
}

struct blob *blob_ref(struct blob *b)
{
    atomic_fetch_add_explicit(&blob_box(b)->refs, 1, memory_order_relaxed);
    return b;
}

void blob_unref(struct blob **b)
{
    if (!*b)
        return;
    struct blob_box *box = blob_box(*b);
    *b = NULL;
    if (atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) != 1)
        return;
    atomic_fetch_sub_explicit(&alive_count, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&alive_bytes, box->blob.bytes, memory_order_relaxed);
    close(box->blob.fd);
    box->magic = 0;
    free(box);
}

bool blob_is_same(const struct blob *a, const struct blob *b)
{
    return a == b || (a && b && strcmp(a->etag, b->etag) == 0);
}

uint64_t blob_count(void)
{
    return atomic_load_explicit(&alive_count, memory_order_relaxed);
}

uint64_t blob_bytes(void)
{
    return atomic_load_explicit(&alive_bytes, memory_order_relaxed);
}
