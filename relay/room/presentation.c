/* What a room plays: its renditions and the numbers that bind them to one timeline. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/presentation.h"

#include "relay/room/tail.h"

#include <errno.h>
#include <string.h>

/* How long the multivariant waits for tracks that were announced but have no segment yet. */
enum { READY_AFTER_US = 1000000 };
/* A track's segment may begin a little before the end of the one before it; rule 53 lets dates
 * overlap by less than a second. */
enum { START_BACK_90K = 90000 };

void presentation_counters_add(struct presentation_counters *sum,
                               const struct presentation_counters *c)
{
    sum->segments += c->segments;
    sum->bytes += c->bytes;
    sum->gaps += c->gaps;
    sum->late += c->late;
    sum->over_target += c->over_target;
    sum->shed_retained += c->shed_retained;
    sum->shed_listed += c->shed_listed;
    sum->given_up += c->given_up;
}

void presentation_init(struct presentation *p, const struct presentation_start *start)
{
    memset(p, 0, sizeof(*p));
    epochs_init(&p->epochs, start->msn, start->sequence);
    p->next_msn = start->msn;
    p->next_part = start->part;
    p->end_90k = start->start_90k;
    p->end_wall_us = start->end_wall_us;
    p->target_duration_s = start->target_duration_s;
    p->part_target_ms = start->part_target_ms;
    p->part_ranges = start->part_ranges;
    p->is_public = start->is_public;
    dateranges_init(&p->dateranges);
}

void presentation_fini(struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++)
        rendition_free(&p->renditions[i]);
    p->count = 0;
    dateranges_fini(&p->dateranges);
}

/* What a role announced is the role's to take back: until then it holds on to its rendition, and
 * nobody else may drop that. */
static void forget_session(struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct rendition *r = p->renditions[i];
        r->announced &= r->joins;
        r->delivered = false;
    }
}

void presentation_open(struct presentation *p)
{
    forget_session(p);
    p->first_us = 0;
    p->begun = p->settled = false;
    dateranges_close(&p->dateranges, p->end_90k);
}

void presentation_go_on(struct presentation *p)
{
    forget_session(p);
    p->first_us = 0;
}

static int insert(struct presentation *p, struct rendition *r)
{
    size_t at = p->count;
    if (p->count == PRESENTATION_RENDITIONS)
        return -ENOSPC;
    while (at > 0 &&
           (p->renditions[at - 1]->kind > r->kind ||
            (p->renditions[at - 1]->kind == r->kind && p->renditions[at - 1]->rank > r->rank))) {
        p->renditions[at] = p->renditions[at - 1];
        at--;
    }
    p->renditions[at] = r;
    p->count++;
    return 0;
}

static struct rendition *find(const struct presentation *p, enum codec_kind kind, uint32_t rank)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->renditions[i]->kind == kind && p->renditions[i]->rank == rank)
            return p->renditions[i];
    return NULL;
}

int presentation_claim(struct presentation *p, enum codec_kind kind, uint32_t rank,
                       struct rendition **out)
{
    struct rendition *r = find(p, kind, rank);
    while (r && r->announced)
        r = find(p, kind, ++rank);
    int err = r ? 0 : rendition_new(&r, kind, rank);
    if (err == 0 && !find(p, kind, rank)) {
        r->next_part = p->next_part;
        err = insert(p, r);
        if (err < 0)
            rendition_free(&r);
    }
    if (r)
        r->announced = true;
    *out = r;
    return err;
}

int presentation_join(struct presentation *p, const char *init_etag, struct rendition **out)
{
    uint32_t rank = 2;
    for (size_t i = 0; i < p->count; i++) {
        struct rendition *r = p->renditions[i];
        const struct window_segment *last = window_last(&r->window);
        if (r->joins && !r->announced && last && last->init &&
            strcmp(last->init->etag, init_etag) == 0) {
            r->announced = true;
            r->silent = false;
            *out = r;
            return 0;
        }
    }
    while (find(p, CODEC_KIND_VIDEO, rank))
        rank++;
    int err = presentation_claim(p, CODEC_KIND_VIDEO, rank, out);
    if (err == 0)
        (*out)->joins = true;
    return err;
}

