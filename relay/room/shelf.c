/* The files of a rendition that do not change from view to view: immutable, sorted, shared. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/shelf.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SHELF_MAGIC = 0x53484c46 };

struct shelf_box {
    struct shelf shelf; /* first: a shelf's address is its box's */
    unsigned magic;
    atomic_uint refs;
    struct view_file files[];
};

static struct shelf_box *shelf_box(struct shelf *s)
{
    struct shelf_box *box = (struct shelf_box *)s;
    assert(box->magic == SHELF_MAGIC);
    return box;
}

int shelf_new(struct shelf **out, size_t size)
{
    struct shelf_box *box = calloc(1, sizeof(*box) + size * sizeof(box->files[0]));
    *out = NULL;
    if (!box)
        return -ENOMEM;
    box->magic = SHELF_MAGIC;
    atomic_init(&box->refs, 1);
    box->shelf.files = box->files;
    box->shelf.size = size;
    *out = &box->shelf;
    return 0;
}

struct shelf *shelf_ref(struct shelf *s)
{
    atomic_fetch_add_explicit(&shelf_box(s)->refs, 1, memory_order_relaxed);
    return s;
}

void shelf_unref(struct shelf **s)
{
    if (!*s)
        return;
    struct shelf_box *box = shelf_box(*s);
    *s = NULL;
    if (atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < box->shelf.count; i++)
        blob_unref(&box->files[i].blob);
    box->magic = 0;
    free(box);
}

struct view_file *shelf_add(struct shelf *s, struct blob *b, uint32_t max_age_s)
{
    assert(s->count < s->size);
    struct view_file *f = &s->files[s->count++];
    f->blob = blob_ref(b);
    f->bytes = b->bytes;
    f->max_age_s = max_age_s;
    return f;
}

/* Shorter names first: then numbers without leading zeros stand in their own order. */
static int name_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len != b_len)
        return a_len < b_len ? -1 : 1;
    return memcmp(a, b, a_len);
}

static int file_order(const void *a, const void *b)
{
    const struct view_file *x = a, *y = b;
    return name_order(x->name, strlen(x->name), y->name, strlen(y->name));
}

void files_sort(struct view_file *files, size_t count)
{
    size_t i = 1;
    while (i < count && file_order(&files[i - 1], &files[i]) <= 0)
        i++;
    if (i < count) /* mostly they are added in their order */
        qsort(files, count, sizeof(*files), file_order);
}

const struct view_file *files_find(const struct view_file *files, size_t count, const char *name,
                                   size_t len)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct view_file *f = &files[middle];
        int order = name_order(name, len, f->name, strlen(f->name));
        if (order == 0)
            return f;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
