/* How access units of several tracks become aligned segments. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager.h"

#include "relay/package/packager_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *params,
                     uint32_t bytes, int fd)
{
    struct packager *p = ctx;

    p->out.track(p->out.ctx, track, init_id, params, p->tracks[track].language, bytes, fd);
}

int64_t packager_wall_of(const struct packager *p, int64_t present_90k)
{
    return p->anchor_wall_us + (present_90k - p->anchor_90k) * 100 / 9;
}

/* The target duration is known when the first segment's end is. */
static void freeze(struct packager *p, int64_t length_90k)
{
    const struct track_params *params = cmaf_track_params(p->leader->cmaf);
    bool video = p->leader->kind == CODEC_KIND_VIDEO;

    uint32_t frames = cmaf_track_segment_samples(p->leader->cmaf);

    if (!video)
        segmenter_freeze(&p->segmenter, length_90k, 0, 0, 0);
    else if (params->fps_num && params->fps_den)
        segmenter_freeze(&p->segmenter, length_90k, p->leader->keyint, params->fps_num,
                         params->fps_den);
    else /* the stream does not say its rate: what was seen so far */
        segmenter_freeze(&p->segmenter, length_90k, p->leader->keyint, frames * 90000u,
                         (uint32_t)length_90k);
}

static int64_t capture_of(const struct packager *p, const struct segmenter_cut *cut,
                          int64_t present_90k)
{
    return cut ? cut->capture_wall_us + (present_90k - cut->present_90k) * 100 / 9
               : packager_wall_of(p, present_90k);
}

void packager_on_segment(void *ctx, const struct cmaf_track_segment *s, int fd)
{
    struct packager *p = ctx;
    const struct segmenter_cut *cut = segmenter_find(&p->segmenter, s->sequence);
    struct packager_segment out;

    if (!p->segmenter.target_duration_s) /* closed out of turn, before the leader's first cut */
        freeze(p, s->duration_90k);
    out = (struct packager_segment){
        .track = s->track,
        .init_id = s->init_id,
        .sequence = s->sequence,
        .start_90k = s->start_90k,
        .duration_90k = s->duration_90k,
        .present_90k = s->present_90k,
        .bytes = s->bytes,
        .samples = s->samples,
        .independent = s->independent,
        .gap = s->gap,
        .target_duration_s = p->segmenter.target_duration_s,
        .discontinuity = cut && cut->discontinuity,
        .capture_wall_us = capture_of(p, cut, s->present_90k),
        .parts = s->parts,
        .iframe_bytes = s->iframe_bytes,
        .clock_90k = timeline_clock(&p->timeline),
    };

    if (s->sequence >= p->next_given)
        p->next_given = s->sequence + 1;
    memcpy(out.ts_counters, p->options.ts_counters, sizeof(out.ts_counters));
    p->out.segment(p->out.ctx, &out, fd);
}

static void on_part(void *ctx, const struct cmaf_track_part *s, int fd)
{
    struct packager *p = ctx;
    const struct segmenter_cut *cut = segmenter_find(&p->segmenter, s->sequence);
    struct packager_part out = {
        .track = s->track,
        .init_id = s->init_id,
        .part = s->part,
        .offset = s->offset,
        .bytes = s->bytes,
        .samples = s->samples,
        .sequence = s->sequence,
        .start_90k = s->start_90k,
        .duration_90k = s->duration_90k,
        .present_90k = s->present_90k,
        .capture_wall_us = capture_of(p, cut, s->present_90k),
        .independent = s->independent,
        .discontinuity = cut && cut->discontinuity,
        .last = s->last,
    };

    p->out.part(p->out.ctx, &out, fd);
}

