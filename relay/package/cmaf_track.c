/* Samples to segments for one track. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/cmaf_track.h"

#include "relay/package/fmp4.h"
#include "relay/package/held_sample.h"
#include "relay/package/part_length.h"
#include "relay/package/segment.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    INIT_MAX = CODEC_CONFIG_MAX + 4096,
    LANGUAGE_MAX = 12,
    STEADY_FRAMES = 8,
};

struct cmaf_track {
    uint32_t track, init_id;
    char language[LANGUAGE_MAX];
    struct cmaf_track_out out;
    struct track_params params;
    bool has_params, started;
    struct fmp4 *muxer;
    uint32_t timescale;
    int64_t part,
        even; /* longest part, and one that is full too (part_length.h), in its timescale */
    int64_t part_90k, wait_from_90k; /* INT64_MAX: full parts never wait */
    struct held_sample held;
    int64_t last_duration, expected; /* in the track's timescale */
    struct segment *segment;         /* NULL until its first sample is written */
    struct cmaf_track_segment info;
    struct open_part { /* what the muxer holds: samples of the part that is not closed yet */
        int64_t start, present_90k;
        uint32_t index, offset, samples, bytes;
        bool independent;
    } open;
    uint32_t first_bytes; /* of the segment's first sample when it is an IDR; else 0 */
    uint64_t written, refused;
};

int cmaf_track_new(struct cmaf_track **out, uint32_t track, const char *language, int64_t part_90k,
                   const struct cmaf_track_out *cb)
{
    struct cmaf_track *r = calloc(1, sizeof(*r));

    *out = r;
    if (!r)
        return -ENOMEM;
    r->track = track;
    r->expected = INT64_MIN;
    r->timescale = 90000; /* until its parameters say another one */
    strncpy(r->language, language, sizeof(r->language) - 1);
    r->part_90k = part_90k;
    r->wait_from_90k = INT64_MAX;
    r->out = *cb;
    return 0;
}

void cmaf_track_wait_from(struct cmaf_track *r, int64_t from_90k)
{
    r->wait_from_90k = from_90k;
}

void cmaf_track_free(struct cmaf_track **r)
{
    if (!*r)
        return;
    fmp4_free(&(*r)->muxer);
    segment_free(&(*r)->segment);
    held_sample_fini(&(*r)->held);
    free(*r);
    *r = NULL;
}

static int64_t to_90k(const struct cmaf_track *r, int64_t t)
{
    int64_t half = r->timescale / 2;

    return r->timescale == 90000 ? t : (t * 90000 + half) / r->timescale;
}

static int64_t from_90k(const struct cmaf_track *r, int64_t t)
{
    return r->timescale == 90000 ? t : (t * r->timescale + 45000) / 90000;
}

static int on_fragment(void *ctx, const uint8_t *bytes, size_t len)
{
    struct cmaf_track *r = ctx;

    if (segment_bytes(r->segment) == 0)
        r->info.iframe_bytes = fmp4_iframe_bytes(bytes, len, r->first_bytes);
    return segment_append(r->segment, bytes, len);
}

int cmaf_track_set_params(struct cmaf_track *r, const struct track_params *p)
{
    uint8_t init[INIT_MAX];
    struct segment *file;
    size_t len;
    int rc, fd;

    assert(!r->segment && !r->held.full);
    fmp4_free(&r->muxer);
    rc = fmp4_new(&r->muxer, p, r->language, init, sizeof(init), &len, on_fragment, r);
    if (rc)
        return rc;
    if (r->out.number)
        fmp4_number(r->muxer, r->out.number);
    r->params = *p;
    r->has_params = true;
    r->timescale = fmp4_timescale(r->muxer);
    r->part = r->even = from_90k(r, r->part_90k);
    r->expected = INT64_MIN;
    rc = segment_new(&file, "roomcast-init");
    if (rc)
        return rc;
    segment_append(file, init, len);
    fd = segment_finish(&file);
    if (fd < 0)
        return fd;
    r->init_id++;
    r->out.track(r->out.ctx, r->track, r->init_id, p, (uint32_t)len, fd);
    return 0;
}

const struct track_params *cmaf_track_params(const struct cmaf_track *r)
{
    return r->has_params ? &r->params : NULL;
}

