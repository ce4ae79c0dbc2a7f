/* Two lanes of access units become one transport stream, cut where the leading lane is. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/ts_track.h"

#include "relay/package/segment.h"
#include "relay/package/ts_mux.h"
#include "relay/package/ts_payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INIT_ID = 1, USUAL_RATE = 48000 };

struct unit {
    struct unit *next;
    uint64_t sequence;
    int64_t pts, dts, duration; /* all times of this file count 1/90000 s */
    bool random_access, leans_back;
    size_t len;
    uint8_t data[];
};

struct lane {
    enum codec_id codec;        /* CODEC_NONE: no such lane */
    struct track_params params; /* of its first unit */
    struct unit *head, *newest;
    int64_t end;  /* of its newest unit; INT64_MIN: none yet */
    int64_t last; /* DTS of the newest one muxed */
    bool live;    /* it is waited for */
};

struct ts_track {
    uint32_t track;
    struct ts_track_out out;
    struct lane video, audio;
    size_t held; /* bytes in both lanes */
    uint8_t counters[LINK_TS_PIDS];
    struct ts_mux *mux;
    struct segment *segment; /* NULL until its first unit */
    struct cmaf_track_segment info;
    int64_t end;        /* of the open segment's media, as far as it is written */
    int64_t closed_90k; /* where the segment before it ended */
    bool led;           /* the leading lane is in the open segment */
};

static void lane_init(struct lane *l, enum codec_id codec)
{
    l->codec = codec;
    l->live = codec != CODEC_NONE;
    l->end = l->last = INT64_MIN;
}

int ts_track_new(struct ts_track **out, uint32_t track, enum codec_id video, enum codec_id audio,
                 const uint8_t counters[static LINK_TS_PIDS], const struct ts_track_out *cb)
{
    struct ts_track *t = calloc(1, sizeof(*t));

    *out = t;
    if (!t)
        return -ENOMEM;
    t->track = track;
    t->out = *cb;
    lane_init(&t->video, video);
    lane_init(&t->audio, audio);
    memcpy(t->counters, counters, LINK_TS_PIDS);
    return 0;
}

static struct unit *take_head(struct ts_track *t, struct lane *l)
{
    struct unit *u = l->head;

    l->head = u->next;
    t->held -= u->len;
    return u;
}

static void lane_fini(struct ts_track *t, struct lane *l)
{
    while (l->head)
        free(take_head(t, l));
}

void ts_track_free(struct ts_track **t)
{
    if (!*t)
        return;
    lane_fini(*t, &(*t)->video);
    lane_fini(*t, &(*t)->audio);
    ts_mux_free(&(*t)->mux);
    segment_free(&(*t)->segment);
    free(*t);
    *t = NULL;
}

static int on_packets(void *ctx, const uint8_t *packets, size_t len)
{
    struct ts_track *t = ctx;

    return segment_append(t->segment, packets, len);
}

static bool leads(const struct ts_track *t, const struct lane *l)
{
    return l == &t->video || !t->video.live;
}

/* What the stream holds is settled by the program, so that its tables never change; the muxer
 * starts with the first unit because MPEG audio's stream type depends on a frame. */
static int open_mux(struct ts_track *t, const struct lane *first)
{
    uint32_t rate = t->audio.params.sample_rate ? t->audio.params.sample_rate : USUAL_RATE;
    int rc = ts_mux_new(&t->mux, t->video.codec, t->audio.codec, rate, t->counters, on_packets, t);

    if (!rc)
        t->out.begin(t->out.ctx, t->video.params.codec ? &t->video.params : &first->params);
    return rc;
}

/* Segments follow each other, also where what leads in the new one is behind what led before. */
static int64_t not_before(const struct ts_track *t, int64_t dts)
{
    return dts > t->closed_90k ? dts : t->closed_90k;
}

static int open_segment(struct ts_track *t, const struct lane *l, const struct unit *u)
{
    int rc = t->mux ? 0 : open_mux(t, l);

    if (!rc)
        rc = segment_new(&t->segment, "roomcast-ts");
    if (rc)
        return rc;
    ts_mux_begin(t->mux);
    t->info = (struct cmaf_track_segment){.track = t->track,
                                          .init_id = INIT_ID,
                                          .sequence = u->sequence,
                                          .start_90k = not_before(t, u->dts),
                                          .present_90k = not_before(t, u->pts),
                                          .independent = u->random_access};
    t->end = t->info.start_90k + u->duration;
    t->led = false;
    return 0;
}

/* Ends the open segment where the next one begins; not after a hole that no player would wait for:
 * then with its media. */
