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
#include "relay/link/go.h"
#include "relay/link/part.h"
#include "relay/link/standby.h"
#include "relay/link/states.h"
#include "relay/link/stats.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LINK_TEXT = 160,                  /* a sentence for the log, the API and the organizer */
    LINK_NAME = 68,                   /* a room's name and its NUL */
    LINK_PEER = 64,                   /* "203.0.113.7:50012" */
    LINK_ROLE = 24,                   /* "main", "backup" or a rendition's name */
    LINK_LANGUAGE = 12,               /* RFC 5646, "" when unknown */
    LINK_TRACKS_MAX = LINK_GO_TRACKS, /* video first, then audio */
    LINK_TRACK_TS = LINK_TRACKS_MAX,  /* a transport stream of video and the first audio; its
                                         segments need no init segment and have no parts */
    LINK_TRACK_SLOTS,
};

enum link_type {
    /* worker -> front */
    LINK_WORKER_READY = 1, /* its socket listens */
    LINK_FEED_OPEN,        /* a publisher was accepted; waits for LINK_FEED_GO or LINK_FEED_STOP */
    LINK_TRACK,            /* a track's parameters; fd: its init segment (ftyp + moov), but TS */
    LINK_PART,             /* a part of a segment that is being written; fd with part 0: its file */
    LINK_SEGMENT,          /* a finished segment; fd: its bytes, sealed. No fd when gap */
    LINK_EVENT,            /* a splice point or a tag beside the tracks */
    LINK_CAPTIONS,         /* closed captions inside the pictures; again when more are found */
    LINK_PROGRAM,          /* which streams of the publisher's program are not carried */
    LINK_FEED_STATS,       /* once a second */
    LINK_FEED_SIGNS,       /* it fell silent, or came back, or could begin */
    LINK_FEED_MARK,        /* once a second, when the front wants to compare two feeds */
    LINK_FEED_RESTED,      /* the answer to LINK_FEED_REST: everything it had was sent */
    LINK_FEED_CLOSED,      /* the feed is over and everything it had was sent */
    LINK_WORKER_STATS,     /* once a second; the worker's heartbeat too */
    /* front -> worker */
    LINK_FEED_GO,        /* where on the room's timeline the feed starts */
    LINK_FEED_STOP,      /* end it and say why in the log */
    LINK_FEED_REST,      /* publish nothing until LINK_FEED_GO, but be ready for it */
    LINK_FEED_COMPARE,   /* send LINK_FEED_MARK from now on */
    LINK_ROOM_STATE,     /* to all workers: who may publish now */
    LINK_CONFIG,         /* fd: the whole new configuration as YAML */
    LINK_STOP,           /* flush, close and exit */
    LINK_WORKER_SPAWNED, /* supervisor -> front, as CONFIG and STOP; fd: a new worker's link */
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
        } open;
        struct {
            uint32_t track;   /* 0 .. LINK_TRACK_TS; stays for the feed */
            uint32_t init_id; /* which init segment, counted per feed and track */
            uint32_t init_bytes;
            char language[LINK_LANGUAGE];
            struct track_params params; /* .config is not filled in here */
        } track;
        struct {
            uint32_t track, init_id;
            uint64_t sequence;       /* from 0; equal for matching content; late tracks skip */
            int64_t start_90k;       /* DTS of its first sample */
            int64_t present_90k;     /* PTS of its first sample */
            int64_t duration_90k;    /* DTS of the next segment's first sample - start_90k */
            int64_t capture_wall_us; /* wall time of present_90k for PROGRAM-DATE-TIME */
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
        struct link_feed_stats feed_stats;
        struct link_worker_stats worker_stats;
        struct {
            uint32_t reason; /* enum link_close_reason */
            int64_t end_90k; /* where the feed's timeline ended */
            struct link_feed_stats stats;
            char text[LINK_TEXT];
        } closed;
        struct link_go go;
        struct {
            char text[LINK_TEXT]; /* program: what is not carried, in words; "": nothing */
        } stop, program;
        struct {
            char room[LINK_NAME];
            uint32_t state; /* enum link_room_state */
            bool classic;   /* its last feed was wedged: accept with TSBPD and TLPKTDROP */
            bool full;      /* rooms.max reached: other rooms are refused */
        } room;
    } u;
};

#endif
