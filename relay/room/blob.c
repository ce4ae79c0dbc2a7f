/* A ref-counted file descriptor with its size: a segment or an init segment, never its bytes. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/blob.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOB_MAGIC = 0x424c4f42 };

struct blob_box {
    struct blob blob; /* first: a blob's address is its box's */
    unsigned magic;
    atomic_uint refs;
    _Atomic(void *) view;   /* NULL: nobody asked; MAP_FAILED: there is none */
    _Atomic uint64_t reach; /* how much of it is known to be there */
};

static atomic_ullong alive_count, alive_bytes, view_count;

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

static size_t view_bytes(const struct blob *b)
{
    return b->bytes ? b->bytes : BLOB_VIEW_OPEN;
}

static void unmap(const struct blob *b, void *view)
{
    munmap(view, view_bytes(b));
    atomic_fetch_sub_explicit(&view_count, 1, memory_order_relaxed);
}

/* Whoever wrote the file is not trusted: only a seal keeps it from becoming shorter, and reading
 * what is no longer there would end the process (SIGBUS). */
static void *map(const struct blob *b)
{
    int seals = fcntl(b->fd, F_GET_SEALS), now = b->bytes ? MAP_POPULATE : 0;
    if (seals < 0 || !(seals & F_SEAL_SHRINK))
        return MAP_FAILED;
    if (atomic_fetch_add_explicit(&view_count, 1, memory_order_relaxed) < BLOB_VIEWS_MAX) {
        void *view = mmap(NULL, view_bytes(b), PROT_READ, MAP_SHARED | now, b->fd, 0);
        if (view != MAP_FAILED)
            return view;
    }
    atomic_fetch_sub_explicit(&view_count, 1, memory_order_relaxed);
    return MAP_FAILED;
}

/* Are they there, and for ever? Asked once the seal was seen. */
static bool reaches(struct blob_box *box, uint64_t end)
{
    struct stat st;
    if (end <= atomic_load_explicit(&box->reach, memory_order_relaxed))
        return true;
    if (end > view_bytes(&box->blob) || fstat(box->blob.fd, &st) != 0 || (uint64_t)st.st_size < end)
        return false;
    atomic_store_explicit(&box->reach, (uint64_t)st.st_size, memory_order_relaxed);
    return true;
}

const uint8_t *blob_view(struct blob *b, uint64_t from, uint64_t len)
{
    struct blob_box *box = blob_box(b);
    void *view = atomic_load_explicit(&box->view, memory_order_acquire);
    if (!view) {
        void *mine = map(b);
        if (atomic_compare_exchange_strong(&box->view, &view, mine))
            view = mine;
        else if (mine != MAP_FAILED) /* another thread was faster */
            unmap(b, mine);
    }
    if (view == MAP_FAILED || !reaches(box, from + len))
        return NULL;
    return (const uint8_t *)view + from;
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
    void *view = atomic_load_explicit(&box->view, memory_order_relaxed);
    if (view && view != MAP_FAILED)
        unmap(&box->blob, view);
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
