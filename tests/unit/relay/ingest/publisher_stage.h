/* A publisher with a made-up socket, and what its feeds told the front. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RELAY_INGEST_PUBLISHER_STAGE_H
#define TESTS_UNIT_RELAY_INGEST_PUBLISHER_STAGE_H

#include "relay/base/log.h"
#include "relay/ingest/publisher.h"
#include "relay/ingest/ts_demux.h"
#include "tests/unit/relay/ingest/made_up_media.h"
#include "tests/unit/relay/ingest/made_up_srt.h"

#include <stdio.h>
#include <unistd.h>

enum { TICK_US = 20000 };

static struct {
    unsigned opened, closed;
    uint64_t samples[2], feed; /* feed: the newest that was opened */
    bool silent;
} said;

static struct publisher *p;
static uint64_t next_feed, turn;
static int64_t now_us;

static void on_said(void *ctx, const struct link_message *m, int fd)
{
    (void)ctx;
    if (fd >= 0)
        close(fd);
    if (m->type == LINK_FEED_OPEN) {
        said.opened++;
        said.feed = m->feed;
        said.silent = false;
    }
    said.closed += m->type == LINK_FEED_CLOSED;
    if (m->type == LINK_FEED_SIGNS)
        said.silent = m->u.signs.silent;
    if (m->type == LINK_SEGMENT && m->u.segment.track < 2)
        said.samples[m->u.segment.track] += m->u.segment.samples;
}

static void go(void)
{
    const struct link_go where = {.start_90k = 900000};

    feed_go(publisher_feed(p), &where, now_us);
}

static int begin(void **state)
{
    static struct config *c;
    struct feed_out out = {.send = on_said};
    struct listener_peer peer = {.first_sequence = FIRST};

    (void)state;
    if (!c && config_load(&c, NULL, NULL, 0, stderr))
        return -1;
    log_setup(LOG_LEVEL_ERROR);
    ts_demux_setup_log();
    memcpy(peer.stream.room, "room", 5);
    memcpy(peer.stream.role, "main", 5);
    memset(&said, 0, sizeof(said));
    memset(ts_counters, 0, sizeof(ts_counters));
    queue_from = queue_to = 0;
    arrived = 0;
    turn = 0;
    now_us = 1000000;
    next_feed = 1;
    if (publisher_new(&p, &peer, c, &next_feed, 0, &out, now_us))
        return -1;
    go();
    return 0;
}

static int end(void **state)
{
    (void)state;
    publisher_free(&p);
    return p != NULL;
}

/* The publisher's turns for that long. */
static void pass(int64_t us)
{
    enum link_close_reason reason;
    char text[LINK_TEXT];

    for (int64_t until = now_us + us; now_us < until; now_us += TICK_US)
        assert_true(publisher_tick(p, turn += 4, now_us, now_us, &reason, text));
}

/* Picture i in a packet of its own, tables before an IDR. */
static void picture(unsigned i, int32_t sequence, bool early)
{
    uint8_t bytes[7 * TS_PACKET];
    size_t len = i % GOP == 0 ? put_tables(bytes, 1) : 0;

    len += put_picture(bytes + len, i);
    arrive(sequence, bytes, len, early);
}

/* A packet without media: tables with so many streams, and stuffing. */
static void stuffing(int32_t sequence, size_t streams)
{
    uint8_t bytes[7 * TS_PACKET];
    size_t len = put_tables(bytes, streams);

    while (len < sizeof(bytes))
        len += put_null(bytes + len);
    arrive(sequence, bytes, len, false);
}

#endif