static int open_segment(struct cmaf_track *r)
{
    const struct held_sample *h = &r->held;
    int rc = segment_new(&r->segment, "roomcast-segment");

    if (rc)
        return rc;
    r->info.track = r->track;
    r->info.init_id = r->init_id;
    r->info.start_90k = to_90k(r, h->dts);
    r->info.present_90k = to_90k(r, h->pts);
    r->info.samples = 0;
    r->info.independent = h->random_access;
    r->info.gap = false;
    r->info.parts = r->info.iframe_bytes = 0;
    r->first_bytes = h->random_access ? (uint32_t)h->len : 0;
    r->open = (struct open_part){.start = h->dts};
    return 0;
}

static int give_part(struct cmaf_track *r, int64_t end, bool last)
{
    const struct open_part *o = &r->open;
    struct cmaf_track_part part = {.track = r->track,
                                   .init_id = r->init_id,
                                   .part = o->index,
                                   .offset = o->offset,
                                   .bytes = (uint32_t)segment_bytes(r->segment) - o->offset,
                                   .samples = o->samples,
                                   .sequence = r->info.sequence,
                                   .start_90k = to_90k(r, o->start),
                                   .duration_90k = to_90k(r, end) - to_90k(r, o->start),
                                   .present_90k = o->present_90k,
                                   .independent = o->independent,
                                   .last = last};
    int fd = -1;

    if (!r->out.part)
        return 0;
    if (part.part == 0 && (fd = segment_share(r->segment)) < 0)
        return fd;
    r->out.part(r->out.ctx, &part, fd);
    r->info.parts++;
    return 0;
}

/* Closes the open part, whose media ends at `end` in the track's timescale. */
static int close_part(struct cmaf_track *r, int64_t end, bool last)
{
    int rc = fmp4_flush(r->muxer);

    if (!rc && r->open.samples)
        rc = give_part(r, end, last);
    r->open = (struct open_part){.start = end,
                                 .index = r->open.index + (r->open.samples > 0),
                                 .offset = (uint32_t)segment_bytes(r->segment)};
    return rc;
}

/* draft-pantos-hls-rfc8216bis section 4.4.4.9: a part is never longer than PART-TARGET, and 85 % of
 * it at least. The next sample will most likely be as long as the last one: where it would not
 * fit any more there is no reason to wait for it. */
static bool part_is_full(const struct cmaf_track *r)
{
    int64_t length = r->expected - r->open.start;

    return length * 100 >= r->part * 85 &&
           (length + r->last_duration > r->part || length >= r->even);
}

/* Where a part is a range of its segment the hint names the segment too (section 4.4.5.3), so the
 * last part of one must not be out before that is known to be over. */
static bool part_waits(const struct cmaf_track *r)
{
    return to_90k(r, r->expected) >= r->wait_from_90k;
}

/* A sample whose segment and duration are settled, for who muxes the track a second time. */
static int give_sample(struct cmaf_track *r, int64_t duration)
{
    const struct held_sample *h = &r->held;
    struct cmaf_track_written w = {.data = h->data,
                                   .len = h->len,
                                   .sequence = r->info.sequence,
                                   .pts_90k = to_90k(r, h->pts),
                                   .dts_90k = to_90k(r, h->dts),
                                   .random_access = h->random_access,
                                   .leans_back = h->leans_back};

    w.duration_90k = to_90k(r, h->dts + duration) - w.dts_90k;
    return r->out.sample ? r->out.sample(r->out.ctx, r->track, &w) : 0;
}

