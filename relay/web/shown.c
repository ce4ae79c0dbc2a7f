/* What one HTTP thread shows now: views by room, texts by path. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/shown.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 64 };

/* Exactly one of view and text. */
struct entry {
    struct entry *next;
    uint32_t hash;
    struct room_view *view;
    struct body *text;
    struct ring waiters; /* for the view's successor */
    size_t len;
    char name[];
};

struct table {
    struct entry **buckets;
    size_t bucket_count, count; /* bucket_count is a power of two */
};

struct shown {
    struct table views, texts;
};

/* FNV-1a. Publishers choose room names, but rooms.max bounds what colliding ones can cost. */
static uint32_t hash_of(const char *name, size_t len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)name[i]) * 16777619u;
    return h;
}

static void entry_free(struct entry *e)
{
    assert(ring_is_empty(&e->waiters));
    room_view_unref(&e->view);
    body_unref(&e->text);
    free(e);
}

/* The link that points at the entry of that name, or at the end of its bucket. */
static struct entry **table_find(const struct table *t, const char *name, size_t len)
{
    uint32_t hash = hash_of(name, len);
    struct entry **link = &t->buckets[hash & (t->bucket_count - 1)];
    for (; *link; link = &(*link)->next)
        if ((*link)->hash == hash && (*link)->len == len && memcmp((*link)->name, name, len) == 0)
            break;
    return link;
}

static int table_init(struct table *t)
{
    t->buckets = calloc(BUCKETS_FIRST, sizeof(struct entry *));
    t->bucket_count = t->buckets ? BUCKETS_FIRST : 0;
    return t->buckets ? 0 : -ENOMEM;
}

static void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->bucket_count; i++) {
        while (t->buckets[i]) {
            struct entry *e = t->buckets[i];
            t->buckets[i] = e->next;
            entry_free(e);
        }
    }
    free(t->buckets);
}

/* Twice the buckets; without memory for them the chains just get longer. */
static void table_grow(struct table *t)
{
    size_t n = t->bucket_count * 2;
    struct entry **buckets = calloc(n, sizeof *buckets);
    if (!buckets)
        return;
    for (size_t i = 0; i < t->bucket_count; i++) {
        while (t->buckets[i]) {
            struct entry *e = t->buckets[i];
            t->buckets[i] = e->next;
            e->next = buckets[e->hash & (n - 1)];
            buckets[e->hash & (n - 1)] = e;
        }
    }
    free(t->buckets);
    t->buckets = buckets;
    t->bucket_count = n;
}

static void table_remove(struct table *t, const char *name)
{
    struct entry **link = table_find(t, name, strlen(name));
    struct entry *e = *link;
    if (!e)
        return;
    *link = e->next;
    t->count--;
    entry_free(e);
}

/* The entry of that name, made if need be; NULL when out of memory. */
static struct entry *table_entry(struct table *t, const char *name)
{
    size_t len = strlen(name);
    struct entry **link = table_find(t, name, len);
    struct entry *e = *link;
    if (e)
        return e;
    if (t->count >= t->bucket_count)
        table_grow(t);
    e = calloc(1, sizeof *e + len + 1);
    if (!e)
        return NULL;
    memcpy(e->name, name, len + 1);
    e->len = len;
    e->hash = hash_of(name, len);
    ring_init(&e->waiters);
    link = table_find(t, name, len);
    *link = e;
    t->count++;
    return e;
}

int shown_new(struct shown **out)
{
    struct shown *s = *out = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    int rc = table_init(&s->views);
    if (rc == 0)
        rc = table_init(&s->texts);
    if (rc)
        shown_free(out);
    return rc;
}

void shown_free(struct shown **sp)
{
    struct shown *s = *sp;
    *sp = NULL;
    if (!s)
        return;
    table_fini(&s->views);
    table_fini(&s->texts);
    free(s);
}

int shown_set_view(struct shown *s, const char *room, const struct room_view *v)
{
    if (!v) {
        table_remove(&s->views, room);
        return 0;
    }
    struct entry *e = table_entry(&s->views, room);
    if (!e)
        return -ENOMEM;
    room_view_unref(&e->view);
    e->view = room_view_ref(v);
    return 0;
}

int shown_set_text(struct shown *s, const char *path, const struct body *b)
{
    if (!b) {
        table_remove(&s->texts, path);
        return 0;
    }
    struct entry *e = table_entry(&s->texts, path);
    if (!e)
        return -ENOMEM;
    body_unref(&e->text);
    e->text = body_ref(b);
    return 0;
}

const struct room_view *shown_view(const struct shown *s, const char *room, size_t len,
                                   struct ring **waiters)
{
    struct entry *e = *table_find(&s->views, room, len);
    if (waiters)
        *waiters = e ? &e->waiters : NULL;
    return e ? e->view : NULL;
}

const struct body *shown_text(const struct shown *s, const char *path, size_t len)
{
    const struct entry *e = *table_find(&s->texts, path, len);
    return e ? e->text : NULL;
}
