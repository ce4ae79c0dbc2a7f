/* One further rendition of a room's picture, pushed beside the main feed (`role=1080p`). */
/* SPDX-License-Identifier: MIT */
#include "relay/room/role.h"

#include "relay/base/log.h"
#include "relay/room/claims.h"
#include "relay/room/diagnosis.h"
#include "relay/room/intake.h"
#include "relay/room/part_intake.h"
#include "relay/room/tail.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t clock_mask = (UINT64_C(1) << 33) - 1; /* ISO/IEC 13818-1: 33 bit */
static const int64_t clock_slack_us = 1000;                 /* what rounding may add up to */

enum { CUT_OFF_90K = 90000 / 4 };

struct role_held {
    struct link_message m;
    int fd;
};

int role_new(struct role **out, const struct link_message *m, int64_t now_us, int64_t wall_us)
{
    struct role *role = calloc(1, sizeof(*role));
    *out = role;
    if (!role)
        return -ENOMEM;
    session_init(&role->session, m, now_us, wall_us);
    return 0;
}

const char *role_state_word(const struct role *role)
{
    static const char *const words[] = {
        [ROLE_WAITING] = "waiting", [ROLE_CHECKING] = "checking", [ROLE_JOINED] = "joined"};
    return words[role->state];
}

static struct intake intake_of(struct role *role, const struct role_room *room)
{
    return (struct intake){.room = room->name,
                           .ctx = room->ctx,
                           .config = room->config,
                           .session = &role->session,
                           .presentation = room->presentation};
}

static void drop_held(struct role *role, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (role->held[i]->fd >= 0)
            close(role->held[i]->fd);
        free(role->held[i]);
    }
    memmove(role->held, role->held + count, (role->held_count - count) * sizeof(role->held[0]));
    role->held_count -= count;
}

void role_free(struct role **role, const struct role_room *room, int64_t now_us)
{
    if (!*role)
        return;
    struct rendition *r = (*role)->session.tracks[0].rendition;
    if (r)
        presentation_leave(room->presentation, r, now_us);
    drop_held(*role, (*role)->held_count);
    session_fini(&(*role)->session);
    free(*role);
    *role = NULL;
}

/* What goes on in the main feed's list, or NULL: it has no picture now. */
static const struct window *main_window(const struct role_room *room)
{
    const struct presentation *p = room->presentation;
    const struct rendition *first = p->count > 0 ? p->renditions[0] : NULL;
    bool leads = first && first->kind == CODEC_KIND_VIDEO && !first->joins && first->announced;
    return leads ? &first->window : NULL;
}

void role_go(struct role *role, const struct role_room *room, const struct link_message *m,
             uint64_t msn, int64_t now_us)
{
    struct session *s = &role->session;
    struct link_message go = {.type = LINK_FEED_GO, .worker = s->worker, .feed = s->feed};
    int64_t start_90k = claim_present_90k(m->u.segment.start_90k, m->u.segment.present_90k) +
                        m->u.segment.duration_90k;
    assert(role->state == ROLE_WAITING);
    go.u.go.joins = true;
    go.u.go.start_90k = start_90k;
    go.u.go.raw_90k = ((uint64_t)start_90k - m->u.segment.clock_90k) & clock_mask;
    go.u.go.target_duration_s = room->presentation->target_duration_s;
    go.u.go.part_ms = room->presentation->part_target_ms;
    go.u.go.part_ranges = room->presentation->part_ranges;
    s->based = true;
    s->base_msn = msn + 1;
    s->heard_us = now_us;
    role->state = ROLE_CHECKING;
    room->out->send(room->out->ctx, s->worker, &go);
}

void role_tick(struct role *role, int64_t now_us)
{
    struct rendition *r = role->session.tracks[0].rendition;
    if (r)
        r->silent = now_us - role->session.heard_us >= ROLE_SILENT_US;
}

static int take_track(struct role *role, const struct role_room *room, const struct link_message *m,
                      int fd)
{
    struct session_track *t = &role->session.tracks[0];
    bool is_video =
        m->u.track.track == 0 && codec_kind(m->u.track.params.codec) == CODEC_KIND_VIDEO;
    char etag[24];
    int err = fd >= 0 && is_video ? 0 : -EINVAL;
    if (err == 0)
        err = session_init_etag(fd, m->u.track.init_bytes, etag);
    if (err == 0 && !t->rendition)
        err = presentation_join(room->presentation, etag, &t->rendition);
    if (err == 0)
        return session_track(&role->session, room->presentation, m, fd);
    if (fd >= 0)
        close(fd);
    return err;
}

