/* The video track of a feed: it leads, so its keyframes are where segments start. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager_state.h"

#include <errno.h>
#include <string.h>

/* Parameters at a random access point, when they are whole and new. 1: they changed; 0: the same;
 * -EAGAIN: not known yet; -EINVAL: cannot be carried. */
static int video_params(struct packaged_track *t, struct track_params *params)
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

/* Video comes (or comes back with new parameters) while something leads already. */
static int join_video(struct packager *p, struct packaged_track *t,
                      const struct cmaf_track_sample *s, const struct track_params *params)
{
    const struct segmenter_cut *c;
    int rc = cmaf_track_set_params(t->cmaf, params);

    if (rc)
        return rc;
    p->leader = t;
    c = segmenter_cut(&p->segmenter, s->pts_90k, packager_wall_of(p, s->pts_90k), s->random_access);
    cmaf_track_start(t->cmaf, c->sequence);
    return packager_force_laggards(p);
}

/* Video comes back after it had given the lead up: a segment of its own starts here. */
static int rejoin_video(struct packager *p, struct packaged_track *t,
                        const struct cmaf_track_sample *s, const struct track_params *changed)
{
    const struct segmenter_cut *c;
    int rc = 0;

    if (changed)
        p->segmenter.discontinuity = true;
    c = segmenter_cut(&p->segmenter, s->pts_90k, packager_wall_of(p, s->pts_90k), s->random_access);
    while (!rc && cmaf_track_sequence(t->cmaf) < c->sequence)
        rc = packager_close_behind(p, t->cmaf);
    p->leader = t;
    if (!rc && changed)
        rc = cmaf_track_set_params(t->cmaf, changed);
    if (!rc)
        rc = packager_force_laggards(p);
    return rc ? rc : cmaf_track_push(t->cmaf, s);
}

/* What an access unit says of itself. 1: its parameters are new and in *params. */
static int read_video(struct packaged_track *t, const struct packager_unit *u,
                      struct cmaf_track_sample *s, struct track_params *params)
{
    struct au_facts facts;
    int changed = 0;

    codec_au_facts(t->codec, u->nals, u->nal_count, &facts);
    if (facts.has_parameters || facts.random_access)
        codec_sets_take(t->sets, u->nals, u->nal_count);
    if (facts.keyint)
        t->keyint = facts.keyint;
    s->random_access = facts.random_access;
    s->leans_back = facts.leans_back;
    if (facts.random_access)
        changed = video_params(t, params);
    if (facts.random_access)
        t->unplayable = changed == -EINVAL;
    return changed == 1;
}

/* A sample of the leading video: cuts before it where one is due. */
static int lead_video(struct packager *p, struct packaged_track *t, const struct packager_unit *u,
                      const struct cmaf_track_sample *s, const struct track_params *changed)
{
    bool must_cut = s->random_access && (p->segmenter.discontinuity || changed);
    int rc = 0;

    if (changed)
        p->segmenter.discontinuity = true;
    if (must_cut && p->jumped)
        packager_anchor_wall(p, s->pts_90k, u->wall_us);
    if (cmaf_track_end_90k(t->cmaf) != INT64_MIN)
        rc = packager_lead(p, s, must_cut);
    if (!rc && changed)
        rc = cmaf_track_set_params(t->cmaf, changed);
    return rc ? rc : cmaf_track_push(t->cmaf, s);
}

int packager_take_video(struct packager *p, struct packaged_track *t, const struct packager_unit *u)
{
    struct cmaf_track_sample s = {.nals = u->nals, .nal_count = u->nal_count, .len = u->len};
    struct track_params params;
    bool changed = read_video(t, u, &s, &params), first = !p->leader;
    bool begins = !first || !p->options.joins || packager_join_at(p, u, changed), seamless = false;
    int rc = 0;

    if (packager_is_before(p, t, u)) {
        p->early++;
        return changed ? packager_await(t, &params) : 0;
    }
    if (t->awaited || (p->options.goes_on && first))
        seamless = packager_go_on(p, t, u, s.random_access, &params);
    changed = changed || seamless;
    if (!cmaf_track_is_started(t->cmaf))
        t->skip_leading = !seamless;
    else if (!s.random_access && !s.leans_back)
        t->skip_leading = false;
    if (((t->turned || !cmaf_track_is_started(t->cmaf)) && !changed) || !begins ||
        (s.leans_back && t->skip_leading)) {
        p->early++;
        return 0;
    }
    t->turned = false;
    if (t->unplayable) { /* what follows needs parameters that cannot be carried */
        p->unplayable++;
        return 0;
    }
    if (first) {
        rc = packager_start(p, t, u, &params, s.random_access);
        changed = false;
    }
    if (rc)
        return rc;
    packager_map(p, t, u, &s);
    if (!cmaf_track_is_started(t->cmaf)) {
        rc = join_video(p, t, &s, &params);
        return rc ? rc : cmaf_track_push(t->cmaf, &s);
    }
    if (p->leader != t)
        return rejoin_video(p, t, &s, changed ? &params : NULL);
    rc = lead_video(p, t, u, &s, changed ? &params : NULL);
    return rc || !first ? rc : packager_replay_early(p, u->raw_pts);
}