/* Muxes the held sample, which lasts `duration`. */
static int write_held(struct cmaf_track *r, int64_t duration)
{
    struct held_sample *h = &r->held;
    struct fmp4_sample s = {.data = h->data,
                            .len = h->len,
                            .pts = h->pts,
                            .dts = h->dts,
                            .duration = duration,
                            .sync = h->random_access};
    int rc = r->segment ? 0 : open_segment(r);

    if (!rc && r->open.samples && h->dts + duration - r->open.start > r->part)
        rc = close_part(r, h->dts, false);
    if (!rc)
        rc = fmp4_write(r->muxer, &s);
    h->full = false;
    if (rc == -EINVAL) { /* one sample less, not one room less */
        r->refused++;
        if (r->info.samples == 0) /* the segment begins with the next one */
            segment_free(&r->segment);
        return 0;
    }
    if (rc)
        return rc;
    if (r->open.samples++ == 0)
        r->open.present_90k = to_90k(r, h->pts);
    r->open.bytes += (uint32_t)h->len;
    r->open.independent = r->open.independent || h->random_access;
    r->info.samples++;
    r->info.independent = r->info.independent && !h->leans_back;
    r->written++;
    r->last_duration = duration;
    r->expected = h->dts + duration;
    rc = give_sample(r, duration);
    h->len = 0;
    return !rc && part_is_full(r) && !part_waits(r) ? close_part(r, r->expected, false) : rc;
}

/* The sample's time in the track's timescale. A 90 kHz timestamp of a 44.1 kHz frame is rounded:
 * one sample off the expected place is that rounding, not a hole. */
static int64_t place(const struct cmaf_track *r, int64_t t_90k)
{
    int64_t t = from_90k(r, t_90k),
            expected = r->held.full ? r->held.dts + r->last_duration : r->expected;

    if (r->timescale == 90000 || expected == INT64_MIN || r->last_duration == 0)
        return t;
    return t >= expected - 1 && t <= expected + 1 ? expected : t;
}

int cmaf_track_push(struct cmaf_track *r, const struct cmaf_track_sample *s)
{
    struct held_sample *h = &r->held;
    int64_t dts = place(r, s->dts_90k);
    int rc = 0;

    assert(r->has_params && r->started);
    if (h->full) {
        if (dts <= h->dts)
            dts = h->dts + 1;
        rc = write_held(r, dts - h->dts);
    } else if (r->expected != INT64_MIN && dts < r->expected) {
        dts = r->expected; /* the muxer was told that the last sample lasts until here */
    }
    if (!rc)
        rc = s->nals ? held_sample_nals(h, s->nals, s->nal_count)
                     : held_sample_bytes(h, s->data, s->len);
    if (rc)
        return rc;
    h->steady = dts == h->dts + r->params.frame_samples ? h->steady + 1 : 0;
    h->dts = dts;
    h->pts = s->nals ? s->pts_90k : dts;
    if (h->pts < h->dts)
        h->pts = h->dts;
    h->random_access = s->random_access;
    h->leans_back = s->leans_back;
    h->full = true;
    if (r->last_duration == 0 && !s->nals)
        r->last_duration = r->params.frame_samples;
    return 0;
}

bool cmaf_track_holds(const struct cmaf_track *r)
{
    return r->held.full;
}

int cmaf_track_release(struct cmaf_track *r, int64_t next_90k)
{
    int64_t next = place(r, next_90k);

    assert(r->held.full);
    return next > r->held.dts ? write_held(r, next - r->held.dts) : 0;
}

int cmaf_track_release_frame(struct cmaf_track *r)
{
    assert(r->held.full);
    if (r->held.steady < STEADY_FRAMES)
        return 0;
    return write_held(r, r->params.frame_samples);
}

/* Seals the open segment, whose media ends at `end` in the track's timescale. */
static int close_segment(struct cmaf_track *r, int64_t end)
{
    int rc, fd;

    /* what was given out as parts stays as long as it was said to be, what waits as long as it is
     */
    if (r->open.samples ? part_is_full(r) && part_waits(r) : r->info.parts > 0)
        end = r->expected;
    rc = r->open.samples ? close_part(r, end, true) : 0;
    if (rc)
        return rc;
    if (r->info.samples == 0) {
        segment_free(&r->segment);
        return 0;
    }
    r->even = part_length_even(r->part, end - from_90k(r, r->info.start_90k), r->info.samples);
    r->info.bytes = (uint32_t)segment_bytes(r->segment);
    r->info.duration_90k = to_90k(r, end) - r->info.start_90k;
    fd = segment_finish(&r->segment);
    if (fd < 0)
        return fd;
    r->out.segment(r->out.ctx, &r->info, fd);
    return 0;
}

