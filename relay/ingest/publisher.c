/* Draining one SRT socket, and noticing when it yields nothing any more. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/publisher.h"

#include "relay/base/log.h"

#include <errno.h>
#include <srt/srt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE_MAX = 2048,   /* over SRTO_PAYLOADSIZE, which is at most 1456 */
    BURST = 4096,         /* packets read from one socket in one tick */
    LAST_BURSTS = 16,     /* ... and so often when its feed is sent away */
    FULL_READ_TURNS = 16, /* how often a socket that yields nothing is read until EAGAIN */
    FEW_PACKETS = 5,      /* in this many ticks or fewer: the socket need not be asked sooner ... */
    EVERY_MAX = 4,        /* ... than after that many */
    RATE_ONE = 256,       /* one packet a tick, as publisher.rate counts */
    STATE_TURNS = 4,      /* how often an idle socket is asked whether it still lives */
    WEDGE_CHECK_US = 125000,
    WEDGE_US = 1000000, /* packets arrive, none can be read */
    HOLE_US = 4000000,  /* packets are read, but the next one in order does not come */
};

struct publisher {
    SRTSOCKET socket;
    struct feed *feed;
    uint64_t *next_feed;
    bool parked;                /* the feed has ended, the connection stands */
    bool parked_early;          /* ... while media waited for an earlier packet */
    uint8_t first[MESSAGE_MAX]; /* what the feed goes on with ... */
    size_t first_len;           /* ... when it may; 0: nothing waits */
    int32_t first_sequence;
    uint32_t worker;
    struct feed_out out;
    int64_t last_bytes_us, last_check_us;
    int64_t last_media_us; /* before the feed's first access unit: its last byte */
    int64_t silent_us;     /* so long without media is silence */
    uint64_t turns;
    uint32_t every;            /* ticks from one turn to the next */
    uint32_t rate;             /* packets a tick x RATE_ONE, over the last turns */
    uint64_t due;              /* the tick of the next turn */
    int64_t last_arrived;      /* packets, at the last wedge check */
    int64_t arriving_since_us; /* 0: none came between the last checks */
    int64_t play_out_us;       /* SRT's own pacing holds every packet back for so long */
};

int publisher_new(struct publisher **out, const struct listener_peer *peer, const struct config *c,
                  uint64_t *next_feed, uint32_t worker, const struct feed_out *cb, int64_t now_us)
{
    struct publisher *p = calloc(1, sizeof(*p));
    const struct stored_room *stored = config_find_stored(c, peer->stream.room);
    struct feed_options o = {
        .config = c,
        .stored_id = stored ? stored->id : 0,
        .stored_feeds = stored ? stored->feeds : 0,
        .id = (*next_feed)++,
        .worker = worker,
        .stream = peer->stream,
        .latency_ms = peer->latency_ms,
        .encrypted = peer->encrypted,
        .classic = peer->classic,
        .first_sequence = peer->first_sequence,
        .now_us = now_us,
    };

    *out = NULL;
    memcpy(o.peer, peer->address, sizeof(o.peer));
    if (!p || feed_new(&p->feed, &o, cb)) {
        srt_close(peer->socket);
        free(p);
        return -ENOMEM;
    }
    p->socket = peer->socket;
    p->next_feed = next_feed;
    p->worker = worker;
    p->every = 1;
    p->play_out_us = peer->classic ? (int64_t)peer->latency_ms * 1000 : 0;
    p->out = *cb;
    p->last_bytes_us = p->last_media_us = p->last_check_us = now_us;
    p->silent_us = (int64_t)c->rooms.backup_after_ms * 1000;
    *out = p;
    return 0;
}

void publisher_free(struct publisher **p)
{
    if (!*p)
        return;
    srt_close((*p)->socket);
    feed_free(&(*p)->feed);
    free(*p);
    *p = NULL;
}

struct feed *publisher_feed(struct publisher *p)
{
    return p->feed;
}

bool publisher_is_parked(const struct publisher *p)
{
    return p->parked;
}

/* A packet for the feed; or the one that brings a parked publisher back, which waits. */
static bool read_one(struct publisher *p)
{
    SRT_MSGCTRL control = srt_msgctrl_default;
    int n;

    if (p->first_len > 0)
        return false;
    n = srt_recvmsg2(p->socket, (char *)p->first, sizeof(p->first), &control);
    if (n <= 0)
        return false;
    if (p->parked && (p->parked_early || feed_is_media(p->feed, p->first, (size_t)n))) {
        p->first_len = (size_t)n;
        p->first_sequence = control.pktseq;
        return false;
    }
    feed_packet(p->feed, control.pktseq, p->first, (size_t)n);
    return true;
}

