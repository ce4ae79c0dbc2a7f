/* One publisher's media: from SRT packets to segments on their way to the front. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its filter, demuxer, access units and packager; not the SRT socket (listener.h).
 * Thread: the worker's loop.
 * Life:   feed_new (waiting for the front's word) -> feed_go -> feed_packet ... -> feed_end ->
 *         feed_free. feed_end may be called in every phase and tells the front once.
 * Fails:  a feed that cannot go on says why by feed_fault(); the worker then ends it.
 *
 * Phases: opening (accepted, the front was asked) -> searching (no media yet) -> live -> ended.
 * From the front's first word on it either publishes or rests (link/standby.h).
 */
#ifndef RELAY_INGEST_FEED_H
#define RELAY_INGEST_FEED_H

#include "config/config.h"
#include "relay/ingest/stream_id.h"
#include "relay/link/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed;

struct feed_options {
    const struct config *config; /* limits and durations are copied */
    uint64_t id;
    uint32_t worker;
    struct stream_id stream;
    char peer[LINK_PEER];
    uint32_t latency_ms;
    bool encrypted, classic;
    int32_t first_sequence;           /* SRT packet number */
    uint64_t stored_id, stored_feeds; /* of config/stored_rooms.h, when it was let in; 0: none */
    int64_t now_us;
};

/* How a feed talks to the front; takes fd. */
struct feed_out {
    void *ctx;
    void (*send)(void *ctx, const struct link_message *m, int fd);
};

__attribute__((warn_unused_result)) int feed_new(struct feed **out, const struct feed_options *o,
                                                 const struct feed_out *cb);
void feed_free(struct feed **f);
void feed_go(struct feed *f, const struct link_go *go, int64_t now_us);
/* The front is a new one: closes what it was told and asks again, under a new id. The packets go
 * on where they are; media from the next IDR on. -ENOMEM: end the feed. */
__attribute__((warn_unused_result)) int feed_again(struct feed *f, uint64_t id);
/* The same for one that has ended and whose publisher sends media again: the packets that wait for
 * an earlier one are its own now, and the program is known. */
__attribute__((warn_unused_result)) int feed_back(struct feed *f, uint64_t id);
/* Is there something of its program's tracks in this SRT packet, or of new ones? Where that cannot
 * be told there is. */
bool feed_is_media(const struct feed *f, const uint8_t *bytes, size_t len);
/* Ends what it publishes and tells the front; until feed_go it keeps what it would begin with.
 * goes_on: another feed sends what is not a whole part yet. */
void feed_rest(struct feed *f, bool goes_on, int64_t now_us);
/* The front compares it with another feed. */
void feed_compare(struct feed *f);
/* No media came for rooms.backup_after_ms, or something did again: the front is told of changes. */
void feed_note_silence(struct feed *f, bool silent);
/* Is its room, in the list that is in force, still the one that it was let into, with the key that
 * it knew? */
bool feed_may_stay(const struct feed *f);
bool feed_is_open(const struct feed *f); /* the front's word came and it has not ended */
/* After how long without media a room had better go on without it; 0: it does not lead one. */
int64_t feed_stall_us(const struct feed *f);
/* One SRT packet's payload, in any order. Of a feed that has ended only tables are read. */
void feed_packet(struct feed *f, int32_t sequence, const uint8_t *bytes, size_t len);
/* After a batch of packets: demuxes what was gathered. */
void feed_flush(struct feed *f, int64_t now_us, int64_t wall_us);
/* Once a second: limits that depend on time. */
void feed_second(struct feed *f, int64_t now_us);
/* Why it must end, LINK_TEXT at most, with its reason; NULL while it is well. */
const char *feed_fault(const struct feed *f, enum link_close_reason *reason);
/* Keeps every whole access unit, closes the segments and tells the front. */
void feed_end(struct feed *f, enum link_close_reason reason, const char *text);

uint64_t feed_id(const struct feed *f);
const char *feed_room(const struct feed *f);
const struct stream_id *feed_stream(const struct feed *f);
const char *feed_peer(const struct feed *f);
const char *feed_log_name(const struct feed *f); /* "room/NAME" */
uint64_t feed_bytes(const struct feed *f);       /* in order, handed on */
uint64_t feed_units_in(const struct feed *f);    /* access units of any track since it was opened */
bool feed_is_waiting_for_order(const struct feed *f);
/* SRT's side of the numbers (lost ... receive_buffer_bytes), from who owns the socket. */
void feed_set_srt_stats(struct feed *f, const struct link_feed_stats *srt);
void feed_stats(const struct feed *f, struct link_feed_stats *out);
/* Once a second, with its stats of now: what it is like. */
void feed_vitals(struct feed *f, const struct link_feed_stats *now, struct link_vitals *out);

#endif
