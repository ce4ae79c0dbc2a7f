/* The page in a memfd, written with relaxed stores: nobody waits for anybody. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/pulse.h"

#include "relay/base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WHAT_BYTES = 24, ROOM_BYTES = 68 };

/* The words may be read torn: they are for people. */
struct pulse {
    _Atomic uint64_t beats;
    _Atomic int denied;
    char what[WHAT_BYTES], room[ROOM_BYTES];
};

static struct pulse *own;

int pulse_map(struct pulse **out, int fd)
{
    void *page = mmap(NULL, sizeof(struct pulse), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    *out = page == MAP_FAILED ? NULL : page;
    return *out ? 0 : -errno;
}

int pulse_new(struct pulse **out, int *fd)
{
    int rc;

    *out = NULL;
    *fd = memfd_create("roomcast-pulse", MFD_CLOEXEC);
    if (*fd < 0)
        return -errno;
    rc = ftruncate(*fd, sizeof(struct pulse)) ? -errno : pulse_map(out, *fd);
    if (rc) {
        close(*fd);
        *fd = -1;
        return rc;
    }
    pulse_reset(*out);
    return 0;
}

void pulse_free(struct pulse **p)
{
    if (*p)
        munmap(*p, sizeof(**p));
    *p = NULL;
}

void pulse_reset(struct pulse *p)
{
    assert(p);
    memset(p->what, 0, sizeof(p->what));
    memset(p->room, 0, sizeof(p->room));
    atomic_store(&p->denied, PULSE_NOTHING_DENIED);
    atomic_store(&p->beats, 0);
}

void pulse_adopt(struct pulse *p)
{
    own = p;
}

void pulse_beat(void)
{
    if (own) /* one writer: no locked instruction */
        atomic_store_explicit(&own->beats,
                              atomic_load_explicit(&own->beats, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

void pulse_doing(const char *what, const char *room)
{
    if (!own)
        return;
    memcpy(own->what, what, strnlen(what, WHAT_BYTES - 1) + 1);
    own->room[0] = '\0';
    if (room)
        memcpy(own->room, room, strnlen(room, ROOM_BYTES - 1) + 1);
}

void pulse_denied(int call)
{
    if (own)
        atomic_store(&own->denied, call);
}

uint64_t pulse_beats(const struct pulse *p)
{
    return atomic_load_explicit(&p->beats, memory_order_relaxed);
}

int pulse_denied_call(const struct pulse *p)
{
    return atomic_load(&p->denied);
}

void pulse_text(const struct pulse *p, char out[static PULSE_TEXT])
{
    char what[WHAT_BYTES], room[ROOM_BYTES], text[WHAT_BYTES + 8 + ROOM_BYTES];

    memcpy(what, p->what, sizeof(what));
    memcpy(room, p->room, sizeof(room));
    snprintf(text, sizeof(text), "%.*s%s%.*s", WHAT_BYTES - 1, what[0] ? what : "starting",
             room[0] ? " room/" : "", ROOM_BYTES - 1, room);
    /* torn or wrong, it is shown as text */
    log_safe(text, strlen(text), out, PULSE_TEXT);
}