static int close_segment(struct ts_track *t, int64_t next)
{
    int rc = ts_mux_flush(t->mux), fd;

    if (rc)
        return rc;
    if (next - t->end > TS_WAIT_90K || next <= t->info.start_90k)
        next = t->end;
    t->info.duration_90k = next - t->info.start_90k;
    t->closed_90k = next;
    t->info.bytes = (uint32_t)segment_bytes(t->segment);
    ts_mux_counters(t->mux, t->counters);
    fd = segment_finish(&t->segment);
    if (fd < 0)
        return fd;
    t->out.segment(t->out.ctx, &t->info, t->counters, fd);
    return 0;
}

/* The segment is as long, and begins, as what leads in it. */
static void note_lead(struct ts_track *t, const struct unit *u)
{
    if (!t->led) {
        t->info.sequence = u->sequence;
        t->info.start_90k = not_before(t, u->dts);
        t->info.present_90k = not_before(t, u->pts);
        t->info.independent = u->random_access;
        t->led = true;
    }
    t->info.independent = t->info.independent && !u->leans_back;
    /* video that takes the lead over from sound may be behind it: a segment never shrinks */
    if (not_before(t, u->dts) + u->duration > t->end)
        t->end = not_before(t, u->dts) + u->duration;
}

static int mux_unit(struct ts_track *t, struct lane *l, const struct unit *u)
{
    struct ts_mux_unit k = {.data = u->data,
                            .len = u->len,
                            .pts_90k = u->pts,
                            .dts_90k = u->dts > l->last ? u->dts : l->last + 1,
                            .video = l == &t->video,
                            .sync = u->random_access};
    bool lead = leads(t, l);
    int rc = 0;

    if (k.pts_90k < k.dts_90k)
        k.pts_90k = k.dts_90k;
    if (t->segment && lead && t->led && u->sequence > t->info.sequence)
        rc = close_segment(t, k.dts_90k);
    if (!rc && !t->segment)
        rc = open_segment(t, l, u);
    if (rc)
        return rc;
    if (lead)
        note_lead(t, u);
    l->last = k.dts_90k;
    rc = ts_mux_write(t->mux, &k);
    if (rc == -EINVAL) /* one unit less, not one room less */
        return 0;
    t->info.samples += !rc;
    return rc;
}

/* The lane whose turn it is; NULL: something may still come that goes first. */
static struct lane *next_lane(struct ts_track *t, bool all)
{
    struct lane *l = t->video.head ? &t->video : &t->audio;
    struct lane *other = l == &t->video ? &t->audio : &t->video;

    if (!l->head)
        return NULL;
    if (other->head)
        return other->head->dts < l->head->dts ? other : l;
    if (all || !other->live || (other->end != INT64_MIN && other->end > l->head->dts))
        return l;
    if (l->end - l->head->dts <= TS_WAIT_90K && t->held <= TS_HELD_BYTES)
        return NULL;
    other->live = false;
    return l;
}

static int drain(struct ts_track *t, bool all)
{
    struct lane *l;
    int rc = 0;

    while (!rc && (l = next_lane(t, all)) != NULL) {
        struct unit *u = take_head(t, l);

        rc = mux_unit(t, l, u);
        free(u);
    }
    return rc;
}

static void append(struct ts_track *t, struct lane *l, struct unit *u)
{
    if (l->head)
        l->newest->next = u;
    else
        l->head = u;
    l->newest = u;
    l->end = u->dts + u->duration;
    l->live = true;
    t->held += u->len;
}

int ts_track_push(struct ts_track *t, const struct track_params *p,
                  const struct cmaf_track_written *s)
{
    struct lane *l = codec_kind(p->codec) == CODEC_KIND_VIDEO ? &t->video : &t->audio;
    struct unit *u = malloc(sizeof(*u) + s->len + TS_PAYLOAD_MORE), *fitting;

    if (!u)
        return -ENOMEM;
    *u = (struct unit){.sequence = s->sequence,
                       .pts = s->pts_90k,
                       .dts = s->dts_90k,
                       .duration = s->duration_90k,
                       .random_access = s->random_access,
                       .leans_back = s->leans_back};
    if (l->params.codec == CODEC_NONE)
        l->params = *p;
    if (ts_payload_write(p, s->data, s->len, s->random_access, u->data, &u->len)) {
        free(u); /* MP4 can say what ADTS cannot */
        return 0;
    }
    fitting = realloc(u, sizeof(*u) + u->len);
    if (fitting)
        u = fitting;
    append(t, l, u);
    return drain(t, false);
}

int ts_track_finish(struct ts_track *t)
{
    int rc = drain(t, true);

    return !rc && t->segment ? close_segment(t, t->end) : rc;
}