/* The feed is over for the room, and the connection waits for its sender. */
static void park(struct publisher *p, const char *why)
{
    char text[LINK_TEXT];

    snprintf(text, sizeof(text), "connected, but %s", why);
    feed_end(p->feed, LINK_CLOSE_ENDED, text);
    log_warn(feed_log_name(p->feed), "publisher_parked feed=%llu why=\"%s\"",
             (unsigned long long)feed_id(p->feed), why);
    p->parked = true;
    p->parked_early = feed_is_waiting_for_order(p->feed);
}

/* There is media again: the front is asked anew. -ENOMEM. */
static int unpark(struct publisher *p, int64_t now_us)
{
    int rc = feed_back(p->feed, (*p->next_feed)++);

    if (rc)
        return rc;
    log_info(feed_log_name(p->feed), "publisher_back feed=%llu",
             (unsigned long long)feed_id(p->feed));
    p->parked = false;
    p->last_bytes_us = p->last_media_us = now_us;
    p->arriving_since_us = 0;
    return 0;
}

/* SRTO_RCVDATA says how many packets can be read in order: running into EAGAIN instead costs an
 * exception inside libsrt each time. Out of order ones it does not count, so while some are
 * missing, and now and then when there is nothing, the socket is read until it says no. */
static int drain(struct publisher *p, bool fully)
{
    int ready = 0, len = sizeof(ready), n = 0;

    if (srt_getsockflag(p->socket, SRTO_RCVDATA, &ready, &len) || ready < 0)
        ready = 0;
    if (ready > BURST)
        ready = BURST;
    while (n < ready && read_one(p))
        n++;
    if ((fully && n == 0) || feed_is_waiting_for_order(p->feed))
        while (n < BURST && read_one(p))
            n++;
    return n;
}

/* Packets arrive but no byte can be read: libsrt waits for one that will never come. */
static bool is_wedged(struct publisher *p, int64_t now_us)
{
    int64_t patience = p->play_out_us + (feed_is_waiting_for_order(p->feed) ? HOLE_US : WEDGE_US);
    SRT_TRACEBSTATS s;

    if (now_us - p->last_bytes_us < WEDGE_CHECK_US || now_us - p->last_check_us < WEDGE_CHECK_US)
        return false;
    p->last_check_us = now_us;
    if (srt_bistats(p->socket, &s, 0, 1))
        return false;
    if (s.pktRecvTotal == p->last_arrived)
        p->arriving_since_us = 0;
    else if (!p->arriving_since_us)
        p->arriving_since_us = now_us;
    p->last_arrived = s.pktRecvTotal;
    return p->arriving_since_us && now_us - p->arriving_since_us >= patience &&
           now_us - p->last_bytes_us >= patience;
}

static bool is_stalled(const struct publisher *p, int64_t now_us)
{
    int64_t stall_us = feed_stall_us(p->feed);

    return stall_us > 0 && now_us - p->last_media_us >= stall_us;
}

static bool is_over(struct publisher *p, uint64_t turn, int got)
{
    if (got > 0 && turn % (4 * STATE_TURNS))
        return false;
    if (got == 0 && turn % STATE_TURNS)
        return false;
    return srt_getsockstate(p->socket) >= SRTS_BROKEN;
}

/* A turn costs the same for one packet as for ten: quiet feeds have fewer of them. Pictures come in
 * bursts, so it is the rate over some turns that says how quiet a feed is. */
static void choose_next_turn(struct publisher *p, uint64_t tick, int got)
{
    uint32_t now = (uint32_t)got * RATE_ONE / p->every;

    p->rate = (7 * p->rate + now) / 8;
    p->every = EVERY_MAX;
    while (p->every > 1 && p->rate * p->every > FEW_PACKETS * RATE_ONE)
        p->every /= 2;
    p->due = (tick / p->every + 1) * p->every; /* together: the loop sleeps in between */
}

uint64_t publisher_due(const struct publisher *p)
{
    return p->due;
}

/* What waited for the front's word, and what libsrt has. */
static int take(struct publisher *p, bool fully, int64_t now_us, int64_t wall_us)
{
    size_t waited = p->first_len;
    int got;

    p->first_len = 0;
    if (waited > 0)
        feed_packet(p->feed, p->first_sequence, p->first, waited);
    got = drain(p, fully);
    feed_flush(p->feed, now_us, wall_us);
    return got;
}

/* An encoder without its input may go on sending: only what can be seen or heard counts, once
 * there was some. */
static void note_news(struct publisher *p, uint64_t bytes, uint64_t units, int64_t now_us)
{
    bool came = feed_bytes(p->feed) != bytes;

    if (came) {
        p->last_bytes_us = now_us;
        p->arriving_since_us = 0;
    }
    if (feed_units_in(p->feed) != units || (came && units == 0))
        p->last_media_us = now_us;
    feed_note_silence(p->feed, now_us - p->last_media_us >= p->silent_us);
}

