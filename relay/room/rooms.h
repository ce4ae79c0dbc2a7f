/* All rooms by name, fed by the workers' messages: the front's one door to what is on air. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its rooms, and what is known of the workers; the configuration stays the caller's and
 *         must outlive its use. Thread: control; no function may be called from a callback.
 * Life:   rooms_new/rooms_free (without hiding anything). Fails: rooms_new -ENOMEM; later trouble
 *         is a refused publisher or an ended feed.
 *
 * Numbers never go back while the process lives, also for a room that was taken away and comes
 * again: new rooms start above the highest number of any room that was (one record for all names,
 * so it is bounded). Over a restart they do not either: numbers.h says how.
 */
#ifndef RELAY_ROOM_ROOMS_H
#define RELAY_ROOM_ROOMS_H

#include "config/config.h"
#include "relay/room/ending.h"
#include "relay/room/room.h"
#include "relay/room/rooms_out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOMS_PATH "/live/rooms.json"

struct rooms;

/* What is known of a worker. */
struct worker_facts {
    bool up;
    uint64_t restarts;              /* times it came back after it had died */
    struct link_worker_stats stats; /* counts over all its lives; gauges are of now */
};

/* Sums over everything since the process started. */
struct rooms_facts {
    uint64_t by_state[ROOM_STATES];
    uint64_t feeds, feeds_opened, takeovers, switches;
    struct link_feed_stats feed; /* counts of all feeds that ever were */
    struct presentation_counters media;
    uint64_t ended[ENDINGS]; /* feeds that were in a room, by enum link_close_reason */
    uint64_t refused_conflict, refused_name, refused_full, refused_other; /* by the front */
    uint64_t refused_memory;
    uint64_t faults; /* messages no worker should send */
};

/* From now on rooms begin and go on where their records say; j stays the caller's. NULL: nowhere.
 */
void rooms_set_journal(struct rooms *r, struct journal *j);
/* workers: how many there are; their indexes are below it. cb is copied, config is not. */
__attribute__((warn_unused_result)) int rooms_new(struct rooms **out, const struct config *config,
                                                  const struct rooms_out *cb, uint32_t workers,
                                                  int64_t now_us, int64_t wall_us);
void rooms_free(struct rooms **r);
/* One message of a worker; takes fd always (-1: none). LINK_WORKER_READY is rooms_worker_ready. */
void rooms_message(struct rooms *r, const struct link_message *m, int fd, int64_t now_us,
                   int64_t wall_us);
/* Shows viewers what the messages so far have changed, each room once: to be called when those that
 * were waiting have been taken. */
void rooms_show(struct rooms *r, int64_t now_us, int64_t wall_us);
/* Its socket listens: it is told of all rooms. A repeat only tells again. */
void rooms_worker_ready(struct rooms *r, uint32_t worker);
/* It died: its feeds are closed. */
void rooms_worker_lost(struct rooms *r, uint32_t worker, int64_t now_us);
/* Every 100 ms. */
void rooms_tick(struct rooms *r, int64_t now_us, int64_t wall_us);
/* What the process may count on: machine_memory.h; 0 is unknown. With each configuration. */
void rooms_set_memory(struct rooms *r, uint64_t machine_bytes);
/* A reload: rooms on air go on, whatever it says of them. The old one may be freed afterwards. */
void rooms_set_config(struct rooms *r, const struct config *config);

/* It is over at once, for feeds and viewers: room_close. None of that name: nothing. */
void rooms_close(struct rooms *r, const char *name, const char *why, int64_t now_us,
                 int64_t wall_us);

/* For handover.h: what is known beside the rooms themselves. */
/* Before they are handed over: holes are closed, and the next tick, here or there, opens them anew.
 */
void rooms_settle(struct rooms *r, int64_t now_us, int64_t wall_us);
struct rooms_past {
    struct presentation_start floor;
    struct rooms_facts gone;
    uint64_t faults, fillers;
};
void rooms_past(const struct rooms *r, struct rooms_past *out);
void rooms_set_past(struct rooms *r, const struct rooms_past *past);
struct worker_entry *rooms_worker(struct rooms *r, uint32_t worker); /* below rooms_workers */
/* An empty room of that name to be filled in, or NULL: there is one, or no memory. */
struct room *rooms_make(struct rooms *r, const char *name, int64_t now_us, int64_t wall_us);
/* A room was filled in: it is shown, and workers that get ready will hear of it. */
void rooms_made(struct rooms *r, const char *name);

/* For control/: rooms in order of their names. */
size_t rooms_count(const struct rooms *r);
const struct room *rooms_at(const struct rooms *r, size_t i);
const struct room *rooms_find(const struct rooms *r, const char *name); /* or NULL */
/* The same, for by_hand.h: nothing may be done to it that ends it at once. */
struct room *rooms_grasp(struct rooms *r, const char *name);
uint32_t rooms_workers(const struct rooms *r);
void rooms_worker_facts(const struct rooms *r, uint32_t worker, struct worker_facts *out);
bool rooms_workers_are_up(const struct rooms *r);
void rooms_facts(const struct rooms *r, struct rooms_facts *out);
const struct pressure *rooms_pressure(const struct rooms *r); /* as of the last look */

#endif
