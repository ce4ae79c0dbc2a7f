/* How access units of several tracks become aligned segments. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relay/package/early.h"
#include "relay/package/cmaf_track.h"
#include "relay/package/segmenter.h"
#include "relay/package/timeline.h"

struct track {
    enum codec_id codec;
    enum codec_kind kind;
    char language[12];
    struct cmaf_track *cmaf;
    struct codec_sets *sets;    /* video */
    uint64_t sets_hash;         /* of the parameters in force */
    struct adts adts;           /* audio: of the parameters in force */
    struct early *early;        /* audio that came before the first picture */
    uint32_t keyint;
    int64_t last_sync_90k;
    bool seen, failed;
};

struct packager {
    struct packager_options options;
    struct packager_out out;
    struct track tracks[PACKAGER_TRACKS];
    size_t count;
    struct track *leader;       /* NULL while waiting */
    struct timeline timeline;
    struct segmenter segmenter;
    int64_t anchor_90k, anchor_wall_us; /* presentation time and wall clock of one instant */
    bool jumped;                /* the anchor is to be set anew at the next cut */
    int64_t gop_90k;
    uint64_t in, early, unplayable;
};

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *params,
                     uint32_t bytes, int fd)
{
    struct packager *p = ctx;

    p->out.track(p->out.ctx, track, init_id, params, p->tracks[track].language, bytes, fd);
}

static int64_t wall_of(const struct packager *p, int64_t present_90k)
{
    return p->anchor_wall_us + (present_90k - p->anchor_90k) * 100 / 9;
}

static void on_segment(void *ctx, const struct cmaf_track_segment *s, int fd)
{
    struct packager *p = ctx;
    const struct segmenter_cut *cut = segmenter_find(&p->segmenter, s->sequence);
    struct packager_segment out = {
        .track = s->track, .init_id = s->init_id, .sequence = s->sequence,
        .start_90k = s->start_90k, .duration_90k = s->duration_90k, .present_90k = s->present_90k,
        .bytes = s->bytes, .samples = s->samples, .independent = s->independent, .gap = s->gap,
        .target_duration_s = p->segmenter.target_duration_s,
        .discontinuity = cut && cut->discontinuity,
    };

    out.capture_wall_us = cut ? cut->capture_wall_us + (s->present_90k - cut->present_90k) * 100 / 9
                              : wall_of(p, s->present_90k);
    p->out.segment(p->out.ctx, &out, fd);
}

static int track_init(struct packager *p, struct track *t, const struct packager_track *in)
{
    struct cmaf_track_out cb = {.ctx = p, .track = on_track, .segment = on_segment};

    t->codec = in->codec;
    t->kind = codec_kind(in->codec);
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
    return cmaf_track_new(&t->cmaf, (uint32_t) (t - p->tracks), t->language,
                         p->options.part_90k, &cb);
}

int packager_new(struct packager **out, const struct packager_options *o,
                 const struct packager_track *tracks, size_t count, const struct packager_out *cb)
{
    struct packager *p = calloc(1, sizeof(*p));
    int rc = 0;

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
    p->count = count;
    for (size_t i = 0; i < count && !rc; i++)
        rc = track_init(p, &p->tracks[i], &tracks[i]);
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
    }
    free(*p);
    *p = NULL;
}

/* Parameters at a random access point, when they are whole and new. 1: they changed; 0: the same;
 * -EAGAIN: not known yet; -EINVAL: cannot be carried. */
static int video_params(struct track *t, struct track_params *params)
{
    const struct track_params *now = cmaf_track_params(t->cmaf);
    int rc;

    if (now && t->sets->hash == t->sets_hash)
        return 0;
    rc = codec_sets_params(t->sets, params);
    if (rc)
        return now && rc == -EAGAIN ? 0 : rc;
    t->sets_hash = t->sets->hash;
    if (now && now->config_len == params->config_len &&
        memcmp(now->config, params->config, params->config_len) == 0)
        return 0;
    return 1;
}

static struct track *video_track(struct packager *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->tracks[i].kind == CODEC_KIND_VIDEO)
            return &p->tracks[i];
    return NULL;
}

