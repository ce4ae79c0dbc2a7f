/* The clips that rooms show while they have no feed: read and judged once, then only descriptors.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/slates.h"

#include "relay/link/link.h"
#include "relay/package/segment.h"
#include "relay/package/slate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLATES_MAX = 64 };

struct entry {
    uint64_t name;
    int fd;
    uint32_t bytes;
};

struct table {
    struct entry list[SLATES_MAX];
    size_t count;
};

static struct table current, next;

static void clear(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        close(t->list[i].fd);
    t->count = 0;
}

static const struct entry *find(const struct table *t, uint64_t name)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->list[i].name == name)
            return &t->list[i];
    return NULL;
}

uint64_t slates_name(const char *path)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (; *path; path++)
        hash = (hash ^ (uint8_t)*path) * 0x100000001b3u;
    return hash;
}

void slates_begin(void)
{
    clear(&next);
}

void slates_commit(void)
{
    clear(&current);
    current = next;
    next.count = 0;
}

/* Takes fd. */
static void put(struct table *t, uint64_t name, int fd, uint32_t bytes)
{
    if (t->count == SLATES_MAX || find(t, name)) {
        close(fd);
        return;
    }
    t->list[t->count++] = (struct entry){name, fd, bytes};
}

/* The film in a file of its own that nobody can change. */
static int keep(uint64_t name, const uint8_t *film, size_t len)
{
    struct segment *s;
    int fd = segment_new(&s, "roomcast-slate");

    if (fd < 0)
        return fd;
    segment_append(s, film, len);
    fd = segment_finish(&s);
    if (fd < 0)
        return fd;
    put(&next, name, fd, (uint32_t)len);
    return 0;
}

static int inspect(uint64_t name, int fd, char *why, size_t size)
{
    struct stat st;
    uint8_t *film, *clip;
    size_t len;
    int rc;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) {
        snprintf(why, size, "expected a file that can be read, got \"%s\"",
                 fd < 0 ? strerrordesc_np(errno) : "no file with anything in it");
        return -EINVAL;
    }
    if (st.st_size > SLATE_BYTES_MAX)
        return slate_make(NULL, (size_t)st.st_size, &film, &len, why, size);
    clip = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (clip == MAP_FAILED)
        return -ENOMEM;
    rc = slate_make(clip, (size_t)st.st_size, &film, &len, why, size);
    munmap(clip, (size_t)st.st_size);
    if (rc)
        return rc;
    rc = keep(name, film, len);
    free(film);
    return rc;
}

int slates_inspect(void *ctx, const char *path, char *why, size_t size)
{
    uint64_t name = slates_name(path);
    int fd, rc;

    (void)ctx;
    if (find(&next, name))
        return 0;
    if (next.count == SLATES_MAX) {
        snprintf(why, size, "expected at most %d clips, got one more", SLATES_MAX);
        return -EINVAL;
    }
    snprintf(why, size, "expected memory for the clip, got none");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    rc = inspect(name, fd, why, size);
    if (fd >= 0)
        close(fd);
    return rc;
}

int slates_send(int link)
{
    struct link_message m = {.type = LINK_SLATE, .u.slate = {.first = true}};
    int rc = link_send(link, &m, -1);

    m.u.slate.first = false;
    for (size_t i = 0; i < current.count && !rc; i++) {
        m.u.slate.name = current.list[i].name;
        m.u.slate.bytes = current.list[i].bytes;
        rc = link_send(link, &m, current.list[i].fd);
    }
    return rc;
}

void slates_put(const struct link_slate *m, int fd)
{
    if (m->first)
        clear(&current);
    if (fd >= 0)
        put(&current, m->name, fd, m->bytes);
}

int slates_find(uint64_t name, uint32_t *bytes)
{
    const struct entry *e = find(&current, name);

    *bytes = e ? e->bytes : 0;
    return e ? e->fd : -1;
}
