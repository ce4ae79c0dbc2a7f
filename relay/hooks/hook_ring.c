/* The ring, and what each event leaves behind in what was told. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOOK_RING_MAGIC = 0x484f4f4b };

struct slot {
    _Atomic uint64_t seq; /* of the event that is whole in it */
    struct hook_event event;
};

/* Untouched pages of it cost nothing. */
struct board {
    uint32_t magic, format;
    uint64_t epoch;
    _Atomic uint64_t head;
    uint32_t told_count; /* of those below, how many were ever in use */
    struct slot slots[HOOK_SLOTS];
    struct hook_told told[HOOK_TOLD];
};

struct hook_ring {
    struct board *board;
};

int hook_ring_reader(int fd)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int copy = open(path, O_RDONLY | O_CLOEXEC);
    return copy < 0 ? -errno : copy;
}

static bool is_ours(const struct board *b)
{
    return b->magic == HOOK_RING_MAGIC && b->format == HOOK_FORMAT;
}

/* What another program left is given back to the kernel; a new memfd has nothing to give. */
static void begin(struct board *b)
{
    if (b->magic != 0 && madvise(b, sizeof(*b), MADV_REMOVE))
        memset(b, 0, sizeof(*b));
    if (getrandom(&b->epoch, sizeof(b->epoch), 0) != (ssize_t)sizeof(b->epoch))
        b->epoch = 1;
    b->format = HOOK_FORMAT;
    b->magic = HOOK_RING_MAGIC;
}

/* A front that was killed may have died between an event and what it leaves behind. */
static void finish_last(struct hook_ring *r)
{
    struct hook_event e;
    if (!hook_ring_read(r, hook_ring_head(r), &e))
        return;
    for (size_t i = 0; i < r->board->told_count; i++)
        if (strcmp(r->board->told[i].room, e.room) == 0)
            hook_told_apply(&r->board->told[i], &e);
}

int hook_ring_map(struct hook_ring **out, int fd, bool writes)
{
    struct stat st;
    *out = NULL;
    if (fstat(fd, &st))
        return -errno;
    if ((size_t)st.st_size < sizeof(struct board))
        return -EPROTO;
    struct hook_ring *r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    void *at = mmap(NULL, sizeof(struct board), writes ? PROT_READ | PROT_WRITE : PROT_READ,
                    MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        free(r);
        return -ENOMEM;
    }
    r->board = at;
    if (writes && !is_ours(r->board))
        begin(r->board);
    else if (writes)
        finish_last(r);
    if (!is_ours(r->board)) {
        hook_ring_free(&r);
        return -EPROTO;
    }
    *out = r;
    return 0;
}

void hook_ring_free(struct hook_ring **r)
{
    if (!*r)
        return;
    munmap((*r)->board, sizeof(struct board));
    free(*r);
    *r = NULL;
}

/* Begun here, so that readers need not wait for a writer. */
static int begin_in(int fd)
{
    struct hook_ring *r;
    int rc = hook_ring_map(&r, fd, true);
    if (!rc)
        hook_ring_free(&r);
    return rc;
}

int hook_ring_make(int *fd)
{
    *fd = memfd_create("roomcast-hooks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0)
        return -errno;
    int rc = ftruncate(*fd, sizeof(struct board)) ||
                     fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
                 ? -errno
                 : begin_in(*fd);
    if (rc) {
        close(*fd);
        *fd = -1;
    }
    return rc;
}

uint64_t hook_ring_epoch(const struct hook_ring *r)
{
    return r->board->epoch;
}

uint64_t hook_ring_head(const struct hook_ring *r)
{
    return atomic_load_explicit(&r->board->head, memory_order_acquire);
}

bool hook_ring_read(const struct hook_ring *r, uint64_t seq, struct hook_event *out)
{
    struct slot *s = &r->board->slots[seq % HOOK_SLOTS];
    if (seq == 0 || atomic_load_explicit(&s->seq, memory_order_acquire) != seq)
        return false;
    *out = s->event;
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&s->seq, memory_order_relaxed) == seq;
}

