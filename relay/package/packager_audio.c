/* The audio tracks of a feed: they follow the cuts, or lead when there is no video. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager_state.h"

#include <errno.h>
#include <string.h>

static struct packaged_track *video_track(struct packager *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->tracks[i].kind == CODEC_KIND_VIDEO)
            return &p->tracks[i];
    return NULL;
}

/* Passes the cuts that lie at or before this sample. A hole before it is the last frame's length,
 * as far as TARGETDURATION allows; then the segment ends with its media. */
static int follow(struct packager *p, struct packaged_track *t, const struct cmaf_track_sample *s)
{
    struct cmaf_track *r = t->cmaf;
    const struct segmenter_cut *next;
    int64_t longest = (int64_t)p->segmenter.target_duration_s * 90000 + 44999;
    int rc = 0;

    while (!rc && (next = segmenter_find(&p->segmenter, cmaf_track_sequence(r) + 1)) != NULL &&
           s->dts_90k >= next->present_90k)
        rc = cmaf_track_is_empty(r) || s->dts_90k - cmaf_track_segment_start_90k(r) > longest
                 ? packager_close_behind(p, r)
                 : cmaf_track_cut(r, next->sequence, s->dts_90k);
    return rc;
}

/* Video that stays away while sound goes on gives the lead up; its numbers become gaps until it
 * comes back. */
static int relieve_video(struct packager *p, struct packaged_track *t,
                         const struct cmaf_track_sample *s)
{
    struct cmaf_track *video = p->leader->cmaf;
    uint32_t seconds =
        p->segmenter.target_duration_s ? p->segmenter.target_duration_s : p->segmenter.max_target_s;
    int rc;

    if (p->leader->kind != CODEC_KIND_VIDEO || cmaf_track_end_90k(video) == INT64_MIN ||
        s->dts_90k - cmaf_track_end_90k(video) < (int64_t)(seconds + 1) * 90000 ||
        cmaf_track_sequence(t->cmaf) != segmenter_sequence(&p->segmenter))
        return 0;
    rc = cmaf_track_finish(video);
    if (!rc)
        cmaf_track_start(video, cmaf_track_sequence(video) + 1);
    p->leader = t;
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

/* Ends what an audio track has with its old parameters. The leader makes a real cut; another track
 * begins the next number early, once: until the leader has caught up, -EAGAIN. */
static int close_old_params(struct packager *p, struct packaged_track *t,
                            const struct cmaf_track_sample *s)
{
    struct cmaf_track *r = t->cmaf;
    int rc;

    p->segmenter.discontinuity = true;
    if (t == p->leader)
        return packager_cut_leader(p, s, false);
    if (cmaf_track_sequence(r) > segmenter_sequence(&p->segmenter))
        return -EAGAIN;
    rc = cmaf_track_finish(r);
    if (!rc)
        cmaf_track_start(r, cmaf_track_sequence(r) + 1);
    return rc;
}

/* What a frame says of its track. False: this frame cannot be carried. */
static bool read_params(struct packager *p, struct packaged_track *t, const struct packager_unit *u,
                        struct track_params *params)
{
    int rc = audio_frame_params(t->codec, t->audio_config, u->data, u->len, params);

    t->left_out = rc == -ENOTSUP;
    p->unplayable += rc != 0;
    return rc == 0;
}

/* ISO/IEC 14496-12: new parameters need a new init segment. 1: go on; 0: this frame cannot be
 * carried. */
static int audio_params(struct packager *p, struct packaged_track *t, const struct audio_frame *f,
                        const struct packager_unit *u, const struct cmaf_track_sample *s)
{
    struct track_params params;
    int rc = 0;

    if (cmaf_track_params(t->cmaf) && f->identity == t->identity)
        return 1;
    if (!read_params(p, t, u, &params))
        return 0;
    if (cmaf_track_params(t->cmaf))
        rc = close_old_params(p, t, s);
    if (rc == -EAGAIN) {
        p->unplayable++;
        return 0;
    }
    t->identity = f->identity;
    if (!rc)
        rc = cmaf_track_set_params(t->cmaf, &params);
    return rc ? rc : 1;
}

static int start_audio_only(struct packager *p, struct packaged_track *t,
                            const struct audio_frame *f, const struct packager_unit *u)
{
    struct track_params params;

    if (!read_params(p, t, u, &params))
        return 0;
    t->identity = f->identity;
    return packager_start(p, t, u, &params, true);
}

static int lead_audio(struct packager *p, const struct packager_unit *u,
                      const struct cmaf_track_sample *s)
{
    if (p->jumped)
        packager_anchor_wall(p, s->pts_90k, u->wall_us);
    return packager_lead(p, s, p->segmenter.discontinuity);
}

static int push_audio(struct packager *p, struct packaged_track *t, const struct packager_unit *u)
{
    struct cmaf_track_sample s = {.random_access = true};
    struct audio_frame f;
    int rc;

    if (audio_frame_read(t->codec, u->data, u->len, &f) || f.bytes > u->len ||
        f.bytes <= f.header_bytes) {
        p->unplayable++;
        return 0;
    }
    s.data = u->data + f.header_bytes;
    s.len = f.bytes - f.header_bytes;
    if (!p->leader) {
        rc = start_audio_only(p, t, &f, u);
        if (rc || !p->leader)
            return rc;
    }
    packager_map(p, t, u, &s);
    rc = audio_params(p, t, &f, u, &s);
    if (rc <= 0)
        return rc;
    if (!cmaf_track_is_started(t->cmaf))
        cmaf_track_start(t->cmaf, sequence_at(p, s.pts_90k));
    if (cmaf_track_segment_bytes(t->cmaf) > p->options.segment_bytes)
        return -ENOBUFS;
    if (t != p->leader) {
        rc = follow(p, t, &s);
        if (!rc)
            rc = relieve_video(p, t, &s);
    } else {
        rc = cmaf_track_end_90k(t->cmaf) != INT64_MIN ? lead_audio(p, u, &s) : 0;
    }
    return rc ? rc : cmaf_track_push(t->cmaf, &s);
}

/* Audio that waited for the first picture, except what is long before it. */
int packager_replay_early(struct packager *p, uint64_t raw_from)
{
    int rc = 0;

    for (size_t i = 0; i < p->count && !rc; i++) {
        struct packaged_track *t = &p->tracks[i];
        struct packager_unit u = {.track = (uint32_t)i};

        while (t->early && !rc && early_next(t->early, &u.raw_pts, &u.wall_us, &u.data, &u.len)) {
            u.raw_dts = u.raw_pts;
            if (!p->options.goes_on && timeline_distance(raw_from, u.raw_pts) < -PACKAGER_LEAD_90K)
                p->early++;
            else
                rc = push_audio(p, t, &u);
        }
        p->early += t->early ? early_dropped(t->early) : 0;
        early_free(&t->early);
    }
    return rc;
}

int packager_take_audio(struct packager *p, struct packaged_track *t, const struct packager_unit *u)
{
    struct packaged_track *video = video_track(p);

    if (p->leader || !video)
        return push_audio(p, t, u);
    if (early_add(t->early, u->raw_pts, u->wall_us, u->data, u->len))
        return -ENOMEM;
    if (video->seen || early_span_90k(t->early) < PACKAGER_VIDEO_WAIT_90K)
        return 0;
    /* the program announces video that does not come: begin with what there is */
    return packager_replay_early(p, early_first(t->early));
}
