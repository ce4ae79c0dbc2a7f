/* All that one room shows to viewers at one moment: immutable, shared by all HTTP threads. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/view.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VIEW_MAGIC = 0x56494557 };

struct view_box {
    struct room_view view; /* first: a view's address is its box's */
    unsigned magic;
    atomic_uint refs;
};

/* The count is not part of the value that const protects. */
static struct view_box *view_box(const struct room_view *v)
{
    struct view_box *box = (struct view_box *)(uintptr_t)v;
    assert(box->magic == VIEW_MAGIC);
    return box;
}

int room_view_new(struct room_view **out, const char *room, size_t renditions)
{
    struct view_box *box = calloc(1, sizeof(*box));
    *out = NULL;
    if (!box)
        return -ENOMEM;
    box->magic = VIEW_MAGIC;
    atomic_init(&box->refs, 1);
    snprintf(box->view.room, sizeof(box->view.room), "%s", room);
    *out = &box->view;
    if (renditions == 0)
        return 0;
    box->view.renditions = calloc(renditions, sizeof(*box->view.renditions));
    if (!box->view.renditions) {
        room_view_unref(out);
        return -ENOMEM;
    }
    box->view.rendition_count = renditions;
    return 0;
}

int view_rendition_reserve(struct view_rendition *r, size_t files)
{
    r->files = files > 0 ? calloc(files, sizeof(*r->files)) : NULL;
    return files == 0 || r->files ? 0 : -ENOMEM;
}

void view_rendition_sort(struct view_rendition *r)
{
    files_sort(r->files, r->file_count);
}

struct room_view *room_view_ref(const struct room_view *v)
{
    struct view_box *box = view_box(v);
    atomic_fetch_add_explicit(&box->refs, 1, memory_order_relaxed);
    return &box->view;
}

static void view_end(struct room_view *v)
{
    body_unref(&v->multivariant);
    body_unref(&v->status);
    blob_unref(&v->picture);
    audience_unref(&v->audience);
    for (size_t i = 0; i < v->rendition_count; i++) {
        struct view_rendition *r = &v->renditions[i];
        body_unref(&r->playlist);
        body_unref(&r->delta);
        body_unref(&r->delta_v2);
        for (size_t k = 0; k < r->file_count; k++)
            blob_unref(&r->files[k].blob);
        free(r->files);
        shelf_unref(&r->shelf);
    }
    free(v->renditions);
}

void room_view_unref(struct room_view **v)
{
    if (!*v)
        return;
    struct view_box *box = view_box(*v);
    *v = NULL;
    if (atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) != 1)
        return;
    view_end(&box->view);
    box->magic = 0;
    free(box);
}

static int match_body(const struct body *b, struct view_match *out)
{
    if (!b)
        return -ENOENT;
    *out = (struct view_match){.body = b, .type = b->type, .max_age_s = b->max_age_s};
    return 0;
}

/* Old ones may be shown for a moment: the next one has the same address. */
static int match_picture(struct blob *b, struct view_match *out)
{
    if (!b)
        return -ENOENT;
    *out = (struct view_match){
        .blob = b, .bytes = b->bytes, .type = "image/jpeg", .max_age_s = VIEW_PICTURE_AGE_S};
    return 0;
}

static const struct view_rendition *find_rendition(const struct room_view *v, const char *name,
                                                   size_t len)
{
    for (size_t i = 0; i < v->rendition_count; i++) {
        const struct view_rendition *r = &v->renditions[i];
        if (strlen(r->name) == len && memcmp(r->name, name, len) == 0)
            return r;
    }
    return NULL;
}

static int find_file(const struct view_rendition *r, const char *name, size_t len,
                     struct view_match *out)
{
    const struct view_file *f = files_find(r->files, r->file_count, name, len);
    if (!f && r->shelf)
        f = files_find(r->shelf->files, r->shelf->count, name, len);
    if (!f)
        return -ENOENT;
    *out = (struct view_match){.blob = f->blob,
                               .offset = f->offset,
                               .bytes = f->bytes,
                               .open = f->open,
                               .type = r->media_type,
                               .max_age_s = f->max_age_s,
                               .rendition = r};
    return 0;
}

static bool tail_is(const char *tail, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(tail, name, len) == 0;
}

int room_view_find(const struct room_view *v, const char *tail, size_t len, struct view_match *out)
{
    static const char suffix[] = ".m3u8";
    const size_t suffix_len = sizeof(suffix) - 1;
    *out = (struct view_match){0};
    if (tail_is(tail, len, "index.m3u8"))
        return match_body(v->multivariant, out);
    if (tail_is(tail, len, "status.json"))
        return match_body(v->status, out);
    if (tail_is(tail, len, VIEW_PICTURE))
        return match_picture(v->picture, out);
    const char *slash = memchr(tail, '/', len);
    if (slash) {
        size_t name_len = (size_t)(slash - tail);
        const struct view_rendition *r = find_rendition(v, tail, name_len);
        return r ? find_file(r, slash + 1, len - name_len - 1, out) : -ENOENT;
    }
    if (len <= suffix_len || memcmp(tail + len - suffix_len, suffix, suffix_len) != 0)
        return -ENOENT;
    const struct view_rendition *r = find_rendition(v, tail, len - suffix_len);
    if (!r || match_body(r->playlist, out) < 0)
        return -ENOENT;
    out->rendition = r;
    return 0;
}