/* RFC 9562 section 5.7, UUIDv7; 6.2 method 1: the number in place of the first random bits keeps
 * those of one millisecond in order. */
static void make_id(struct hook_event *e, int64_t wall_us)
{
    uint64_t ms = (uint64_t)(wall_us / 1000);
    if (getrandom(e->id, sizeof(e->id), 0) != (ssize_t)sizeof(e->id))
        memcpy(e->id + 8, &e->seq, sizeof(e->seq));
    for (int i = 0; i < 6; i++)
        e->id[i] = (uint8_t)(ms >> (40 - 8 * i));
    e->id[6] = (uint8_t)(0x70 | (e->seq >> 8 & 0x0f));
    e->id[7] = (uint8_t)e->seq;
    e->id[8] = (uint8_t)(0x80 | (e->id[8] & 0x3f));
}

void hook_ring_post(struct hook_ring *r, struct hook_event *e, int64_t wall_us)
{
    e->seq = hook_ring_head(r) + 1;
    make_id(e, wall_us);
    struct slot *s = &r->board->slots[e->seq % HOOK_SLOTS];
    atomic_store_explicit(&s->seq, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    s->event = *e;
    atomic_store_explicit(&s->seq, e->seq, memory_order_release);
    atomic_store_explicit(&r->board->head, e->seq, memory_order_release);
}

size_t hook_ring_told_count(const struct hook_ring *r)
{
    return r->board->told_count < HOOK_TOLD ? r->board->told_count : HOOK_TOLD;
}

struct hook_told *hook_ring_told(struct hook_ring *r, size_t i)
{
    return &r->board->told[i];
}

struct hook_told *hook_ring_tell(struct hook_ring *r, const char *room)
{
    size_t i = 0, n = hook_ring_told_count(r);
    while (i < n && r->board->told[i].room[0] != '\0')
        i++;
    if (i == HOOK_TOLD)
        return NULL;
    struct hook_told *t = &r->board->told[i];
    memset(t, 0, sizeof(*t));
    if (i == n)
        r->board->told_count = (uint32_t)n + 1;
    snprintf(t->room, sizeof(t->room), "%s", room);
    return t;
}

static struct hook_told_feed *feed_of(struct hook_told *t, uint64_t feed)
{
    for (size_t i = 0; i < HOOK_FEEDS; i++)
        if (t->feeds[i].feed == feed)
            return &t->feeds[i];
    return NULL;
}

static void add_feed(struct hook_told *t, const struct hook_event *e)
{
    struct hook_told_feed *f = feed_of(t, e->feed) ? NULL : feed_of(t, 0);
    if (!f)
        return;
    memcpy(f->role, e->role, sizeof(f->role));
    memcpy(f->peer, e->peer, sizeof(f->peer));
    f->feed = f->now = e->feed;
}

void hook_told_apply(struct hook_told *t, const struct hook_event *e)
{
    struct hook_told_feed *f = feed_of(t, e->feed);
    switch ((enum hook_type)e->type) {
    case HOOK_FEED_STARTED:
        add_feed(t, e);
        break;
    case HOOK_FEED_STOPPED:
        if (f && e->feed)
            f->feed = 0;
        break;
    case HOOK_FEED_UNHEALTHY:
        t->unhealthy = true;
        memcpy(t->light, e->light, sizeof(t->light));
        t->unhealthy_us = e->mono_us;
        break;
    case HOOK_FEED_HEALTHY:
        t->unhealthy = false;
        break;
    case HOOK_ROOM_LIVE:
    case HOOK_ROOM_SILENT:
        t->live = e->type == HOOK_ROOM_LIVE;
        t->silent_since_us = 0;
        break;
    case HOOK_PING:
    case HOOK_TYPES:
        break;
    }
}

bool hook_told_is_empty(const struct hook_told *t)
{
    for (size_t i = 0; i < HOOK_FEEDS; i++)
        if (t->feeds[i].feed)
            return false;
    return !t->live && !t->unhealthy;
}
