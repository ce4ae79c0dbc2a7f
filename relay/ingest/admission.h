/* Who may publish: the answer to a handshake, given on libsrt's receive thread. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a copy of the room states; a ring of events for the log. The configuration is the
 *         worker's and is swapped by admission_set_config.
 * Thread: admission_decide on libsrt's receive thread; all else on the worker's loop. What both
 *         touch is behind one mutex that is held for a look-up only: no I/O, no log, no allocation.
 * Life:   admission_new/admission_free.
 */
#ifndef RELAY_INGEST_ADMISSION_H
#define RELAY_INGEST_ADMISSION_H

#include "config/config.h"
#include "relay/ingest/stream_id.h"
#include "relay/link/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admission;

enum admission_verdict {
    ADMISSION_YES,
    ADMISSION_BAD_REQUEST,  /* the stream id */
    ADMISSION_BAD_MODE,     /* not m=publish */
    ADMISSION_NOT_FOUND,    /* an unlisted room, and rooms.open is false */
    ADMISSION_AWAITED,      /* the store's rooms are not known yet, and it may be one of them */
    ADMISSION_UNAUTHORIZED, /* wrong or missing key */
    ADMISSION_CONFLICT,     /* somebody is live there */
    ADMISSION_REPEAT,       /* of a connection that has just ended: its handshake came twice */
    ADMISSION_FULL,         /* rooms.max */
    ADMISSION_RATE,         /* too many handshakes */
    ADMISSION_VERSION,      /* SRT older than 1.3.0 */
    ADMISSION_ENCRYPTION,   /* (found out later) passphrase wrong, missing or surplus */
    ADMISSION_LATENCY,      /* (found out later) asks for more than srt.max_latency_ms */
    ADMISSION_FILTER,       /* (found out later) asks for FEC */
    ADMISSION_FAILED,       /* (found out later) the connection did not come about */
    ADMISSION_VERDICTS,
};

struct admission_request {
    const char *stream_id;
    size_t stream_id_len;
    int hs_version;
    const char *peer; /* address and port */
    int64_t now_us;
};

struct admission_answer {
    enum admission_verdict verdict;
    enum stream_id_fault fault;
    struct stream_id id;
    bool classic;        /* accept with SRT's own play-out */
    char passphrase[80]; /* "" for none */
};

/* What happened on the receive thread, for the log and the counters. */
struct admission_event {
    enum admission_verdict verdict;
    enum stream_id_fault fault;
    int socket;
    int64_t at_us;
    char room[LINK_NAME], peer[LINK_PEER];
};

__attribute__((warn_unused_result)) int admission_new(struct admission **out,
                                                      const struct config *c);
void admission_free(struct admission **a);
void admission_set_config(struct admission *a, const struct config *c);
/* LINK_ROOM_STATE. */
void admission_set_room(struct admission *a, const char *room, enum link_room_state state,
                        bool classic, bool full);
/* Another list of stored rooms is in force (NULL: none yet); returns the one before, which is the
 * caller's again. in: what the configurations point to. */
struct stored_rooms *admission_set_stored(struct admission *a, struct config_stored *in,
                                          struct stored_rooms *next);
/* Nothing is known of any room: the front will say. */
void admission_forget_rooms(struct admission *a);
/* The front has ended that peer's connection, which was asked for as id says: the same handshake
 * from the same address and port that comes now was sent before the peer knew, and would take back
 * what another publisher has got. */
void admission_note_ended(struct admission *a, const char *peer, const struct stream_id *id,
                          int64_t now_us);
void admission_decide(struct admission *a, const struct admission_request *q,
                      struct admission_answer *out);
/* Posts an event from the receive thread; dropped and counted when the ring is full. */
void admission_post(struct admission *a, const struct admission_event *e);
bool admission_next_event(struct admission *a, struct admission_event *out);
uint64_t admission_events_lost(const struct admission *a);
/* The SRT reject code and a sentence for a verdict. */
int admission_reject_code(enum admission_verdict v);
const char *admission_text(enum admission_verdict v);

#endif
