/* What the files of feed share; nobody else includes it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns, thread, life, fails: as feed.h says.
 */
#ifndef RELAY_INGEST_FEED_STATE_H
#define RELAY_INGEST_FEED_STATE_H

#include "relay/ingest/asides.h"
#include "relay/ingest/feed.h"
#include "relay/ingest/feed_pace.h"
#include "relay/ingest/feed_start.h"
#include "relay/ingest/feed_units.h"
#include "relay/ingest/fingerprint.h"
#include "relay/ingest/keep.h"
#include "relay/ingest/left_out.h"
#include "relay/ingest/measure.h"
#include "relay/ingest/reorder.h"
#include "relay/ingest/ts_demux.h"
#include "relay/ingest/ts_filter.h"
#include "relay/package/packager.h"

#define FEED_NO_MEMORY "the relay has no memory or descriptors left for this feed"

enum { RATE_WINDOW_S = 10 };

enum phase { PHASE_OPENING, PHASE_SEARCHING, PHASE_LIVE, PHASE_ENDED };

struct feed {
    struct feed_options o;
    struct feed_out out;
    char log_name[LINK_NAME + 8];
    enum phase phase;
    struct reorder *reorder;
    struct ts_filter filter;
    struct left_out left_out;
    struct ts_layout layout; /* what the demuxer and the packager are for */
    struct ts_demux *demux;
    struct feed_units units;
    struct packager *packager;
    struct asides *asides;
    struct packager_stats gone; /* of packagers that a new layout replaced */
    struct link_feed_stats srt; /* SRT's side only */
    int64_t opened_us, now_us, wall_us;
    struct feed_start start;
    bool joined, last_short; /* beside another feed; the last SRT packet was not a full one */
    uint64_t bytes, packets, rate[RATE_WINDOW_S], seconds;
    uint64_t units_missing;
    uint64_t units_in; /* since the front was asked */
    bool again;        /* it was on air at a front that died */
    bool comes_back;   /* the program is known from before; the next packet begins it */
    struct feed_pace pace;
    struct measure measure;
    bool resting;      /* it publishes nothing, and keeps what came since a keyframe ... */
    struct keep *keep; /* ... here; NULL without a layout */
    bool comparing;    /* the front wants marks */
    struct fingerprint fingerprint;
    struct link_signs signs; /* as they were told last */
    int64_t keyframe_us;     /* when one was told */
    enum link_close_reason fault_reason;
    char fault[LINK_TEXT];
};

void feed_set_fault(struct feed *f, enum link_close_reason reason, const char *text);
/* feed_rate.c: once a second. */
void feed_check_rate(struct feed *f);
void feed_set_phase(struct feed *f, enum phase next);
void feed_send(struct feed *f, struct link_message *m, uint32_t type, int fd);
/* Tells the front of it and asks where it may begin. 0 or -ENOMEM. */
int feed_ask(struct feed *f);
void feed_forget_program(struct feed *f);
void feed_run_demuxer(struct feed *f);
void feed_close_packager(struct feed *f);
int feed_open_packager(struct feed *f, const struct ts_layout *l);
void feed_take_unit(struct feed *f, const struct access_unit *u, int64_t wall_us);

/* A unit before it is packaged. True: the feed rests, and the unit is kept. */
bool feed_compare_unit(struct feed *f, const struct access_unit *u);
/* At rest, a new layout, or none: what was kept is of no use any more, and the front is told. 0 or
 * -ENOMEM. */
int feed_keep_anew(struct feed *f);
/* A new front knows nothing of it. */
void feed_forget_rest(struct feed *f);
/* At rest: on air from now on. */
void feed_wake(struct feed *f, const struct link_go *go, int64_t now_us);

#endif
