/* A part's way from a worker's message into the room's presentation: checked, numbered, listed. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/part_intake.h"

#include "relay/base/log.h"
#include "relay/room/budget.h"
#include "relay/room/claims.h"
#include "relay/room/tail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Of one segment; half a minute of single frames. */
enum { PARTS_MAX = 1024 };

static const char *fault_of(const struct intake *in, const struct link_part *k, int fd)
{
    const char *fault = claim_fault(in->session, k->track, k->start_90k, k->duration_90k);
    if (fault)
        return fault;
    if (k->track == LINK_TRACK_TS)
        return "a transport stream has no parts";
    if (!session_find_init(in->session, k->track, k->init_id))
        return "an init segment that was not announced";
    if (k->part >= PARTS_MAX || (uint64_t)k->offset + k->bytes > UINT32_MAX)
        return "too many parts or bytes";
    if ((k->part == 0) != (fd >= 0))
        return "a file belongs to part 0, and only there";
    return NULL;
}

/* What follows in the open segment must adjoin what it has. */
static const char *misfit(const struct intake *in, const struct link_part *k,
                          const struct window_segment *open)
{
    if (open->init != session_find_init(in->session, k->track, k->init_id)->blob)
        return "another init segment than its segment's";
    if (open->parts[open->part_count - 1].last)
        return "it follows the last part of its segment";
    if (k->part != open->part_count || k->offset != open->bytes ||
        k->start_90k != open->start_90k + open->duration_90k)
        return "it does not adjoin the part before it";
    if (!claim_has_bytes(open->file->fd, (uint64_t)k->offset + k->bytes) || k->bytes == 0)
        return "no bytes";
    return NULL;
}

static struct window_part part_of(const struct link_part *k)
{
    return (struct window_part){.offset = k->offset,
                                .bytes = k->bytes,
                                .duration_90k = (uint32_t)k->duration_90k,
                                .independent = k->independent,
                                .last = k->last};
}

/* Takes fd. */
static int begin(const struct intake *in, const struct link_part *k, uint64_t msn, int fd,
                 int64_t now_us, int64_t wall_us)
{
    char etag[24];
    struct blob *file;
    struct rendition *r = in->session->tracks[k->track].rendition;
    const struct session_init *init = session_find_init(in->session, k->track, k->init_id);
    struct window_part part = part_of(k);
    claim_etag(in->session, in->room, r->name, msn, etag);
    int err = blob_new(&file, fd, 0, etag); /* its size is not known; the slices have theirs */
    if (err < 0)
        return err;
    struct arrival a = {
        .msn = msn,
        .start_90k = k->start_90k,
        .duration_90k = k->duration_90k,
        .present_90k = claim_present_90k(k->start_90k, k->present_90k),
        .capture_wall_us = claim_capture_us(k->capture_wall_us, k->duration_90k, wall_us),
        .bytes = k->bytes,
        .samples = k->samples,
        .independent = k->independent,
        .discontinuity = k->discontinuity,
        .init = init->blob,
        .file = file,
        .part = &part,
        .params = &init->params,
    };
    if (window_open(&r->window) && window_last(&r->window)->msn < msn)
        intake_cut_short(in, r, now_us);
    err = presentation_begin(in->presentation, r, &a, now_us);
    blob_unref(&file);
    return err;
}

static int refuse(const struct intake *in, const struct link_part *k, int fd, const char *fault)
{
    if (fd >= 0)
        close(fd);
    log_error(in->ctx, "part_refused sequence=%" PRIu64 " part=%" PRIu32 " fault=\"%s\"",
              k->sequence, k->part, fault);
    return -EINVAL;
}

/* Takes fd. */
static int enter(const struct intake *in, const struct link_part *k, uint64_t msn, int fd,
                 int64_t now_us, int64_t wall_us)
{
    struct rendition *r = in->session->tracks[k->track].rendition;
    const struct window_segment *last = window_last(&r->window);
    bool open = last && last->open && last->msn == msn;
    if (last && msn <= last->msn && !open) {
        if (fd >= 0)
            close(fd);
        return -EALREADY;
    }
    if (k->part == 0 && open)
        return refuse(in, k, fd, "its segment has a part 0 already");
    if (k->part == 0 && (k->offset != 0 || !claim_has_bytes(fd, k->bytes)))
        return refuse(in, k, fd, "no bytes");
    if (k->part == 0)
        return begin(in, k, msn, fd, now_us, wall_us);
    const char *fault = open ? misfit(in, k, last) : "its segment has no part 0";
    if (fault)
        return refuse(in, k, fd, fault);
    struct window_part part = part_of(k);
    return tail_extend(in->presentation, r, &part, k->samples);
}

int part_intake(const struct intake *in, const struct link_message *m, int fd, int64_t now_us,
                int64_t wall_us)
{
    uint64_t msn;
    const struct link_part *k = &m->u.part;
    struct presentation *p = in->presentation;
    if (p->part_target_ms == 0) {
        if (fd >= 0)
            close(fd);
        return -EALREADY;
    }
    const char *fault = fault_of(in, k, fd);
    if (fault)
        return refuse(in, k, fd, fault);
    if (k->duration_90k > (int64_t)p->part_target_ms * 90) /* a frame that lasts longer than one */
        log_warn(in->ctx, "over_part_target sequence=%" PRIu64 " part=%" PRIu32 " 90k=%" PRId64,
                 k->sequence, k->part, k->duration_90k);
    int err = intake_msn(in, k->sequence, &msn);
    if (err < 0 && fd >= 0)
        close(fd);
    if (err == 0)
        err = enter(in, k, msn, fd, now_us, wall_us);
    if (err == 0)
        budget_shed(p, in->config->limits.room_bytes);
    else if (err != -EINVAL && err != -EALREADY)
        log_warn(in->ctx, "part_not_listed sequence=%" PRIu64 " part=%" PRIu32 " error=\"%s\"",
                 k->sequence, k->part, strerror(-err));
    return err;
}
