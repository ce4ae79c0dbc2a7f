/* One publisher: its SRT socket and the feed behind it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the SRT socket and the feed. Thread: the worker's loop.
 * Life:   publisher_new takes the peer's socket (also on error); publisher_free closes it.
 * next_feed gives each feed its number and must stay.
 *
 * A publisher that is connected but brings no access unit of any track for feed_stall_us is parked:
 * its feed ends, so that the room can be filled or taken; with the next packet that has media it
 * asks to be let in as a new one. Tables and stuffing alone do not wake it.
 */
#ifndef RELAY_INGEST_PUBLISHER_H
#define RELAY_INGEST_PUBLISHER_H

#include "relay/ingest/feed.h"
#include "relay/ingest/listener.h"

#include <stdbool.h>
#include <stdint.h>

struct publisher;

__attribute__((warn_unused_result)) int
publisher_new(struct publisher **out, const struct listener_peer *peer, const struct config *c,
              uint64_t *next_feed, uint32_t worker, const struct feed_out *cb, int64_t now_us);
void publisher_free(struct publisher **p);
struct feed *publisher_feed(struct publisher *p);
/* It stands but sends no media, and its feed has ended. */
bool publisher_is_parked(const struct publisher *p);
/* The tick of its next turn: a quiet feed has one of four. */
uint64_t publisher_due(const struct publisher *p);
/* Reads all that libsrt has, when its turn is due. False when the publisher is over; *reason and
 * text (LINK_TEXT) say why, and publisher_end is due. */
bool publisher_tick(struct publisher *p, uint64_t tick, int64_t now_us, int64_t wall_us,
                    enum link_close_reason *reason, char *text);
/* Once a second: sends the statistics, checks the limits. */
void publisher_second(struct publisher *p, int64_t now_us);
/* Ends the feed (its last segments go out), logs why. */
void publisher_end(struct publisher *p, enum link_close_reason reason, const char *text);
/* The same when the front wants it: what libsrt has is read before, as far as that is bounded. */
void publisher_stop(struct publisher *p, const char *text, int64_t now_us, int64_t wall_us);

#endif
