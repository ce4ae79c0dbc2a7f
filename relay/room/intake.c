/* A segment's way from a worker's message into the room's presentation: checked, numbered, listed.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/room/intake.h"

#include "relay/base/log.h"
#include "relay/room/budget.h"
#include "relay/room/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t longest_90k = INT64_C(3600) * 90000;    /* no segment lasts an hour */
static const int64_t furthest_90k = INT64_C(1) << 52;        /* 1,500 years on the timeline */
static const int64_t most_reorder_90k = INT64_C(30) * 90000; /* between DTS and PTS */
static const int64_t capture_off_us = INT64_C(3600000000);   /* a capture time is not believed
                                                                when an hour from our clock */

static bool has_bytes(int fd, uint32_t bytes)
{
    struct stat st;
    return fd >= 0 && bytes > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size >= bytes;
}

static const char *fault_of(const struct intake *in, const struct link_message *m, int fd)
{
    uint32_t track = m->u.segment.track;
    if (track >= LINK_TRACKS_MAX || !in->session->tracks[track].rendition)
        return "a track that was not announced";
    if (m->u.segment.duration_90k <= 0 || m->u.segment.duration_90k > longest_90k)
        return "an impossible duration";
    if (m->u.segment.start_90k < 0 || m->u.segment.start_90k > furthest_90k)
        return "an impossible time";
    if (m->u.segment.gap)
        return NULL;
    if (!session_find_init(in->session, track, m->u.segment.init_id))
        return "an init segment that was not announced";
    if (!has_bytes(fd, m->u.segment.bytes))
        return "no bytes";
    return NULL;
}

/* Rule 13: the first segment fixes TARGETDURATION for the room's life. */
static void freeze_target(const struct intake *in, const struct link_message *m)
{
    struct presentation *p = in->presentation;
    if (p->target_duration_s > 0)
        return;
    uint32_t wanted = m->u.segment.target_duration_s, most = in->config->hls.max_target_duration_s;
    uint32_t need = (uint32_t)((m->u.segment.duration_90k + 45000) / 90000);
    wanted = wanted > most ? most : wanted;
    p->target_duration_s = wanted > need ? wanted : need;
    p->target_duration_s = p->target_duration_s > 0 ? p->target_duration_s : 1;
    if (p->target_duration_s > wanted)
        log_error(in->ctx, "target_duration_raised to=%" PRIu32 " asked=%" PRIu32,
                  p->target_duration_s, m->u.segment.target_duration_s);
}

/* The ETag of a segment: no other content of this festival has the same names and numbers. */
static int wrap_bytes(const struct intake *in, const struct link_message *m, uint64_t msn, int fd,
                      struct blob **out)
{
    char names[256], etag[24];
    const struct rendition *r = in->session->tracks[m->u.segment.track].rendition;
    int len = snprintf(names, sizeof(names), "%s/%s/%" PRIu64 "/%" PRIu64 "/%" PRId64, in->room,
                       r->name, msn, m->feed, in->session->opened_wall_us);
    snprintf(etag, sizeof(etag), "\"%016" PRIx64 "\"", digest(names, (size_t)len));
    return blob_new(out, fd, m->u.segment.bytes, etag);
}

/* PTS is at or a few frames behind DTS; what is not is not believed. */
static int64_t present_of(const struct link_message *m)
{
    int64_t start_90k = m->u.segment.start_90k, present_90k = m->u.segment.present_90k;
    bool sane = present_90k >= start_90k && present_90k - start_90k <= most_reorder_90k;
    return sane ? present_90k : start_90k;
}

static int64_t capture_of(const struct link_message *m, int64_t wall_us)
{
    int64_t capture_us = m->u.segment.capture_wall_us;
    bool sane = capture_us > wall_us - capture_off_us && capture_us < wall_us + capture_off_us;
    return sane ? capture_us : wall_us - ticks_to_us(m->u.segment.duration_90k);
}

static int list(const struct intake *in, const struct link_message *m, struct blob *blob,
                uint64_t msn, int64_t now_us, int64_t wall_us)
{
    uint32_t track = m->u.segment.track;
    struct rendition *r = in->session->tracks[track].rendition;
    const struct session_init *init = session_find_init(in->session, track, m->u.segment.init_id);
    struct arrival a = {
        .msn = msn,
        .start_90k = m->u.segment.start_90k,
        .duration_90k = m->u.segment.duration_90k,
        .present_90k = present_of(m),
        .capture_wall_us = capture_of(m, wall_us),
        .bytes = blob ? m->u.segment.bytes : 0,
        .samples = m->u.segment.samples,
        .independent = m->u.segment.independent,
        .discontinuity = m->u.segment.discontinuity,
        .gap = m->u.segment.gap,
        .blob = blob,
        .init = init ? init->blob : NULL,
        .params = init && !m->u.segment.gap ? &init->params : NULL,
    };
    uint64_t over = in->presentation->counters.over_target;
    int err = presentation_add(in->presentation, r, &a, now_us);
    if (in->presentation->counters.over_target > over)
        log_error(in->ctx,
                  "over_target_duration rendition=%s msn=%" PRIu64 " duration_90k=%" PRId64,
                  r->name, msn, a.duration_90k);
    return err;
}

static void keep_within_limits(const struct intake *in, int64_t now_us)
{
    struct presentation *p = in->presentation;
    budget_slide(p, in->config->hls.window_segments, now_us);
    size_t shed = budget_shed(p, in->config->limits.room_bytes);
    if (shed > 0)
        log_warn(in->ctx, "over_budget segments=%zu bytes=%" PRIu64 " limits.room_bytes=%" PRIu32,
                 shed, budget_used_bytes(p), in->config->limits.room_bytes);
    for (size_t i = 0; i < p->count; i++)
        rendition_measure(p->renditions[i], p->target_duration_s);
}

int intake_segment(const struct intake *in, const struct link_message *m, int fd, int64_t now_us,
                   int64_t wall_us)
{
    struct session *s = in->session;
    const char *fault = fault_of(in, m, fd);
    struct blob *blob = NULL;
    bool wanted = !fault && !m->u.segment.gap;
    if (fd >= 0 && !wanted)
        close(fd);
    if (fault) {
        log_error(in->ctx, "segment_refused sequence=%" PRIu64 " fault=\"%s\"",
                  m->u.segment.sequence, fault);
        return -EINVAL;
    }
    if (!s->based) {
        s->based = true;
        s->base_msn = in->presentation->next_msn;
    }
    uint64_t msn = s->base_msn + m->u.segment.sequence;
    int err = wanted ? wrap_bytes(in, m, msn, fd, &blob) : 0;
    if (err == 0 && msn < s->base_msn)
        err = -ERANGE;
    if (err == 0) {
        freeze_target(in, m);
        err = list(in, m, blob, msn, now_us, wall_us);
    }
    blob_unref(&blob);
    if (err == 0)
        keep_within_limits(in, now_us);
    else
        log_warn(in->ctx, "segment_not_listed msn=%" PRIu64 " error=\"%s\"", msn, strerror(-err));
    return err;
}
