/* A segment's way from a worker's message into the room's presentation: checked, numbered, listed.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/room/intake.h"

#include "relay/base/log.h"
#include "relay/room/budget.h"
#include "relay/room/claims.h"
#include "relay/room/tail.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *fault_of(const struct intake *in, const struct link_message *m, int fd)
{
    uint32_t track = m->u.segment.track;
    const char *fault =
        claim_fault(in->session, track, m->u.segment.start_90k, m->u.segment.duration_90k);
    if (fault || m->u.segment.gap)
        return fault;
    if (!session_find_init(in->session, track, m->u.segment.init_id))
        return "an init segment that was not announced";
    if (!claim_has_bytes(fd, m->u.segment.bytes))
        return "no bytes";
    return NULL;
}

/* Rule 13: the first segment fixes TARGETDURATION for the room's life. */
static void freeze_target(const struct intake *in, uint32_t wanted, int64_t duration_90k)
{
    struct presentation *p = in->presentation;
    if (p->target_duration_s > 0)
        return;
    uint32_t asked = wanted, most = in->config->hls.max_target_duration_s;
    uint32_t need = (uint32_t)((duration_90k + 45000) / 90000);
    wanted = wanted > most ? most : wanted;
    p->target_duration_s = wanted > need ? wanted : need;
    p->target_duration_s = p->target_duration_s > 0 ? p->target_duration_s : 1;
    if (p->target_duration_s > wanted)
        log_error(in->ctx, "target_duration_raised to=%" PRIu32 " asked=%" PRIu32,
                  p->target_duration_s, asked);
}

static int wrap_bytes(const struct intake *in, const struct link_message *m, uint64_t msn, int fd,
                      struct blob **out)
{
    char etag[24];
    const struct rendition *r = in->session->tracks[m->u.segment.track].rendition;
    const struct window_segment *open = window_open(&r->window);
    claim_etag(in->session, in->room, r->name, msn, etag);
    bool begun = open && open->msn == msn && open->file; /* perhaps by another feed */
    return blob_new(out, fd, m->u.segment.bytes, begun ? open->file->etag : etag);
}

static uint32_t iframe_of(const struct link_message *m)
{
    bool sane = m->u.segment.independent && m->u.segment.iframe_bytes <= m->u.segment.bytes;
    return sane ? m->u.segment.iframe_bytes : 0;
}

static int list(const struct intake *in, const struct link_message *m, struct blob *blob,
                uint64_t msn, int64_t now_us, int64_t wall_us)
{
    uint32_t track = m->u.segment.track;
    struct rendition *r = in->session->tracks[track].rendition;
    const struct session_init *init = session_find_init(in->session, track, m->u.segment.init_id);
    int64_t start_90k = m->u.segment.start_90k, duration_90k = m->u.segment.duration_90k;
    struct arrival a = {
        .msn = msn,
        .start_90k = start_90k,
        .duration_90k = duration_90k,
        .present_90k = claim_present_90k(start_90k, m->u.segment.present_90k),
        .capture_wall_us = claim_capture_us(m->u.segment.capture_wall_us, duration_90k, wall_us),
        .bytes = blob ? m->u.segment.bytes : 0,
        .samples = m->u.segment.samples,
        .iframe_bytes = blob ? iframe_of(m) : 0,
        .independent = m->u.segment.independent,
        .discontinuity = m->u.segment.discontinuity,
        .gap = m->u.segment.gap,
        .blob = blob,
        .init = init ? init->blob : NULL,
        .params = init && !m->u.segment.gap ? &init->params : NULL,
    };
    return presentation_add(in->presentation, r, &a, now_us);
}

/* Rule 79: a segment is exactly its parts. */
static bool adds_up(const struct intake *in, const struct link_message *m,
                    const struct window_segment *open)
{
    const struct session_init *init =
        session_find_init(in->session, m->u.segment.track, m->u.segment.init_id);
    return !m->u.segment.gap && init && init->blob == open->init &&
           m->u.segment.parts == open->part_count && m->u.segment.bytes == open->bytes &&
           m->u.segment.samples == open->samples && m->u.segment.start_90k == open->start_90k &&
           m->u.segment.duration_90k == open->duration_90k;
}