/* Where a part or segment says it is. */
struct place {
    uint64_t msn;
    int64_t present_90k, frame_90k;
    int64_t end_90k; /* DTS */
    uint32_t init_id;
    bool begins, ends, discontinuity; /* its segment */
};

static struct place place_of(const struct role *role, const struct link_message *m)
{
    struct place k;
    int64_t start_90k, duration_90k;
    uint32_t samples;
    if (m->type == LINK_PART) {
        k.msn = role->session.base_msn + m->u.part.sequence;
        k.present_90k = m->u.part.present_90k;
        k.init_id = m->u.part.init_id;
        k.begins = m->u.part.part == 0;
        k.ends = false;
        k.discontinuity = k.begins && m->u.part.discontinuity;
        start_90k = m->u.part.start_90k;
        duration_90k = m->u.part.duration_90k;
        samples = m->u.part.samples;
    } else {
        k.msn = role->session.base_msn + m->u.segment.sequence;
        k.present_90k = m->u.segment.present_90k;
        k.init_id = m->u.segment.init_id;
        k.begins = !m->u.segment.gap;
        k.ends = true;
        k.discontinuity = m->u.segment.discontinuity;
        start_90k = m->u.segment.start_90k;
        duration_90k = m->u.segment.duration_90k;
        samples = m->u.segment.samples;
    }
    k.present_90k = claim_present_90k(start_90k, k.present_90k);
    k.end_90k = start_90k + duration_90k;
    k.frame_90k = samples > 0 ? duration_90k / samples : 0;
    return k;
}

/* The same epoch ties presentation times to dates in both lists, so equal dates are equal times. */
static bool is_aligned(struct presentation *p, const struct place *k,
                       const struct window_segment *twin)
{
    const struct epoch *e = epochs_at(&p->epochs, k->msn);
    int64_t off_us = epoch_wall_us(e, k->msn, k->present_90k) - twin->wall_us;
    return llabs(off_us) <= ticks_to_us(k->frame_90k) / 2 + clock_slack_us;
}

/* Rules 19, 20: breaks come from the main feed alone, and stand in all lists. */
static bool breaks_alone(const struct role *role, struct presentation *p, const struct place *k)
{
    const struct rendition *r = role->session.tracks[0].rendition;
    const struct session_init *init = session_find_init(&role->session, 0, k->init_id);
    const struct window_segment *last = r ? window_last(&r->window) : NULL;
    const struct epoch *e = epochs_at(&p->epochs, k->msn);
    bool other = last && last->init && init && !blob_is_same(init->blob, last->init) &&
                 last->msn < k->msn && e->sequence <= r->media_sequence;
    return (k->discontinuity || other) && e->first_msn != k->msn;
}

static const char *fault_of(const struct role *role, const struct role_room *room,
                            const struct place *k, const struct window_segment *twin)
{
    if (!k->begins || twin->gap)
        return NULL;
    if (!is_aligned(room->presentation, k, twin))
        return "its keyframes do not fall together with the main feed's: set the same keyframe "
               "interval and no scene cut";
    if (breaks_alone(role, room->presentation, k))
        return "its parameters or its clock changed where the main feed's did not";
    return NULL;
}

/* Viewers see it from now on: its first segments match, and its list is long enough to play. */
static void join(struct role *role, const struct role_room *room)
{
    const struct presentation *p = room->presentation;
    struct rendition *r = role->session.tracks[0].rendition;
    int64_t least_90k = (int64_t)p->target_duration_s * 3 * 90000;
    if (role->state != ROLE_CHECKING || role->listed < ROLE_CHECKED ||
        (!r->joined && window_duration_90k(&r->window) < least_90k))
        return;
    role->state = ROLE_JOINED;
    r->joined = true;
    log_info(room->ctx, "role_joined role=%s rendition=%s feed=%" PRIu64, role->session.role,
             r->name, role->session.feed);
}

/* Its place in the list was taken by a gap already. */
static const char *note_late(struct role *role, const struct link_message *m)
{
    role->late += m->type == LINK_SEGMENT;
    return role->late > ROLE_LATE_MAX ? "it runs too far behind the main feed" : NULL;
}

