/* One room: the URL that viewers watch, whatever feeds come and go. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its presentation, its session, its roles, its rendered bodies. Thread: control.
 * Life:   room_new/room_free. Fails: room_new -ENOMEM; later trouble ends the feed, not the room.
 *
 * States (moved by room_set_state only):
 *   NEW      made for a feed that is about to open
 *   LIVE     a feed is on air; another one may take it over (pair.h)
 *   STALE    a feed is on air but sent nothing for 2 s: a newcomer replaces it in any case
 *   WAITING  no feed is on air; for rooms.resume_s what room/hole.h is told to fill it with follows
 *   ENDED    EXT-X-ENDLIST is in; a new feed begins a new list, whose numbers go on
 *   GONE     to be freed: taken away after the list's duration, or nothing was ever played
 */
#ifndef RELAY_ROOM_ROOM_H
#define RELAY_ROOM_ROOM_H

#include "config/config.h"
#include "relay/room/journal.h"
#include "relay/room/pressure.h"
#include "relay/room/roles.h"
#include "relay/room/rooms_out.h"
#include "relay/room/session.h"

#include <stdbool.h>
#include <stdint.h>

struct history;
struct room;
struct pair;

enum room_state {
    ROOM_NEW,
    ROOM_LIVE,
    ROOM_STALE,
    ROOM_WAITING,
    ROOM_ENDED,
    ROOM_GONE,
    ROOM_STATES
};

/* What all rooms share; `config` may be exchanged between calls. */
struct room_env {
    const struct config *config;
    const struct rooms_out *out;
    uint64_t faults;         /* messages that no worker should send */
    uint64_t fillers;        /* asked for so far, by all rooms */
    bool pending;            /* a room waits for room_show */
    struct journal *journal; /* NULL: numbers live as long as the process */
};

/* What is known of a room; the pointers hold until the rooms are next called. */
struct room_facts {
    const char *name, *title;
    const struct config_agency *agency; /* whose it is; NULL: the organizer's */
    enum room_state state;
    int64_t since_wall_us;         /* when this presentation began */
    bool playable;                 /* there is a multivariant playlist */
    bool is_public;                /* viewers may see it: doors.h */
    bool classic;                  /* a feed was wedged here: SRT's own pacing from now on */
    const struct session *session; /* NULL: no feed */
    const struct roles *roles;     /* further feeds beside it */
    const struct pair *pair;       /* main and backup */
    const struct presentation *presentation;
    const struct history *history;
    struct link_feed_stats totals; /* over all its feeds; gauges of the present one */
    uint64_t sessions;
    uint64_t sessions_again; /* of these, feeds that another front had on air before it died */
    uint64_t bytes;          /* its windows hold now */
    uint64_t viewers, viewers_peak; /* now; the most at once since what it plays began */
    uint64_t bytes_out, viewer_us;  /* sent to viewers, and watched by them: attendance.h */
    const struct blob *picture;     /* what picture.jpg is; NULL: nothing */
    int64_t picture_wall_us;        /* since when */
};

int room_new(struct room **out, const char *name, struct room_env *env,
             const struct presentation_start *start, int64_t now_us, int64_t wall_us);
void room_free(struct room **r);
const char *room_name(const struct room *r);
enum room_state room_state(const struct room *r);
const char *room_state_word(enum room_state s); /* "live" */
enum link_room_state room_link_state(const struct room *r);
/* Is that its main feed or one of its roles? Then it comes from that worker. */
bool room_has_feed(const struct room *r, uint64_t feed, uint32_t *worker);
void room_facts(const struct room *r, struct room_facts *out);
/* The numbers that a later room must not fall below. */
void room_floor(const struct room *r, struct presentation_start *floor);

/* Why a feed of that role may not come now, or NULL. */
const char *room_refusal(const struct room *r, const char *role, int64_t now_us);
/* A further role that the room has not had, as far as it remembers. */
bool room_role_is_new(const struct room *r, const char *role);
/* A main or backup feed that was allowed in: on air (LINK_FEED_GO) at once, or when the one that it
 * replaces has left, or when it is needed (pair.h). */
void room_open(struct room *r, const struct link_message *m, int64_t now_us, int64_t wall_us);
/* A feed with a further role: let in (NULL), or why not. It waits for the main feed. */
const char *room_open_role(struct room *r, const struct link_message *m, int64_t now_us,
                           int64_t wall_us);
/* What came from that worker ends. */
void room_worker_lost(struct room *r, uint32_t worker, int64_t now_us);
/* m: any other message about the room's feed or a role's, LINK_FEED_CLOSED too; takes fd. */
void room_message(struct room *r, const struct link_message *m, int fd, int64_t now_us,
                  int64_t wall_us);
/* For pressure.h: what it holds, and giving up what is more than level_bytes; see budget.h. */
void room_weigh(const struct room *r, struct pressure_weight *out);
size_t room_give_up(struct room *r, uint64_t level_bytes, size_t most_segments, int64_t now_us);
/* Something changed from outside: the next room_show shows it. */
void room_show_soon(struct room *r);
/* Shows what the messages since the last call have changed: once, however many there were. */
void room_show(struct room *r, int64_t now_us, int64_t wall_us);
/* An open hole is closed, until the next tick. */
void room_settle(struct room *r, int64_t now_us, int64_t wall_us);
/* Every 100 ms: deadlines, and what could not be shown before. */
void room_tick(struct room *r, int64_t now_us, int64_t wall_us);

#endif
