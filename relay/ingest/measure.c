/* A few comparisons an access unit; everything else once a second. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/measure.h"

#include "codecs/h264.h"
#include "codecs/hevc.h"

#include <stdlib.h>

enum {
    JUMP_90K = 10 * 90000,  /* no step, but another clock */
    HURT_UNITS = 4,         /* of later turns: what was under way, and what stands behind it */
    SILENT_S = 2,           /* a track without an access unit for so long is not heard */
    LONG_AGO_90K = 1 << 30, /* earlier than any of the next pictures, on a clock of 32 bit */
    SEI_RECOVERY_POINT = 6, /* H.264 D.1.8 */
};

/* What of a picture matters here. */
struct picture {
    bool keyframe, open; /* open: there, or right behind it, something needs what came before */
    const struct nal *sps, *vps;
};

static struct measure_second *now_of(struct measure *m)
{
    return &m->seconds[m->at];
}

static uint32_t bounded(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void raise_to(uint32_t *most, uint32_t value)
{
    if (value > *most)
        *most = value;
}

/* The way from b to a on a clock of 33 bit. */
static int64_t distance_90k(uint64_t a, uint64_t b)
{
    return (int64_t)((a - b) << 31) >> 31;
}

/* D.2.8: recovery_frame_cnt 0 is an I picture that x264 writes in place of an IDR where GOPs are
 * open; more than 0 is what it writes for intra refresh, where no picture is a keyframe at all. */
static bool is_recovery_point(const struct nal *n)
{
    struct bits b;

    if (n->len < 4 || n->data[1] != SEI_RECOVERY_POINT)
        return false;
    bits_init_nal(&b, n->data + 3, n->len - 3);
    return bits_ue(&b) == 0 && !b.error;
}

static void look_h264(const struct access_unit *u, struct picture *p)
{
    bool recovery = false;

    for (size_t i = 0; i < u->nal_count; i++) {
        const struct nal *n = &u->nals[i];

        switch (n->len ? n->data[0] & 0x1f : 0) {
        case H264_NAL_IDR:
            p->keyframe = true;
            break;
        case H264_NAL_SPS:
            p->sps = n;
            break;
        case H264_NAL_SEI:
            recovery = recovery || is_recovery_point(n);
            break;
        default:
            break;
        }
    }
    p->open = recovery && !p->keyframe;
}

static void look_hevc(const struct access_unit *u, struct picture *p)
{
    for (size_t i = 0; i < u->nal_count; i++) {
        enum hevc_nal type = hevc_nal_type(&u->nals[i]);

        p->keyframe |= type >= HEVC_NAL_BLA_W_LP && type <= HEVC_NAL_CRA;
        p->open |= type == HEVC_NAL_RASL_N || type == HEVC_NAL_RASL_R;
        if (type == HEVC_NAL_SPS)
            p->sps = &u->nals[i];
        else if (type == HEVC_NAL_VPS)
            p->vps = &u->nals[i];
    }
}

static uint32_t fps_milli(uint32_t num, uint32_t den)
{
    uint64_t milli = den ? (uint64_t)num * 1000 / den : 0;

    return milli < UINT32_MAX ? (uint32_t)milli : 0;
}

static void read_h264(struct link_vitals *set, const struct picture *p)
{
    struct h264_sps sps;

    if (h264_sps_parse(p->sps, &sps))
        return;
    *set = (struct link_vitals){.codec = CODEC_H264,
                                .profile = sps.profile,
                                .level = sps.level,
                                .chroma_format = sps.chroma_format,
                                .bit_depth = sps.luma_depth,
                                .interlaced = sps.interlaced,
                                .width = sps.width,
                                .height = sps.height,
                                .declared_fps_milli = fps_milli(sps.vui.fps_num, sps.vui.fps_den)};
}

static void read_hevc(struct link_vitals *set, const struct picture *p)
{
    struct hevc_vps vps;
    struct hevc_sps sps;

    if (hevc_sps_parse(p->sps, &sps))
        return;
    *set = (struct link_vitals){.codec = CODEC_HEVC,
                                .profile = sps.ptl.profile,
                                .level = sps.ptl.level,
                                .chroma_format = sps.chroma_format,
                                .bit_depth = sps.luma_depth,
                                .interlaced = sps.interlaced || sps.vui.field_seq,
                                .width = sps.width,
                                .height = sps.height,
                                .declared_fps_milli = fps_milli(sps.vui.fps_num, sps.vui.fps_den)};
    if (!set->declared_fps_milli && p->vps && !hevc_vps_parse(p->vps, &vps))
        set->declared_fps_milli = fps_milli(vps.fps_num, vps.fps_den);
}

/* How many pictures were sent before this one and are shown after it, and how many in a row are
 * shown before one that was sent earlier. */
static void note_order(struct measure *m, uint32_t pts_90k)
{
    uint32_t later = 0;

    if (m->pictures == 0) /* nothing before it is of this clock */
        for (size_t i = 0; i < MEASURE_PICTURES; i++)
            m->pts_90k[i] = pts_90k - LONG_AGO_90K;
    for (size_t i = 0; i < MEASURE_PICTURES; i++)
        later += (int32_t)(m->pts_90k[i] - pts_90k) > 0;
    m->pts_90k[m->pictures++ % MEASURE_PICTURES] = pts_90k;
    m->b_run = later ? m->b_run + 1 : 0;
    raise_to(&now_of(m)->reorder, later);
    raise_to(&now_of(m)->b_frames, m->b_run);
}

static void note_gop(struct measure *m, const struct picture *p)
{
    if (!p->keyframe && m->gop_begun)
        return;
    if (p->keyframe && m->gop_known) {
        m->gop_last_90k = bounded((uint64_t)(m->clock_90k - m->keyframe_90k));
        raise_to(&now_of(m)->gop_longest_90k, m->gop_last_90k);
    }
    m->keyframe_90k = m->clock_90k; /* or where it could have been at the latest */
    m->gop_known = p->keyframe;
    m->gop_begun = true;
}

/* Returns how far the track went on; INT64_MIN where that is not known. */
static int64_t step(struct measure *m, const struct access_unit *u)
{
    int64_t by = distance_90k(u->raw_dts, m->tracks[u->track].dts);
    bool known = m->tracks[u->track].begun && llabs(by) < JUMP_90K;

    m->tracks[u->track].dts = u->raw_dts;
    m->tracks[u->track].begun = true;
    m->tracks[u->track].silent_s = 0;
    if (known && by <= 0)
        now_of(m)->dts_back++;
    return known ? by : INT64_MIN;
}

static void note_skew(struct measure *m, const struct access_unit *u)
{
    int64_t skew_90k;

    if (!m->tracks[1].begun || m->tracks[1].silent_s >= SILENT_S)
        return;
    skew_90k = distance_90k(m->tracks[1].dts, u->raw_dts);
    if (!m->skew_known || llabs(skew_90k) < llabs(m->skew_90k))
        m->skew_90k = skew_90k;
    m->skew_known = true;
}

static void take_picture(struct measure *m, enum codec_id codec, const struct access_unit *u,
                         int64_t by_90k)
{
    struct measure_second *now = now_of(m);
    struct picture p = {0};

    if (codec == CODEC_H264)
        look_h264(u, &p);
    else
        look_hevc(u, &p);
    if (p.sps && codec == CODEC_H264)
        read_h264(&m->set, &p);
    else if (p.sps)
        read_hevc(&m->set, &p);
    if (by_90k == INT64_MIN) {
        m->gop_begun = m->gop_known = false;
        m->pictures = m->b_run = 0;
    } else if (by_90k > 0) {
        m->clock_90k += by_90k;
        now->frames++;
        now->advance_90k += (uint32_t)by_90k;
    }
    if (p.keyframe)
        m->gop_open = false;
    now->open_gops += p.open && !m->gop_open;
    m->gop_open = m->gop_open || (p.open && codec == CODEC_HEVC); /* it has several RASL pictures */
    note_gop(m, &p);
    note_order(m, (uint32_t)m->clock_90k + (uint32_t)(u->raw_pts - u->raw_dts));
    note_skew(m, u);
}

/* A loss is known before what came ahead of it, in the same turn, is given out. */
static bool may_be_hurt(struct measure *m, uint32_t track, uint64_t damage, int64_t now_us)
{
    if (m->tracks[track].damage != damage) {
        m->tracks[track].damage = damage;
        m->tracks[track].damage_us = now_us;
        m->tracks[track].hurt = HURT_UNITS;
    }
    if (m->tracks[track].hurt > 0 && m->tracks[track].damage_us != now_us) {
        m->tracks[track].hurt--;
        return true;
    }
    return m->tracks[track].hurt > 0;
}

static uint32_t missing_before(struct measure *m, uint32_t track, int64_t by_90k, bool hurt)
{
    uint32_t *last = m->tracks[track].usual_90k;
    int64_t usual = last[0] > last[1] ? last[0] : last[1];

    if (by_90k > 0 && !hurt) {
        last[1] = last[0];
        last[0] = (uint32_t)by_90k;
    }
    if (!hurt || usual == 0 || by_90k <= usual)
        return 0;
    return (uint32_t)((by_90k + usual / 2) / usual) - 1;
}

uint32_t measure_unit(struct measure *m, const struct ts_layout *l, const struct access_unit *u,
                      uint64_t damage, int64_t now_us)
{
    int64_t by_90k;

    if (u->track >= l->count)
        return 0;
    if (m->watched_s == 0)
        m->watched_s = 1;
    by_90k = step(m, u);
    if (codec_kind(l->tracks[u->track].codec) == CODEC_KIND_VIDEO)
        take_picture(m, l->tracks[u->track].codec, u, by_90k);
    return missing_before(m, u->track, by_90k, may_be_hurt(m, u->track, damage, now_us));
}

/* What the connection counted since the second before. Quiet seconds add to the one that lasts. */
static void note_counts(struct measure *m, const struct link_feed_stats *s)
{
    struct measure_second *now = now_of(m);
    const struct link_feed_stats *was = &m->before;

    if (m->begun) {
        now->bytes += s->bytes - was->bytes;
        now->packets += s->packets - was->packets;
        now->lost += s->lost - was->lost;
        now->retransmitted += s->retransmitted - was->retransmitted;
        now->dropped += s->dropped - was->dropped;
        now->ts_errors += s->ts_errors - was->ts_errors;
    }
    m->begun = true;
    m->before = *s;
}

static void fold(const struct measure *m, struct measure_second *sum)
{
    *sum = (struct measure_second){0};
    for (size_t i = 0; i < LINK_VITALS_S; i++) {
        const struct measure_second *s = &m->seconds[i];

        sum->bytes += s->bytes;
        sum->packets += s->packets;
        sum->lost += s->lost;
        sum->retransmitted += s->retransmitted;
        sum->dropped += s->dropped;
        sum->ts_errors += s->ts_errors;
        sum->frames += s->frames;
        sum->advance_90k += s->advance_90k;
        sum->open_gops += s->open_gops;
        sum->dts_back += s->dts_back;
        sum->pcrs += s->pcrs;
        raise_to(&sum->gop_longest_90k, s->gop_longest_90k);
        raise_to(&sum->reorder, s->reorder);
        raise_to(&sum->b_frames, s->b_frames);
        raise_to(&sum->pcr_longest_90k, s->pcr_longest_90k);
    }
}

static void tell_tracks(const struct measure *m, const struct ts_layout *l, struct link_vitals *out)
{
    for (size_t i = 0; i < l->count; i++) {
        bool video = codec_kind(l->tracks[i].codec) == CODEC_KIND_VIDEO;
        bool heard = m->tracks[i].begun && m->tracks[i].silent_s < SILENT_S;

        *(video ? &out->has_video : &out->audio_tracks) += 1;
        *(video ? &out->video_heard : &out->audio_heard) += heard;
    }
    out->skew_known = m->skew_known && out->has_video && out->audio_tracks > 0;
    out->skew_ms = out->skew_known ? (int32_t)(m->skew_90k / 90) : 0;
}

static void tell(const struct measure *m, const struct ts_layout *l, struct link_vitals *out)
{
    struct measure_second sum;
    uint32_t span_s = m->watched_s < LINK_VITALS_S ? m->watched_s : LINK_VITALS_S;
    uint32_t open_90k = m->gop_begun ? bounded((uint64_t)(m->clock_90k - m->keyframe_90k)) : 0;

    fold(m, &sum);
    raise_to(&sum.gop_longest_90k, m->gop_last_90k);
    raise_to(&sum.gop_longest_90k, open_90k);
    *out = m->set;
    tell_tracks(m, l, out);
    out->watched_s = m->watched_s;
    out->bitrate_bps = sum.bytes * 8 / span_s;
    out->gop_last_ms = m->gop_last_90k / 90;
    out->gop_longest_ms = sum.gop_longest_90k / 90;
    out->open_gops = sum.open_gops;
    out->reorder = sum.reorder;
    out->b_frames = sum.b_frames;
    out->fps_milli =
        sum.advance_90k ? bounded((uint64_t)sum.frames * 90000 * 1000 / sum.advance_90k) : 0;
    out->dts_back = sum.dts_back;
    out->pcrs = sum.pcrs;
    out->pcr_longest_ms = sum.pcr_longest_90k / 90;
    out->ts_errors = bounded(sum.ts_errors);
    out->packets = bounded(sum.packets);
    out->lost = bounded(sum.lost);
    out->retransmitted = bounded(sum.retransmitted);
    out->dropped = bounded(sum.dropped);
}

/* The next second begins. */
static void turn(struct measure *m)
{
    m->at = (m->at + 1) % LINK_VITALS_S;
    m->seconds[m->at] = (struct measure_second){0};
    m->skew_known = false;
    m->watched_s++;
    for (size_t i = 0; i < TS_TRACKS_MAX; i++)
        m->tracks[i].silent_s++;
}

void measure_second(struct measure *m, const struct ts_layout *l, const struct link_feed_stats *s,
                    struct ts_clock *clock, struct link_vitals *out)
{
    bool quiet = m->begun && s->packets == m->before.packets;

    now_of(m)->pcrs += clock->count;
    raise_to(&now_of(m)->pcr_longest_90k, clock->longest_90k);
    clock->count = clock->longest_90k = 0;
    note_counts(m, s);
    *out = (struct link_vitals){0};
    if (m->watched_s == 0)
        return;
    tell(m, l, out);
    if (!quiet)
        turn(m);
}