void presentation_leave(struct presentation *p, struct rendition *r, int64_t now_us)
{
    r->announced = false;
    if (r->joined)
        tail_give_up(p, r, now_us); /* or later, with the main feed's segment */
    for (size_t i = 0; i < p->count && !r->joined; i++) {
        if (p->renditions[i] != r)
            continue;
        p->count--;
        memmove(&p->renditions[i], &p->renditions[i + 1],
                (p->count - i) * sizeof(p->renditions[0]));
        rendition_free(&r);
        return;
    }
}

/* The wall clock of an epoch is fixed by one pair for all renditions (rule 54): the first segment
 * that is listed in it. It may not overlap what was listed before (rule 53). */
static void anchor(struct presentation *p, const struct arrival *a)
{
    int64_t wall_us = a->capture_wall_us > p->end_wall_us ? a->capture_wall_us : p->end_wall_us;
    epochs_anchor(&p->epochs, a->msn, a->present_90k, wall_us);
}

/* The first segment of a session. After an ENDLIST the list begins anew: numbers and timeline go
 * on, but what had ended is not shown again. */
static void start_session(struct presentation *p, uint64_t base_msn, int64_t now_us)
{
    p->begun = true;
    bool resumed = presentation_has_media(p) || p->ended;
    if (resumed)
        epochs_break(&p->epochs, base_msn);
    if (!p->ended)
        return;
    p->ended = false;
    for (size_t i = 0; i < p->count; i++)
        window_slide(&p->renditions[i]->window, UINT64_MAX, now_us, presentation_grace_us(p));
}

/* A discontinuity before a->msn, for all renditions at once; where another one has passed that
 * point already it stands before its next segment. Returns the sequence that a's segment has. */
static uint64_t break_before(struct presentation *p, const struct rendition *r, uint64_t msn)
{
    if (epochs_at(&p->epochs, msn)->first_msn == msn)
        return epochs_at(&p->epochs, msn)->sequence;
    uint64_t at = msn;
    for (size_t i = 0; i < p->count; i++) {
        const struct window_segment *last = window_last(&p->renditions[i]->window);
        if (p->renditions[i] != r && last && last->msn >= at)
            at = last->msn + 1;
    }
    if (at < epochs_newest(&p->epochs)->first_msn)
        at = epochs_newest(&p->epochs)->first_msn;
    epochs_break(&p->epochs, at);
    return epochs_newest(&p->epochs)->sequence;
}

/* What comes next in r stands behind a break, with dates of its own. */
static bool is_behind_break(struct presentation *p, const struct rendition *r, uint64_t msn)
{
    return !p->begun || epochs_at(&p->epochs, msn)->sequence > r->media_sequence;
}

/* Time goes on within a session. A new one may begin far before the end of the list: what filled
 * the hole went on while its first message was under way. */
static int check(struct presentation *p, const struct rendition *r, const struct arrival *a)
{
    const struct window_segment *last = window_last(&r->window);
    if (last && a->msn <= last->msn)
        return -EALREADY;
    if (a->msn > p->next_msn + PRESENTATION_JUMP)
        return -ERANGE;
    if (!last || a->start_90k >= last->start_90k - START_BACK_90K)
        return 0;
    return is_behind_break(p, r, a->msn) ? 0 : -ERANGE;
}

/* Rule 37: a new map comes with a discontinuity, also where the worker did not ask for one. None
 * is needed where one stands already between r's last media and this: gaps have no format. */
static bool must_break(struct presentation *p, const struct rendition *r, const struct arrival *a)
{
    const struct window_segment *last = window_last(&r->window);
    if (a->discontinuity)
        return true;
    if (!last || !last->init || !a->init || blob_is_same(a->init, last->init))
        return false;
    return !is_behind_break(p, r, a->msn);
}