int packager_track_init(struct packager *p, struct packaged_track *t,
                        const struct packager_track *in)
{
    struct cmaf_track_out cb = {.ctx = p,
                                .number = packager_number(p),
                                .track = on_track,
                                .sample = p->ts ? packager_ts_sample : NULL,
                                .part = p->out.part ? on_part : NULL,
                                .segment = packager_on_segment};

    t->codec = in->codec;
    t->kind = codec_kind(in->codec);
    t->audio_config = in->audio_config;
    memcpy(t->language, in->language, sizeof(t->language));
    t->last_sync_90k = TIMELINE_UNSET;
    if (t->kind == CODEC_KIND_VIDEO) {
        t->sets = malloc(sizeof(*t->sets));
        if (!t->sets)
            return -ENOMEM;
        codec_sets_init(t->sets, t->codec);
    } else if (early_new(&t->early)) {
        return -ENOMEM;
    }
    return cmaf_track_new(&t->cmaf, (uint32_t)(t - p->tracks), t->language, p->options.part_90k,
                          &cb);
}

int packager_new(struct packager **out, const struct packager_options *o,
                 const struct packager_track *tracks, size_t count, const struct packager_out *cb)
{
    struct packager *p = calloc(1, sizeof(*p));
    int rc;

    *out = NULL;
    assert(count > 0 && count <= PACKAGER_TRACKS);
    if (!p)
        return -ENOMEM;
    p->options = *o;
    p->out = *cb;
    timeline_init(&p->timeline);
    segmenter_init(&p->segmenter, o->segment_ms, o->max_target_s, o->segment_bytes,
                   o->target_duration_s, o->first_sequence);
    p->segmenter.discontinuity = o->discontinuity;
    packager_join_init(p);
    p->count = count;
    rc = packager_ts_open(p, tracks);
    for (size_t i = 0; i < count && !rc; i++)
        rc = packager_track_init(p, &p->tracks[i], &tracks[i]);
    if (rc)
        packager_free(&p);
    *out = p;
    return rc;
}

void packager_free(struct packager **p)
{
    if (!*p)
        return;
    for (size_t i = 0; i < (*p)->count; i++) {
        cmaf_track_free(&(*p)->tracks[i].cmaf);
        early_free(&(*p)->tracks[i].early);
        free((*p)->tracks[i].sets);
        free((*p)->tracks[i].awaited);
    }
    ts_track_free(&(*p)->ts);
    free(*p);
    *p = NULL;
}

void packager_anchor_wall(struct packager *p, int64_t present_90k, int64_t wall_us)
{
    p->jumped = false;
    p->anchor_90k = present_90k;
    p->anchor_wall_us = wall_us;
}

/* Ends the open sequence number of a track without a next sample: its media so far, or a gap. */
int packager_close_behind(struct packager *p, struct cmaf_track *r)
{
    uint64_t sequence = cmaf_track_sequence(r);
    const struct segmenter_cut *a = segmenter_find(&p->segmenter, sequence);
    const struct segmenter_cut *b = segmenter_find(&p->segmenter, sequence + 1);
    int rc;

    if (cmaf_track_is_empty(r) && a && b) {
        cmaf_track_gap(r, a->present_90k, b->present_90k - a->present_90k);
        return 0;
    }
    rc = cmaf_track_finish(r);
    if (!rc)
        cmaf_track_start(r, sequence + 1);
    return rc;
}

/* A track that the cuts have left two segments behind will not fill them any more. */
int packager_force_laggards(struct packager *p)
{
    uint64_t now = segmenter_sequence(&p->segmenter);
    int rc = 0;

    for (size_t i = 0; i < p->count; i++) {
        struct cmaf_track *r = p->tracks[i].cmaf;

        if (&p->tracks[i] == p->leader || !cmaf_track_is_started(r))
            continue;
        while (!rc && cmaf_track_sequence(r) + 2 <= now)
            rc = packager_close_behind(p, r);
    }
    return rc;
}