void cmaf_track_gap(struct cmaf_track *r, int64_t start_90k, int64_t duration_90k)
{
    struct cmaf_track_segment gap = {.track = r->track,
                                     .init_id = r->init_id,
                                     .sequence = r->info.sequence,
                                     .start_90k = start_90k,
                                     .present_90k = start_90k,
                                     .duration_90k = duration_90k,
                                     .independent = true,
                                     .gap = true};

    assert(!r->segment && !r->held.full);
    r->out.segment(r->out.ctx, &gap, -1);
    r->info.sequence++;
}

int cmaf_track_cut_before_held(struct cmaf_track *r, uint64_t sequence)
{
    int rc = r->segment ? close_segment(r, r->held.dts) : 0;

    r->info.sequence = sequence;
    return rc;
}

/* A hole before the next sample belongs to the segment that it ends. */
static int64_t end_before(const struct cmaf_track *r, int64_t next_90k)
{
    int64_t next = place(r, next_90k);

    return next > r->expected ? next : r->expected;
}

int cmaf_track_cut(struct cmaf_track *r, uint64_t sequence, int64_t next_90k)
{
    int rc = 0;

    if (r->held.full) {
        int64_t next = place(r, next_90k);

        rc = write_held(r, next > r->held.dts ? next - r->held.dts : 1);
    }
    if (!rc && r->segment)
        rc = close_segment(r, end_before(r, next_90k));
    r->info.sequence = sequence;
    return rc;
}

void cmaf_track_start(struct cmaf_track *r, uint64_t sequence)
{
    assert(!r->segment && !r->held.full);
    r->started = true;
    r->info.sequence = sequence;
}

/* How long the held sample lasts when nothing is known to follow it. A frame of sound says it; the
 * one before it may have lasted through a hole. */
static int64_t lonely_duration(const struct cmaf_track *r)
{
    if (r->params.frame_samples)
        return r->params.frame_samples;
    return r->last_duration > 0 ? r->last_duration : 3000;
}

int cmaf_track_finish(struct cmaf_track *r)
{
    int rc = 0;

    if (r->held.full)
        rc = write_held(r, lonely_duration(r));
    if (!rc && r->segment)
        rc = close_segment(r, r->expected);
    return rc;
}

int cmaf_track_drop_splinter(struct cmaf_track *r)
{
    int rc = 0;

    if (!r->segment || r->open.index == 0) /* a part that begins a segment may be short */
        return 0;
    if (r->open.samples && part_is_full(r))
        rc = close_part(r, r->expected, false);
    if (r->open.samples)
        r->expected = r->open.start;
    r->info.samples -= r->open.samples;
    r->open.samples = r->open.bytes = 0;
    r->held.full = false;
    r->held.len = 0;
    return rc;
}

bool cmaf_track_is_started(const struct cmaf_track *r)
{
    return r->started;
}

bool cmaf_track_is_empty(const struct cmaf_track *r)
{
    return !r->segment && !r->held.full;
}

uint32_t cmaf_track_segment_samples(const struct cmaf_track *r)
{
    return (r->segment ? r->info.samples : 0) + (r->held.full ? 1 : 0);
}

uint64_t cmaf_track_sequence(const struct cmaf_track *r)
{
    return r->info.sequence;
}

int64_t cmaf_track_segment_start_90k(const struct cmaf_track *r)
{
    return r->segment ? r->info.start_90k : to_90k(r, r->held.dts);
}

int64_t cmaf_track_held_90k(const struct cmaf_track *r)
{
    return to_90k(r, r->held.dts);
}

int64_t cmaf_track_held_pts_90k(const struct cmaf_track *r)
{
    return to_90k(r, r->held.pts);
}

int64_t cmaf_track_end_90k(const struct cmaf_track *r)
{
    if (r->held.full)
        return to_90k(r, r->held.dts + (r->last_duration > 0 ? r->last_duration : 1));
    return r->expected == INT64_MIN ? INT64_MIN : to_90k(r, r->expected);
}

uint64_t cmaf_track_segment_bytes(const struct cmaf_track *r)
{
    return (r->segment ? segment_bytes(r->segment) + r->open.bytes : 0) + r->held.len;
}

uint64_t cmaf_track_written(const struct cmaf_track *r)
{
    return r->written;
}
