/* What the files of packager share; nobody else includes it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns, thread, life: as packager.h says. Fails: each int is 0 or -errno that ends the feed.
 */
#ifndef RELAY_PACKAGE_PACKAGER_STATE_H
#define RELAY_PACKAGE_PACKAGER_STATE_H

#include "codecs/audio_frame.h"
#include "relay/package/cmaf_track.h"
#include "relay/package/early.h"
#include "relay/package/packager.h"
#include "relay/package/segmenter.h"
#include "relay/package/timeline.h"
#include "relay/package/ts_track.h"

struct packaged_track {
    enum codec_id codec;
    enum codec_kind kind;
    char language[12];
    struct cmaf_track *cmaf;
    struct codec_sets *sets; /* video */
    uint64_t sets_hash;      /* of the parameters in force */
    uint64_t identity;       /* audio: of the parameters in force */
    uint8_t audio_config;    /* audio: from the PMT */
    bool left_out;           /* audio: no player of HLS takes it */
    struct early *early;     /* audio that came before the first picture */
    uint32_t keyint;
    int64_t last_sync_90k;
    bool seen, unplayable;
    bool turned;                  /* video: of another codec from its next random access point on */
    bool skip_leading;            /* RASL pictures of the random access point it started at */
    struct track_params *awaited; /* parameters of a unit before the first one that is taken */
};

/* The last beginning of a segment that is known of the feed that this one joins. */
struct packager_join {
    uint64_t raw_90k;
    int64_t start_90k;
    bool seen;  /* a first picture came ... */
    bool late;  /* ... when another segment may have begun: IDRs may have been missed */
    bool apart; /* ... or so far off that it is another clock's */
};

struct packager {
    struct packager_options options;
    struct packager_out out;
    struct packaged_track tracks[PACKAGER_TRACKS];
    size_t count;
    struct packaged_track *leader; /* NULL while waiting */
    struct timeline timeline;
    struct segmenter segmenter;
    struct packager_join join;
    int64_t anchor_90k, anchor_wall_us; /* presentation time and wall clock of one instant */
    bool jumped;                        /* the anchor is to be set anew at the next cut */
    int64_t gop_90k;
    uint64_t next_given; /* above every sequence number that a segment went out with */
    uint64_t in, early, unplayable;
    struct ts_track *ts;         /* NULL: not wanted, or not possible */
    uint32_t ts_video, ts_audio; /* which tracks it takes; PACKAGER_TRACKS: none */
};

__attribute__((warn_unused_result)) int
packager_track_init(struct packager *p, struct packaged_track *t, const struct packager_track *in);
/* A track's segment, or the transport stream's, on its way out. */
void packager_on_segment(void *ctx, const struct cmaf_track_segment *s, int fd);

/* The first sample of all: the room's timeline is tied to it and the leader starts. */
int packager_start(struct packager *p, struct packaged_track *leader, const struct packager_unit *u,
                   const struct track_params *params, bool random_access);
/* Raw timestamps to the room's timeline; notes jumps and the GOP's length. */
void packager_map(struct packager *p, struct packaged_track *t, const struct packager_unit *u,
                  struct cmaf_track_sample *s);
/* Ties the wall clock to presentation time anew. */
void packager_anchor_wall(struct packager *p, int64_t present_90k, int64_t wall_us);
int64_t packager_wall_of(const struct packager *p, int64_t present_90k);
/* Asks the segmenter about the leader's next sample and does what it says. */
int packager_lead(struct packager *p, const struct cmaf_track_sample *s, bool must_cut);
/* Cuts the leader where its next sample starts. */
int packager_cut_leader(struct packager *p, const struct cmaf_track_sample *next, bool before_held);
/* Ends the open sequence number of a track without a next sample: its media so far, or a gap. */
int packager_close_behind(struct packager *p, struct cmaf_track *r);
/* Ends what tracks have that the cuts have left two segments behind. */
int packager_force_laggards(struct packager *p);

void packager_join_init(struct packager *p);
/* How far behind the join's point a unit is shown. */
int64_t packager_join_distance(const struct packager *p, const struct packager_unit *u);
/* A picture before the first segment. True: it can begin one, and a segment of the other feed
 * begins with it too; the segmenter then counts as that feed does. */
bool packager_join_at(struct packager *p, const struct packager_unit *u, bool can_begin);
/* Before the tracks are made: is a transport stream wanted and possible? */
int packager_ts_open(struct packager *p, const struct packager_track *tracks);
/* cmaf_track_out's. */
int packager_ts_sample(void *ctx, uint32_t track, const struct cmaf_track_written *s);

/* goes_on.c: is the unit before the place where its track goes on? */
bool packager_is_before(const struct packager *p, const struct packaged_track *t,
                        const struct packager_unit *u);
/* Where fragments' numbers begin: above those of the feed before it. 0: at 1. */
uint32_t packager_number(const struct packager *p);
/* Keeps the parameters of a unit that is not taken. 0 or -ENOMEM. */
int packager_await(struct packaged_track *t, const struct track_params *params);
/* The first picture that is taken: gives it the awaited parameters. False: it cannot be the first.
 */
bool packager_go_on(struct packager *p, struct packaged_track *t, const struct packager_unit *u,
                    bool random_access, struct track_params *params);

int packager_take_video(struct packager *p, struct packaged_track *t,
                        const struct packager_unit *u);
int packager_take_audio(struct packager *p, struct packaged_track *t,
                        const struct packager_unit *u);
/* Audio that waited for the first picture, except what is long before it. */
int packager_replay_early(struct packager *p, uint64_t raw_from);

#endif