int packager_cut_leader(struct packager *p, const struct cmaf_track_sample *next, bool before_held)
{
    struct cmaf_track *r = p->leader->cmaf;
    int64_t start = cmaf_track_segment_start_90k(r), present_90k;
    const struct segmenter_cut *c;
    int rc;

    before_held = before_held && cmaf_track_holds(r);
    freeze(p, (before_held ? cmaf_track_held_90k(r) : next->dts_90k) - start);
    present_90k = before_held ? cmaf_track_held_pts_90k(r) : next->pts_90k;
    c = segmenter_cut(&p->segmenter, present_90k, packager_wall_of(p, present_90k),
                      !before_held && next->random_access);
    rc = before_held ? cmaf_track_cut_before_held(r, c->sequence)
                     : cmaf_track_cut(r, c->sequence, next->dts_90k);
    return rc ? rc : packager_force_laggards(p);
}

/* Asks the segmenter about the leader's next sample and does what it says. */
int packager_lead(struct packager *p, const struct cmaf_track_sample *s, bool must_cut)
{
    struct cmaf_track *r = p->leader->cmaf;
    struct segmenter_unit u = {
        .dts_90k = s->dts_90k, .random_access = s->random_access, .must_cut = must_cut};
    bool later;
    int rc = 0;

    for (int i = 0; i < 2 && !rc; i++) {
        switch (segmenter_next(&p->segmenter, &u, cmaf_track_segment_start_90k(r),
                               cmaf_track_held_90k(r), cmaf_track_segment_bytes(r) + s->len)) {
        case SEGMENTER_GO_ON:
            return 0;
        case SEGMENTER_CUT_HERE:
            return packager_cut_leader(p, s, false);
        case SEGMENTER_CUT_BEFORE: /* a discontinuity is the new unit's, not the held one's */
            later = p->segmenter.discontinuity;
            p->segmenter.discontinuity = false;
            rc = packager_cut_leader(p, s, true);
            p->segmenter.discontinuity = later;
            break;
        }
    }
    return rc;
}

/* The first sample of all: the room's timeline is tied to it. */
int packager_start(struct packager *p, struct packaged_track *leader, const struct packager_unit *u,
                   const struct track_params *params, bool random_access)
{
    const struct segmenter_cut *c;
    int64_t present = p->options.start_90k + timeline_distance(u->raw_dts, u->raw_pts);
    int rc;

    if (p->options.joins) {
        present = p->join.start_90k + packager_join_distance(p, u);
        timeline_anchor(&p->timeline, p->join.raw_90k, p->join.start_90k);
    } else if (p->options.goes_on) {
        present = p->options.start_90k + timeline_distance(p->options.raw_90k, u->raw_pts);
        timeline_anchor(&p->timeline, p->options.raw_90k, p->options.start_90k);
        p->segmenter.first_sequence += random_access; /* number 0 ends the other feed's segment */
    } else {
        timeline_anchor(&p->timeline, u->raw_dts, p->options.start_90k);
    }
    packager_anchor_wall(p, present, u->wall_us);
    p->leader = leader;
    rc = cmaf_track_set_params(leader->cmaf, params);
    if (rc)
        return rc;
    c = segmenter_cut(&p->segmenter, present, u->wall_us, random_access);
    cmaf_track_start(leader->cmaf, c->sequence);
    return 0;
}

void packager_map(struct packager *p, struct packaged_track *t, const struct packager_unit *u,
                  struct cmaf_track_sample *s)
{
    if (timeline_map(&p->timeline, u->track, u->raw_pts, u->raw_dts, &s->pts_90k, &s->dts_90k))
        p->segmenter.discontinuity = p->jumped = true;
    if (t->kind != CODEC_KIND_VIDEO || !s->random_access)
        return;
    if (t->last_sync_90k != TIMELINE_UNSET)
        p->gop_90k = s->dts_90k - t->last_sync_90k;
    t->last_sync_90k = s->dts_90k;
}

/* Lets go of the newest sample when its end is known already: a part is then complete a frame
 * sooner. Not where the next one would have to be cut off before it. */