/* takes fd. */
static const char *list(struct role *role, const struct role_room *room,
                        const struct link_message *m, int fd, int64_t now_us, int64_t wall_us)
{
    struct intake in = intake_of(role, room);
    struct rendition *r = role->session.tracks[0].rendition;
    const struct window_segment *open = r ? window_open(&r->window) : NULL;
    if (open && open->msn < place_of(role, m).msn)
        tail_give_up(room->presentation, r, now_us);
    int err = m->type == LINK_PART ? part_intake(&in, m, fd, now_us, wall_us)
                                   : intake_segment(&in, m, fd, now_us, wall_us);
    if (err == -EINVAL || err == -ERANGE)
        ++*room->faults;
    if (err == -ERANGE)
        return "its segments do not follow each other";
    if (err == -EALREADY)
        return note_late(role, m);
    if (err < 0)
        return NULL;
    assert(r); /* without one nothing would have been taken */
    role->late = 0;
    r->silent = false;
    role->listed += m->type == LINK_SEGMENT;
    join(role, room);
    return NULL;
}

const char *role_hold(struct role *role, const struct link_message *m, int fd)
{
    struct role_held *h = role->held_count < ROLE_HELD ? malloc(sizeof(*h)) : NULL;
    if (!h) {
        if (fd >= 0)
            close(fd);
        return "it runs too far ahead of the main feed";
    }
    *h = (struct role_held){.m = *m, .fd = fd};
    role->held[role->held_count++] = h;
    return NULL;
}

const struct link_message *role_held_at(const struct role *role, size_t i, int *fd)
{
    *fd = role->held[i]->fd;
    return &role->held[i]->m;
}

/* What ends a segment waits until the main feed's has ended too. */
static bool is_early(const struct place *k, const struct window *main)
{
    const struct window_segment *last = main ? window_last(main) : NULL;
    return !last || last->msn < k->msn || (k->ends && last->msn == k->msn && last->open);
}

/* A publisher that leaves cuts its last segment off: a gap takes its place, as long as it was to
 * be. (DTS may differ by some frames where the encodes reorder differently.) */
static bool is_cut_off(const struct place *k, const struct window_segment *twin)
{
    return k->ends && k->end_90k + CUT_OFF_90K < twin->start_90k + twin->duration_90k;
}

/* takes fd. */
static const char *take_media(struct role *role, const struct role_room *room,
                              const struct link_message *m, int fd, int64_t now_us, int64_t wall_us)
{
    const struct window *main = main_window(room);
    struct place k = place_of(role, m);
    if (role->state == ROLE_WAITING || k.msn < role->session.base_msn) {
        if (fd >= 0)
            close(fd);
        ++*room->faults;
        return "its segments do not follow each other";
    }
    if (is_early(&k, main))
        return role_hold(role, m, fd);
    const struct window_segment *twin = window_find(main, k.msn);
    const char *why = twin ? fault_of(role, room, &k, twin) : note_late(role, m);
    if (!why && twin && !twin->gap && !is_cut_off(&k, twin))
        return list(role, room, m, fd, now_us, wall_us);
    if (fd >= 0) /* where the main feed has a gap nothing can be compared: a gap here too */
        close(fd);
    return why;
}

const char *role_follow(struct role *role, const struct role_room *room, int64_t now_us,
                        int64_t wall_us)
{
    const char *why = NULL;
    size_t done = 0;
    while (!why && done < role->held_count) {
        struct role_held *h = role->held[done];
        struct place k = place_of(role, &h->m);
        if (is_early(&k, main_window(room)))
            break;
        why = take_media(role, room, &h->m, h->fd, now_us, wall_us);
        h->fd = -1;
        done++;
    }
    drop_held(role, done);
    return why;
}

const char *role_message(struct role *role, const struct role_room *room,
                         const struct link_message *m, int fd, int64_t now_us, int64_t wall_us)
{
    if (m->type == LINK_TRACK) {
        int err = take_track(role, room, m, fd);
        *room->faults += err == -EINVAL;
        return err < 0 ? "its track cannot be taken" : NULL;
    }
    if (m->type == LINK_FEED_STATS)
        diagnosis_second(
            &role->session,
            &(struct diagnosis_room){room->name, room->ctx, room->config, room->health_log}, m,
            now_us);
    if (m->type != LINK_PART && m->type != LINK_SEGMENT)
        return NULL;
    role->session.heard_us = now_us;
    if (role->held_count > 0)
        return role_hold(role, m, fd);
    return take_media(role, room, m, fd, now_us, wall_us);
}