static int add_media(struct presentation *p, struct rendition *r, const struct arrival *a,
                     uint64_t least, int64_t now_us)
{
    const struct window_segment *last = window_last(&r->window);
    struct window_segment s = {
        .msn = a->msn,
        .start_90k = a->start_90k,
        .duration_90k = a->duration_90k,
        .wall_us = epoch_wall_us(epochs_at(&p->epochs, a->msn), a->msn, a->present_90k),
        .bytes = a->bytes,
        .samples = a->samples,
        .independent = a->independent || a->gap,
        .gap = a->gap,
        .open = a->part != NULL,
        .iframe_bytes = a->iframe_bytes,
        .blob = a->blob,
        .file = a->file,
        .init = a->init ? a->init
                : last  ? last->init
                        : NULL,
        .listed_us = now_us,
    };
    if (!a->part && s.duration_90k > tail_longest_90k(p)) {
        s.duration_90k = tail_longest_90k(p);
        p->counters.over_target++;
    }
    return tail_append(p, r, &s, a->part, least);
}

/* Everything that a segment's beginning needs, whether it comes whole or in parts. */
static int list(struct presentation *p, struct rendition *r, const struct arrival *a,
                int64_t now_us)
{
    if (window_open(&r->window)) /* the rest of it never came */
        tail_complete(p, r, NULL, false, 0, now_us);
    if (!p->begun)
        start_session(p, p->next_msn, now_us);
    bool breaks = must_break(p, r, a);
    uint64_t least = breaks ? break_before(p, r, a->msn) : 0;
    anchor(p, a);
    int err = tail_fill(p, r, a->msn, a->start_90k, breaks ? NULL : a->init, now_us);
    if (err == 0)
        err = add_media(p, r, a, least, now_us);
    if (err < 0)
        return err;
    if (!a->gap)
        r->media_sequence = window_last(&r->window)->sequence;
    if (a->params)
        r->params = *a->params;
    return 0;
}

int presentation_add(struct presentation *p, struct rendition *r, const struct arrival *a,
                     int64_t now_us)
{
    int err = check(p, r, a);
    if (err == -EALREADY)
        p->counters.late++;
    if (err == 0)
        err = list(p, r, a, now_us);
    if (err < 0)
        return err;
    p->first_us = p->first_us > 0 ? p->first_us : now_us;
    p->counters.segments++;
    p->counters.bytes += a->bytes;
    r->delivered = r->delivered || !a->gap;
    return tail_pull_others(p, r, now_us);
}

int presentation_begin(struct presentation *p, struct rendition *r, const struct arrival *a,
                       int64_t now_us)
{
    int err = check(p, r, a);
    if (err == 0)
        err = list(p, r, a, now_us);
    return err < 0 ? err : tail_pull_others(p, r, now_us);
}

int presentation_complete(struct presentation *p, struct rendition *r, struct blob *blob,
                          bool same_file, uint32_t iframe_bytes, int64_t now_us)
{
    tail_complete(p, r, blob, same_file, iframe_bytes, now_us);
    return tail_pull_others(p, r, now_us);
}

void presentation_keep_time(struct presentation *p, const struct rendition *r, int64_t wall_us)
{
    const struct window_segment *s = window_last(&r->window);
    if (r != p->renditions[0] || !s || s->open || s->gap ||
        s->sequence != epochs_newest(&p->epochs)->sequence)
        return;
    int64_t length_us = ticks_to_us(s->duration_90k);
    int64_t step_us =
        drift_take(&p->drift, s->sequence, length_us, wall_us - s->wall_us - length_us);
    if (step_us != 0)
        epochs_slew(&p->epochs, p->next_msn, step_us);
}

int64_t presentation_grace_us(const struct presentation *p)
{
    /* Rule 25: a part stays for three target durations after its tag, which may go with the
     * segment. */
    return (int64_t)p->target_duration_s * (p->part_target_ms > 0 ? 3000000 : 1000000);
}

bool presentation_is_ready(const struct presentation *p, int64_t now_us)
{
    if (p->first_us == 0)
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (p->renditions[i]->announced && !p->renditions[i]->delivered &&
            p->renditions[i]->kind != CODEC_KIND_MUXED) /* the multivariant does not name it */
            return now_us - p->first_us >= READY_AFTER_US;
    return true;
}

int64_t presentation_longest_90k(const struct presentation *p)
{
    int64_t longest = 0;
    for (size_t i = 0; i < p->count; i++) {
        int64_t duration_90k = window_duration_90k(&p->renditions[i]->window);
        longest = duration_90k > longest ? duration_90k : longest;
    }
    return longest;
}

bool presentation_has_media(const struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->renditions[i]->window.count > 0)
            return true;
    return false;
}