static void anchor_wall(struct packager *p, int64_t present_90k, int64_t wall_us)
{
    p->jumped = false;
    p->anchor_90k = present_90k;
    p->anchor_wall_us = wall_us;
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
                         (uint32_t) length_90k);
}

/* Ends the open sequence number of a track without a next sample: its media so far, or a gap. */
static int close_behind(struct packager *p, struct cmaf_track *r)
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
static int force_laggards(struct packager *p)
{
    uint64_t now = segmenter_sequence(&p->segmenter);
    int rc = 0;

    for (size_t i = 0; i < p->count; i++) {
        struct cmaf_track *r = p->tracks[i].cmaf;

        if (&p->tracks[i] == p->leader || !cmaf_track_is_started(r))
            continue;
        while (!rc && cmaf_track_sequence(r) + 2 <= now)
            rc = close_behind(p, r);
    }
    return rc;
}

static int cut_leader(struct packager *p, int64_t present_90k, int64_t next_dts, bool before_held)
{
    struct cmaf_track *r = p->leader->cmaf;
    int64_t start = cmaf_track_segment_start_90k(r);
    const struct segmenter_cut *c;
    int rc;

    freeze(p, (before_held ? cmaf_track_held_90k(r) : next_dts) - start);
    c = segmenter_cut(&p->segmenter, present_90k, wall_of(p, present_90k));
    rc = before_held ? cmaf_track_cut_before_held(r, c->sequence)
                     : cmaf_track_cut(r, c->sequence, next_dts);
    return rc ? rc : force_laggards(p);
}

/* Asks the segmenter about the leader's next sample and does what it says. */
static int lead(struct packager *p, const struct cmaf_track_sample *s, bool must_cut)
{
    struct cmaf_track *r = p->leader->cmaf;
    struct segmenter_unit u = {.dts_90k = s->dts_90k, .random_access = s->random_access,
                               .must_cut = must_cut};
    bool later;
    int rc = 0;

    for (int i = 0; i < 2 && !rc; i++) {
        switch (segmenter_next(&p->segmenter, &u, cmaf_track_segment_start_90k(r),
                               cmaf_track_held_90k(r), cmaf_track_segment_bytes(r) + s->len)) {
        case SEGMENTER_GO_ON:
            return 0;
        case SEGMENTER_CUT_HERE:
            return cut_leader(p, s->pts_90k, s->dts_90k, false);
        case SEGMENTER_CUT_BEFORE: /* a discontinuity is the new unit's, not the held one's */
            later = p->segmenter.discontinuity;
            p->segmenter.discontinuity = false;
            rc = cut_leader(p, cmaf_track_held_pts_90k(r), s->dts_90k, true);
            p->segmenter.discontinuity = later;
            break;
        }
    }
    return rc;
}

/* The first sample of all: the room's timeline is tied to it. */
static int start(struct packager *p, struct track *leader, const struct packager_unit *u,
                 const struct track_params *params)
{
    const struct segmenter_cut *c;
    int64_t present = p->options.start_90k + timeline_distance(u->raw_dts, u->raw_pts);
    int rc;

    timeline_anchor(&p->timeline, u->raw_dts, p->options.start_90k);
    anchor_wall(p, present, u->wall_us);
    p->leader = leader;
    rc = cmaf_track_set_params(leader->cmaf, params);
    if (rc)
        return rc;
    c = segmenter_cut(&p->segmenter, present, u->wall_us);
    cmaf_track_start(leader->cmaf, c->sequence);
    return 0;
}

/* Video comes (or comes back with new parameters) while something leads already. */
static int join_video(struct packager *p, struct track *t, const struct cmaf_track_sample *s,
                      const struct track_params *params)
{
    const struct segmenter_cut *c;
    int rc = cmaf_track_set_params(t->cmaf, params);

    if (rc)
        return rc;
    p->leader = t;
    c = segmenter_cut(&p->segmenter, s->pts_90k, wall_of(p, s->pts_90k));
    cmaf_track_start(t->cmaf, c->sequence);
    return force_laggards(p);
}