static int release(struct packager *p, const struct packaged_track *t,
                   const struct packager_unit *u)
{
    struct cmaf_track *r = t->cmaf;
    struct segmenter_unit next = {0};

    if (!cmaf_track_holds(r))
        return 0;
    if (t->kind == CODEC_KIND_AUDIO)
        return cmaf_track_release_frame(r);
    if (!u->has_next || !timeline_peek(&p->timeline, u->track, u->raw_next, &next.dts_90k))
        return 0;
    if (segmenter_next(&p->segmenter, &next, cmaf_track_segment_start_90k(r),
                       cmaf_track_held_90k(r), 0) == SEGMENTER_CUT_BEFORE)
        return 0;
    return cmaf_track_release(r, next.dts_90k);
}

/* All tracks' segments of one number may end once the leader's may. */
static void foresee_end(const struct packager *p, const struct packaged_track *t)
{
    const struct segmenter_cut *c = segmenter_find(&p->segmenter, cmaf_track_sequence(t->cmaf));

    if (p->options.part_ranges && c)
        cmaf_track_wait_from(t->cmaf, c->present_90k + segmenter_earliest_90k(&p->segmenter));
}

int packager_take(struct packager *p, const struct packager_unit *u)
{
    struct packaged_track *t = &p->tracks[u->track];

    int rc;

    assert(u->track < p->count);
    p->in++;
    if (t->kind == CODEC_KIND_AUDIO && packager_is_before(p, t, u)) {
        p->early++;
        return 0;
    }
    t->seen = true;
    foresee_end(p, t);
    rc = t->kind == CODEC_KIND_VIDEO ? packager_take_video(p, t, u) : packager_take_audio(p, t, u);
    return rc ? rc : release(p, t, u);
}

int packager_end(struct packager *p)
{
    int rc = 0;

    for (size_t i = 0; i < p->count && !rc; i++) {
        if (p->leader == &p->tracks[i] && cmaf_track_end_90k(p->leader->cmaf) != INT64_MIN)
            freeze(p, cmaf_track_end_90k(p->leader->cmaf) -
                          cmaf_track_segment_start_90k(p->leader->cmaf));
        if (p->tracks[i].cmaf && cmaf_track_is_started(p->tracks[i].cmaf))
            rc = cmaf_track_finish(p->tracks[i].cmaf);
    }
    return !rc && p->ts ? ts_track_finish(p->ts) : rc;
}

void packager_set_start(struct packager *p, int64_t start_90k)
{
    if (!p->leader)
        p->options.start_90k = start_90k;
}

int64_t packager_end_90k(const struct packager *p)
{
    int64_t end = p->options.start_90k;

    for (size_t i = 0; i < p->count; i++) {
        struct cmaf_track *r = p->tracks[i].cmaf;

        if (r && cmaf_track_is_started(r) && cmaf_track_end_90k(r) > end)
            end = cmaf_track_end_90k(r);
    }
    return end;
}

uint64_t packager_next_sequence(const struct packager *p)
{
    uint64_t next = p->leader ? segmenter_sequence(&p->segmenter) + 1 : p->options.first_sequence;

    /* sound with new parameters may have begun a number that the leader never reached */
    return next > p->next_given ? next : p->next_given;
}

uint32_t packager_target_duration(const struct packager *p)
{
    return p->segmenter.target_duration_s;
}

bool packager_is_left_out(const struct packager *p, uint32_t track)
{
    return track < p->count && p->tracks[track].left_out;
}

bool packager_present_of(const struct packager *p, uint64_t raw_pts, int64_t *out_90k)
{
    if (!p->timeline.anchored)
        return false;
    *out_90k = timeline_at(&p->timeline, raw_pts);
    return true;
}

void packager_stats(const struct packager *p, struct packager_stats *out)
{
    memset(out, 0, sizeof(*out));
    out->in = p->in;
    out->early = p->early;
    out->unplayable = p->unplayable;
    out->repaired = p->timeline.repaired;
    out->jumps = p->timeline.jumps;
    out->gop_90k = (uint64_t)p->gop_90k;
    for (size_t i = 0; i < p->count; i++)
        out->out += cmaf_track_written(p->tracks[i].cmaf);
}
