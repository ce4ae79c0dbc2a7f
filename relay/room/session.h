/* The feed that holds a room: who it is, its tracks and their init segments, how it is doing. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on each init segment. Thread: control. Life: session_init/session_fini.
 * Fails:  as said. Open only to its siblings in room/ and, const, to control/.
 *
 * Messages come from a process that parses strangers' bytes: everything is checked again here.
 */
#ifndef RELAY_ROOM_SESSION_H
#define RELAY_ROOM_SESSION_H

#include "relay/link/message.h"
#include "relay/room/doctor.h"
#include "relay/room/presentation.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SESSION_INITS = 4,          /* per track: the one in use and those announced after it */
    SESSION_INIT_BYTES = 65536, /* the largest init segment that is believed */
};

struct session_init {
    struct blob *blob; /* NULL: a transport stream needs none */
    uint32_t id;
    struct track_params params;
};

struct session_track {
    struct rendition *rendition;               /* NULL: not announced */
    struct session_init *inits[SESSION_INITS]; /* by id modulo their number */
};

struct session {
    uint64_t feed; /* 0: nobody holds the room */
    uint32_t worker;
    char role[LINK_ROLE], peer[LINK_PEER], user[LINK_NAME];
    uint32_t latency_ms;
    bool encrypted, classic;
    bool again; /* it was on air before, here or at a front that died */
    int64_t opened_us, opened_wall_us;
    int64_t heard_us; /* when bytes last arrived */
    bool based;       /* base_msn is fixed: by its first segment */
    uint64_t base_msn;
    struct link_feed_stats stats; /* the newest */
    struct link_vitals vitals;    /* the newest */
    struct doctor doctor;         /* what is wrong with it */
    char left_out[LINK_TEXT];     /* streams of its program that are not carried, in words */
    struct session_track tracks[LINK_TRACK_SLOTS];
};

/* m: LINK_FEED_OPEN. */
void session_init(struct session *s, const struct link_message *m, int64_t now_us, int64_t wall_us);
void session_fini(struct session *s);
/* m: LINK_TRACK; takes fd, which LINK_TRACK_TS has not. 0, -EINVAL for what no worker should send,
 * -ENOSPC, -ENOMEM, -errno. */
int session_track(struct session *s, struct presentation *p, const struct link_message *m, int fd);
/* The ETag of an init segment by its bytes. -EINVAL, -ENOMEM. */
__attribute__((warn_unused_result)) int session_init_etag(int fd, uint32_t bytes,
                                                          char etag[static 24]);
/* The init that a segment names, or NULL. */
const struct session_init *session_find_init(const struct session *s, uint32_t track, uint32_t id);
/* m: LINK_FEED_STATS. */
void session_stats(struct session *s, const struct link_feed_stats *stats, int64_t now_us);
/* Copies a fixed-size string of a message: always terminated, printable ASCII only. */
void session_copy_text(char *out, size_t size, const char *in, size_t in_size);

#endif