static void map(struct packager *p, struct track *t, const struct packager_unit *u,
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

/* What an access unit says of itself. 1: its parameters are new and in *params. */
static int read_video(struct packager *p, struct track *t, const struct packager_unit *u,
                      struct cmaf_track_sample *s, struct track_params *params)
{
    struct au_facts facts;
    int changed = 0;

    codec_au_facts(t->codec, u->nals, u->nal_count, &facts);
    if (facts.has_parameters)
        codec_sets_take(t->sets, u->nals, u->nal_count);
    if (facts.keyint)
        t->keyint = facts.keyint;
    s->random_access = facts.idr;
    if (facts.idr)
        changed = video_params(t, params);
    if (changed == -EINVAL)
        p->unplayable++;
    return changed == 1;
}

/* A sample of the leading video: cuts before it where one is due. */
static int lead_video(struct packager *p, struct track *t, const struct packager_unit *u,
                      const struct cmaf_track_sample *s, const struct track_params *changed)
{
    bool must_cut = s->random_access && (p->segmenter.discontinuity || changed);
    int rc = 0;

    if (changed)
        p->segmenter.discontinuity = true;
    if (must_cut && p->jumped)
        anchor_wall(p, s->pts_90k, u->wall_us);
    if (cmaf_track_end_90k(t->cmaf) != INT64_MIN)
        rc = lead(p, s, must_cut);
    if (!rc && changed)
        rc = cmaf_track_set_params(t->cmaf, changed);
    return rc ? rc : cmaf_track_push(t->cmaf, s);
}

static int replay_early(struct packager *p, uint64_t raw_from);

static int take_video(struct packager *p, struct track *t, const struct packager_unit *u)
{
    struct cmaf_track_sample s = {.nals = u->nals, .nal_count = u->nal_count, .len = u->len};
    struct track_params params;
    bool changed = read_video(p, t, u, &s, &params), first = !p->leader;
    int rc = 0;

    if (!cmaf_track_is_started(t->cmaf) && !changed) {
        p->early++;
        return 0;
    }
    if (first) {
        rc = start(p, t, u, &params);
        changed = false;
    }
    if (rc)
        return rc;
    map(p, t, u, &s);
    if (!cmaf_track_is_started(t->cmaf)) {
        rc = join_video(p, t, &s, &params);
        return rc ? rc : cmaf_track_push(t->cmaf, &s);
    }
    rc = lead_video(p, t, u, &s, changed ? &params : NULL);
    return rc || !first ? rc : replay_early(p, u->raw_pts);
}

/* Passes the cuts that lie at or before this sample. */
static int follow(struct packager *p, struct track *t, const struct cmaf_track_sample *s)
{
    struct cmaf_track *r = t->cmaf;
    const struct segmenter_cut *next;
    int rc = 0;

    while (!rc && (next = segmenter_find(&p->segmenter, cmaf_track_sequence(r) + 1)) != NULL &&
           s->dts_90k >= next->present_90k)
        rc = cmaf_track_is_empty(r) ? close_behind(p, r)
                                   : cmaf_track_cut(r, next->sequence, s->dts_90k);
    return rc;
}

/* The sequence number whose time the first sample of a track falls into. */
static uint64_t sequence_at(const struct packager *p, int64_t present_90k)
{
    uint64_t n = segmenter_sequence(&p->segmenter);
    const struct segmenter_cut *c;

    while ((c = segmenter_find(&p->segmenter, n)) != NULL && c->present_90k > present_90k &&
           segmenter_find(&p->segmenter, n - 1) != NULL)
        n--;
    return n;
}

static bool same_adts(const struct adts *a, const struct adts *b)
{
    return a->object_type == b->object_type && a->sample_rate_index == b->sample_rate_index &&
           a->channel_configuration == b->channel_configuration;
}

/* New parameters on an audio track. 1: go on; 0: this frame cannot be carried yet. */
static int audio_params(struct packager *p, struct track *t, const struct adts *h,
                        const struct packager_unit *u)
{
    struct track_params params;
    int rc;

    if (cmaf_track_params(t->cmaf) && same_adts(h, &t->adts))
        return 1;
    if (aac_params(h, u->data, u->len, &params)) {
        p->unplayable++;
        return 0;
    }
    if (cmaf_track_params(t->cmaf)) { /* ISO/IEC 14496-12: new parameters need a new file */
        rc = cmaf_track_finish(t->cmaf);
        p->segmenter.discontinuity = true;
        if (rc)
            return rc;
        cmaf_track_start(t->cmaf, cmaf_track_sequence(t->cmaf) + 1);
    }
    t->adts = *h;
    rc = cmaf_track_set_params(t->cmaf, &params);
    return rc ? rc : 1;
}

static int start_audio_only(struct packager *p, struct track *t, const struct adts *h,
                            const struct packager_unit *u)
{
    struct track_params params;

    if (aac_params(h, u->data, u->len, &params)) {
        p->unplayable++;
        return 0;
    }
    t->adts = *h;
    return start(p, t, u, &params);
}

static int lead_audio(struct packager *p, const struct packager_unit *u,
                      const struct cmaf_track_sample *s)
{
    if (p->jumped)
        anchor_wall(p, s->pts_90k, u->wall_us);
    return lead(p, s, p->segmenter.discontinuity);
}

static int push_audio(struct packager *p, struct track *t, const struct packager_unit *u)
{
    struct cmaf_track_sample s = {.random_access = true};
    struct adts h;
    int rc;

    if (adts_parse(u->data, u->len, &h) || u->len <= h.header_bytes) {
        p->unplayable++;
        return 0;
    }
    s.data = u->data + h.header_bytes;
    s.len = u->len - h.header_bytes;
    if (!p->leader) {
        rc = start_audio_only(p, t, &h, u);
        if (rc || !p->leader)
            return rc;
    }
    rc = audio_params(p, t, &h, u);
    if (rc <= 0)
        return rc;
    map(p, t, u, &s);
    if (!cmaf_track_is_started(t->cmaf))
        cmaf_track_start(t->cmaf, sequence_at(p, s.pts_90k));
    if (t != p->leader)
        rc = follow(p, t, &s);
    else if (cmaf_track_end_90k(t->cmaf) != INT64_MIN)
        rc = lead_audio(p, u, &s);
    else
        rc = 0;
    return rc ? rc : cmaf_track_push(t->cmaf, &s);
}

/* Audio that waited for the first picture, except what is long before it. */
static int replay_early(struct packager *p, uint64_t raw_from)
{
    int rc = 0;

    for (size_t i = 0; i < p->count && !rc; i++) {
        struct track *t = &p->tracks[i];
        struct packager_unit u = {.track = (uint32_t) i};

        while (t->early && !rc && early_next(t->early, &u.raw_pts, &u.wall_us, &u.data, &u.len)) {
            u.raw_dts = u.raw_pts;
            if (timeline_distance(raw_from, u.raw_pts) < -PACKAGER_LEAD_90K)
                p->early++;
            else
                rc = push_audio(p, t, &u);
        }
        p->early += t->early ? early_dropped(t->early) : 0;
        early_free(&t->early);
    }
    return rc;
}

static int take_audio(struct packager *p, struct track *t, const struct packager_unit *u)
{
    struct track *video = video_track(p);

    if (p->leader || !video)
        return push_audio(p, t, u);
    if (early_add(t->early, u->raw_pts, u->wall_us, u->data, u->len))
        return -ENOMEM;
    if (video->seen || early_span_90k(t->early) < PACKAGER_VIDEO_WAIT_90K)
        return 0;
    /* the program announces video that does not come: begin with what there is */
    return replay_early(p, early_first(t->early));
}

int packager_take(struct packager *p, const struct packager_unit *u)
{
    struct track *t = &p->tracks[u->track];

    assert(u->track < p->count);
    p->in++;
    t->seen = true;
    return t->kind == CODEC_KIND_VIDEO ? take_video(p, t, u) : take_audio(p, t, u);
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
    return rc;
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
    return p->leader ? segmenter_sequence(&p->segmenter) + 1 : p->options.first_sequence;
}

uint32_t packager_target_duration(const struct packager *p)
{
    return p->segmenter.target_duration_s;
}

void packager_stats(const struct packager *p, struct packager_stats *out)
{
    memset(out, 0, sizeof(*out));
    out->in = p->in;
    out->early = p->early;
    out->unplayable = p->unplayable;
    out->repaired = p->timeline.repaired;
    out->jumps = p->timeline.jumps;
    out->gop_90k = (uint64_t) p->gop_90k;
    for (size_t i = 0; i < p->count; i++)
        out->out += cmaf_track_written(p->tracks[i].cmaf);
}
