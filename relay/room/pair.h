/* Main and backup of one room: one is on air, the other one rests, a newcomer may wait. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the sessions of feeds that are not on air; the one on air is the room's. Thread: control.
 * Life:   zeroed memory, pair_fini. Fails: a feed that cannot be served is stopped.
 *
 * A change of the feed on air has two steps, because the old one may be in another worker: it is
 * told to rest (another role goes on air) or to stop (a take-over), sends all it has, and says so;
 * then the new one is told where to begin. Who does not answer in PAIR_PATIENCE_US is not waited
 * for. The phase is `leaving` in between. A standby that could not begin goes on resting; the room
 * is WAITING then, with its hole.
 */
#ifndef RELAY_ROOM_PAIR_H
#define RELAY_ROOM_PAIR_H

#include "relay/room/likeness.h"
#include "relay/room/on_air.h"
#include "relay/room/session.h"
#include "relay/room/stitch.h"

#include <stdbool.h>
#include <stdint.h>

struct room;

enum { PAIR_PATIENCE_US = 500000, PAIR_TAKEOVER_US = 2000000, PAIR_SILENT_US = 2000000 };

struct pair {
    struct session standby; /* it rests; feed 0: there is none */
    struct session next;    /* of the role on air: it replaces that one */
    struct on_air on_air;
    struct likeness likeness;
    bool leaving, rests; /* rests: it stays, as the standby */
    int64_t leaving_us;
    bool taken_over; /* less than PAIR_TAKEOVER_US ago ... */
    int64_t taken_over_us;
    uint64_t clock_90k; /* of the feed on air: the encoder's time + this = the timeline */
    bool tied;          /* clock_90k is known */
    bool goes_on;       /* while it leaves: another one of the same encoder will go on */
    struct stitch stitch;
    char why[LINK_TEXT];
    uint64_t takeovers, switches;
};

void pair_fini(struct pair *p);
/* Why a feed of that role may not come now, or NULL. */
const char *pair_refusal(const struct room *r, const char *role, int64_t now_us);
/* Would another main feed be refused now? */
bool pair_is_closed(const struct room *r);
bool pair_has_feed(const struct pair *p, uint64_t feed, uint32_t *worker);
/* A feed of either role that was let in. True: it is taken, and rests or waits; false: nobody is on
 * air, and s may be. */
bool pair_open(struct room *r, const struct session *s, int64_t now_us);
/* Of a feed that is not on air; takes fd. */
void pair_message(struct room *r, const struct link_message *m, int fd, int64_t now_us);
/* A part or segment of the feed on air before it is listed: what to take in its place, in room.
 * NULL: nothing yet. May exchange or take *fd. */
const struct link_message *pair_media(struct room *r, const struct link_message *m,
                                      struct link_message *room, int *fd);
/* Before it: what was kept back and is to be listed as it is. False: no more. */
bool pair_release(struct room *r, const struct link_message *m, struct link_message *out, int *fd);
/* What the feed on air says: with its segments, and beside its media. */
void pair_follow(struct room *r, const struct link_message *m, int64_t now_us);
/* The feed on air has left (or rests), or there was none: who is next goes on air, if it could; one
 * that rests for nobody does so itself. False: there is nobody who could. */
bool pair_succeed(struct room *r, int64_t now_us);
/* The room is over: who is not on air is sent away. */
void pair_dismiss(struct room *r, const char *why);
void pair_worker_lost(struct room *r, uint32_t worker);
void pair_tick(struct room *r, int64_t now_us);
/* The feed that rests, or NULL. */
const struct session *pair_standby(const struct pair *p);
/* {role, why, chosen, alike, takeovers, switches, standby: {role, silent, ready} or null} */
struct text;
void pair_put(struct text *t, const struct pair *p, const struct session *on_air);

#endif