static bool is_same_file(const struct blob *a, const struct blob *b)
{
    struct stat x, y;
    assert(a && b); /* only a gap comes without a file, and a gap completes nothing */
    return blob_is_same(a, b) && fstat(a->fd, &x) == 0 && fstat(b->fd, &y) == 0 &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int complete(const struct intake *in, const struct link_message *m, struct rendition *r,
                    struct blob *blob, int64_t now_us)
{
    struct window_segment *open = window_open(&r->window);
    /* its first part could not know of pictures that lean on the segment before */
    open->independent = open->independent && m->u.segment.independent;
    if (adds_up(in, m, open))
        return presentation_complete(in->presentation, r, blob, is_same_file(blob, open->file),
                                     iframe_of(m), now_us);
    log_error(in->ctx, "parts_do_not_add_up rendition=%s msn=%" PRIu64 " parts=%" PRIu32, r->name,
              open->msn, open->part_count);
    intake_cut_short(in, r, now_us);
    return -EINVAL;
}

void intake_keep_within_limits(const struct intake *in, int64_t now_us)
{
    struct presentation *p = in->presentation;
    const struct budget_limits limits = {.segments = in->config->hls.window_segments,
                                         .window_ms = config_window_ms(in->config, in->room),
                                         .room_bytes = in->config->limits.room_bytes};
    budget_slide(p, &limits, now_us);
    size_t shed = budget_shed(p, limits.room_bytes);
    if (shed > 0)
        log_warn(in->ctx, "over_budget segments=%zu bytes=%" PRIu64 " limits.room_bytes=%" PRIu64,
                 shed, budget_used_bytes(p), limits.room_bytes);
    for (size_t i = 0; i < p->count; i++)
        rendition_measure(p->renditions[i], p->target_duration_s);
}

int intake_msn(const struct intake *in, uint64_t sequence, uint64_t *out)
{
    struct session *s = in->session;
    if (!s->based) {
        s->based = true;
        s->base_msn = in->presentation->next_msn;
    }
    *out = s->base_msn + sequence;
    return *out < s->base_msn ? -ERANGE : 0;
}

void intake_cut_short(const struct intake *in, struct rendition *r, int64_t now_us)
{
    const struct window_segment *open = window_open(&r->window);
    log_warn(in->ctx, "segment_cut_short rendition=%s msn=%" PRIu64 " parts=%" PRIu32, r->name,
             open->msn, open->part_count);
    freeze_target(in, (in->config->hls.segment_ms + 999) / 1000, open->duration_90k);
    if (presentation_complete(in->presentation, r, NULL, false, 0, now_us) < 0)
        log_error(in->ctx, "no_memory what=\"gaps beside a segment\"");
    intake_keep_within_limits(in, now_us);
}

void intake_finish(const struct intake *in, int64_t now_us)
{
    struct presentation *p = in->presentation;
    for (size_t i = 0; i < p->count; i++)
        if (window_open(&p->renditions[i]->window))
            intake_cut_short(in, p->renditions[i], now_us);
}

/* takes fd; the segment's place in the list is msn. */
static int enter(const struct intake *in, const struct link_message *m, uint64_t msn, int fd,
                 int64_t now_us, int64_t wall_us)
{
    struct blob *blob = NULL;
    struct rendition *r = in->session->tracks[m->u.segment.track].rendition;
    int err = fd >= 0 ? wrap_bytes(in, m, msn, fd, &blob) : 0;
    if (err < 0)
        return err;
    freeze_target(in, m->u.segment.target_duration_s, m->u.segment.duration_90k);
    uint64_t over = in->presentation->counters.over_target;
    const struct window_segment *open = window_open(&r->window);
    bool completes = open && open->msn == msn;
    if (open && open->msn < msn)
        intake_cut_short(in, r, now_us);
    if (completes)
        err = complete(in, m, r, blob, now_us);
    else
        err = list(in, m, blob, msn, now_us, wall_us);
    if (err == 0)
        presentation_keep_time(in->presentation, r, wall_us);
    if (in->presentation->counters.over_target > over)
        log_error(in->ctx,
                  "over_target_duration rendition=%s msn=%" PRIu64 " duration_90k=%" PRId64,
                  r->name, msn, m->u.segment.duration_90k);
    blob_unref(&blob);
    return err;
}

int intake_segment(const struct intake *in, const struct link_message *m, int fd, int64_t now_us,
                   int64_t wall_us)
{
    uint64_t msn;
    const char *fault = fault_of(in, m, fd);
    int err = fault ? -EINVAL : intake_msn(in, m->u.segment.sequence, &msn);
    if (fd >= 0 && (err < 0 || m->u.segment.gap)) {
        close(fd);
        fd = -1;
    }
    if (fault)
        log_error(in->ctx, "segment_refused sequence=%" PRIu64 " fault=\"%s\"",
                  m->u.segment.sequence, fault);
    if (err == 0)
        err = enter(in, m, msn, fd, now_us, wall_us);
    if (err == 0 && m->u.segment.track == LINK_TRACK_TS)
        memcpy(in->presentation->ts_counters, m->u.segment.ts_counters, LINK_TS_PIDS);
    if (err == 0)
        intake_keep_within_limits(in, now_us);
    else if (!fault)
        log_warn(in->ctx, "segment_not_listed sequence=%" PRIu64 " error=\"%s\"",
                 m->u.segment.sequence, strerror(-err));
    return err;
}