/* False: over. */
static bool serve(struct publisher *p, uint64_t tick, uint64_t turn, int64_t now_us,
                  int64_t wall_us, int *got)
{
    uint64_t bytes = feed_bytes(p->feed), units = feed_units_in(p->feed);

    *got = take(p, turn % FULL_READ_TURNS == 0, now_us, wall_us);
    choose_next_turn(p, tick, *got);
    note_news(p, bytes, units, now_us);
    if (feed_bytes(p->feed) == bytes && is_wedged(p, now_us))
        return false;
    if (is_stalled(p, now_us))
        park(p, p->last_bytes_us > p->last_media_us ? "it sends no pictures and no sound"
                                                    : "it sends nothing");
    return true;
}

/* False: no memory. */
static bool look_for_media(struct publisher *p, uint64_t turn, int64_t now_us)
{
    drain(p, turn % FULL_READ_TURNS == 0);
    return p->first_len == 0 || unpark(p, now_us) == 0;
}

bool publisher_tick(struct publisher *p, uint64_t tick, int64_t now_us, int64_t wall_us,
                    enum link_close_reason *reason, char *text)
{
    const char *fault;
    uint64_t turn;
    int got = 0;

    if (tick < p->due)
        return true;
    turn = p->turns++;
    if (p->parked && !look_for_media(p, turn, now_us)) {
        *reason = LINK_CLOSE_LIMIT;
        snprintf(text, LINK_TEXT, "the relay has no memory left for this feed");
        return false;
    }
    if (feed_is_open(p->feed) && !serve(p, tick, turn, now_us, wall_us, &got)) {
        *reason = LINK_CLOSE_WEDGED;
        snprintf(text, LINK_TEXT, "packets arrive but none can be read; it may come back");
        return false;
    }
    fault = feed_fault(p->feed, reason);
    if (fault) {
        snprintf(text, LINK_TEXT, "%s", fault);
        return false;
    }
    if (!is_over(p, turn, got))
        return true;
    while (feed_is_open(p->feed) && take(p, true, now_us, wall_us) > 0)
        continue;
    *reason = LINK_CLOSE_ENDED;
    snprintf(text, LINK_TEXT, "the publisher closed the connection or went silent");
    return false;
}

static void read_srt_stats(struct publisher *p)
{
    struct link_feed_stats stats = {0}, *out = &stats;
    SRT_TRACEBSTATS s;

    if (srt_bistats(p->socket, &s, 0, 1))
        return;
    out->lost = (uint64_t)s.pktRcvLossTotal;
    out->retransmitted = (uint64_t)s.pktRcvRetrans;
    out->dropped = (uint64_t)s.pktRcvDropTotal;
    out->duplicated = s.pktRecvTotal > s.pktRecvUniqueTotal
                          ? (uint64_t)(s.pktRecvTotal - s.pktRecvUniqueTotal)
                          : 0;
    out->undecrypted = (uint64_t)s.pktRcvUndecryptTotal;
    out->rtt_us = (uint64_t)(s.msRTT * 1000);
    out->bitrate_bps = (uint64_t)(s.mbpsRecvRate * 1e6);
    out->receive_buffer_bytes = (uint64_t)s.byteRcvBuf;
    feed_set_srt_stats(p->feed, &stats);
}

void publisher_second(struct publisher *p, int64_t now_us)
{
    struct link_message m = {
        .type = LINK_FEED_STATS, .worker = p->worker, .feed = feed_id(p->feed)};

    if (p->parked)
        return;
    feed_second(p->feed, now_us);
    read_srt_stats(p);
    feed_stats(p->feed, &m.u.feed_stats);
    feed_vitals(p->feed, &m.u.feed_stats, &m.u.vitals);
    p->out.send(p->out.ctx, &m, -1);
}

void publisher_end(struct publisher *p, enum link_close_reason reason, const char *text)
{
    struct link_feed_stats s = {0};

    read_srt_stats(p);
    feed_end(p->feed, reason, text);
    feed_stats(p->feed, &s);
    log_info(feed_log_name(p->feed), "feed_ended why=\"%s\" bytes=%llu access_units=%llu/%llu",
             text, (unsigned long long)s.bytes, (unsigned long long)s.access_units_out,
             (unsigned long long)s.access_units_in);
}

void publisher_stop(struct publisher *p, const char *text, int64_t now_us, int64_t wall_us)
{
    for (int i = 0; i < LAST_BURSTS && feed_is_open(p->feed); i++)
        if (take(p, true, now_us, wall_us) == 0)
            break;
    publisher_end(p, LINK_CLOSE_STOPPED, text);
}
