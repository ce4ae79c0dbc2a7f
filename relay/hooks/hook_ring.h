/* The events for the web hooks, in memory that outlives who writes and who reads them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a mapping; the memfd is the supervisor's. Thread: one that writes, in one process (the
 *         front's control thread); readers anywhere, who need not be asked.
 * Life:   hook_ring_make once; hook_ring_map / hook_ring_free in each process.
 * Fails:  -errno.
 *
 * The front writes and goes on: nothing is sent, so nothing can be full, and whoever is killed, the
 * other one goes on where it was. The oldest event is written over when HOOK_SLOTS came after it;
 * who had not read it sees that from the numbers. A record is whole when its number is there.
 *
 * Behind the events stands what was told of each room. It follows from them: told_apply of the last
 * event after a kill -9 leaves the same as if the front had lived. Readers have the memory
 * read-only (hook_ring_reader), because they talk to strangers.
 */
#ifndef RELAY_HOOKS_HOOK_RING_H
#define RELAY_HOOKS_HOOK_RING_H

#include "relay/hooks/hook_event.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    HOOK_FORMAT = 1, /* of the ring, and of hook_seats.h: raised when either changes */
    HOOK_SLOTS = 2048,
    HOOK_TOLD = 10240, /* rooms; more than there may be */
    HOOK_FEEDS = 8,    /* of one room: main, backup, further renditions */
};

/* A front that follows a crash hears of the same publisher under another number. */
struct hook_told_feed {
    uint64_t feed, now; /* as it was told; as it is called now; 0: none */
    char role[HOOK_ROLE], peer[HOOK_PEER];
};

/* What was told of a room. */
struct hook_told {
    char room[HOOK_NAME]; /* "": nothing */
    bool live, unhealthy;
    char light[HOOK_WORD];   /* of the last feed.unhealthy, while it holds */
    int64_t unhealthy_us;    /* when it was told last */
    int64_t silent_since_us; /* live, but nothing comes; 0: it does */
    struct hook_told_feed feeds[HOOK_FEEDS];
};

struct hook_ring;

/* A memfd of the right size, that cannot shrink. */
__attribute__((warn_unused_result)) int hook_ring_make(int *fd);
/* A descriptor of the same that cannot be written through. */
__attribute__((warn_unused_result)) int hook_ring_reader(int fd);
/* writes: what another program's format left is begun anew. Readers get -EPROTO for that. */
__attribute__((warn_unused_result)) int hook_ring_map(struct hook_ring **out, int fd, bool writes);
void hook_ring_free(struct hook_ring **r);
/* Differs when it was begun anew. */
uint64_t hook_ring_epoch(const struct hook_ring *r);
/* The number of the newest event. */
uint64_t hook_ring_head(const struct hook_ring *r);
/* False: it was written over, or is not there yet. */
bool hook_ring_read(const struct hook_ring *r, uint64_t seq, struct hook_event *out);
/* Gives e its number and id; ids are in the order in which they are posted. */
void hook_ring_post(struct hook_ring *r, struct hook_event *e, int64_t wall_us);
/* Each of them may be of no room (""). */
size_t hook_ring_told_count(const struct hook_ring *r);
struct hook_told *hook_ring_told(struct hook_ring *r, size_t i);
/* A new one for that room, or NULL: there are too many. Its end: room[0] = 0. */
struct hook_told *hook_ring_tell(struct hook_ring *r, const char *room);
/* What e changes in what is told of its room. Twice is as good as once. */
void hook_told_apply(struct hook_told *t, const struct hook_event *e);
/* Is there nothing to be told about it any more? */
bool hook_told_is_empty(const struct hook_told *t);

#endif
