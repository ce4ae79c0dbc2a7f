/* What a worker and the front tell each other: fixed-size messages over one seqpacket socket. */
/* SPDX-License-Identifier: MIT */
/*
 * A media byte never crosses in a message; descriptors do (SCM_RIGHTS, one at most). Times are
 * microseconds of CLOCK_MONOTONIC, `_90k` 1/90000 s on the room's timeline, which never goes back.
 */
#ifndef RELAY_LINK_MESSAGE_H
#define RELAY_LINK_MESSAGE_H

#include "codecs/codec.h"
#include "relay/link/event.h"
#include "relay/link/fill.h"
#include "relay/link/go.h"
#include "relay/link/part.h"
#include "relay/link/standby.h"
#include "relay/link/states.h"
#include "relay/link/stats.h"
#include "relay/link/type.h"
#include "relay/link/vitals.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LINK_TEXT = 160,                  /* a sentence for the log, the API and the organizer */
    LINK_NAME = 68,                   /* a room's name and its NUL */
    LINK_PEER = 64,                   /* "203.0.113.7:50012" */
    LINK_ROLE = 24,                   /* "main", "backup" or a rendition's name */
    LINK_LANGUAGE = 12,               /* RFC 5646, "" when unknown */
    LINK_TRACKS_MAX = LINK_GO_TRACKS, /* video first, then audio */
    LINK_TRACK_TS = LINK_TRACKS_MAX,  /* video and the first audio as TS: no init, no parts */
    LINK_TRACK_SLOTS,
};

struct link_message {
    uint32_t type;   /* enum link_type */
    uint32_t worker; /* index */
    uint64_t feed;   /* unique in the festival's life; 0: not about a feed */
    union {
        struct {
            char room[LINK_NAME], role[LINK_ROLE], peer[LINK_PEER], user[LINK_NAME];
            uint32_t latency_ms;
            bool encrypted, classic;
            bool again;         /* it was on air at a front that died; it counts from 0 anew */
            uint64_t stored_id; /* of the room it was let into: config/stored_rooms.h; 0: none */
        } open;
        struct {
            uint32_t track;               /* 0 .. LINK_TRACK_TS; stays for the feed */
            uint32_t init_id, init_bytes; /* which init segment, counted per feed and track */
            int64_t start_90k; /* where the feed's first sample is on the room's timeline */
            char language[LINK_LANGUAGE];
            struct track_params params; /* .config is not filled in here */
        } track;
        struct {
            uint32_t track, init_id;
            uint64_t sequence; /* from 0; equal for matching content; late tracks skip */
            int64_t start_90k, present_90k; /* DTS and PTS of its first sample */
            int64_t duration_90k;           /* DTS of the next segment's first sample - start_90k */
            int64_t capture_wall_us;        /* wall time of present_90k for PROGRAM-DATE-TIME */
            uint32_t bytes, samples;
            uint32_t target_duration_s; /* what the feed needs; the room's first one stays */
            bool independent;           /* starts with an IDR (always true for audio) */
            bool discontinuity, gap;    /* parameters or time changed before it; nothing received */
            uint32_t parts, iframe_bytes; /* LINK_PARTs before it; to the end of its first IDR */
            uint64_t clock_90k; /* the encoder's time + this = the timeline after it, mod 2^33 */
            uint8_t ts_counters[LINK_TS_PIDS]; /* TS: the next continuity counters after it */
        } segment;
        struct link_part part;
        struct link_event event;
        struct link_captions captions;
        struct link_signs signs;
        struct link_mark mark;
        struct {
            struct link_feed_stats feed_stats;
            struct link_vitals vitals;
        };
        struct link_worker_stats worker_stats;
        struct {
            uint32_t reason; /* enum link_close_reason */
            int64_t end_90k; /* where the feed's timeline ended */
            struct link_feed_stats stats;
            char text[LINK_TEXT];
        } closed;
        struct link_go go;
        struct link_rest rest;
        struct {
            char text[LINK_TEXT]; /* program: what is not carried, in words; "": nothing */
        } stop, program;
        struct {
            char room[LINK_NAME];
            uint32_t state; /* enum link_room_state */
            bool classic;   /* its last feed was wedged: accept with TSBPD and TLPKTDROP */
            bool full;      /* rooms.max reached: other rooms are refused */
        } room;
        struct {
            char room[LINK_NAME], language[LINK_LANGUAGE];
            struct link_fill what;
        } fill;
        struct link_slate slate;
    } u;
};

#endif
