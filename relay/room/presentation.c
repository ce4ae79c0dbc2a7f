/* What a room plays: its renditions and the numbers that bind them to one timeline. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/presentation.h"

#include <errno.h>
#include <string.h>

/* How long the multivariant waits for tracks that were announced but have no segment yet. */
enum { READY_AFTER_US = 1000000 };
/* A session's audio may begin a little before its first picture, which is where the last session
 * ended; rule 53 lets dates overlap by less than a second. */
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
}

void presentation_init(struct presentation *p, const struct presentation_start *start)
{
    memset(p, 0, sizeof(*p));
    epochs_init(&p->epochs, start->msn, start->sequence);
    p->next_msn = start->msn;
    p->end_90k = start->start_90k;
    dateranges_init(&p->dateranges);
}

void presentation_fini(struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++)
        rendition_free(&p->renditions[i]);
    p->count = 0;
    dateranges_fini(&p->dateranges);
}

void presentation_open(struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++)
        p->renditions[i]->announced = p->renditions[i]->delivered = false;
    p->first_us = 0;
    p->settled = false;
    dateranges_close(&p->dateranges, p->end_90k);
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
        err = insert(p, r);
        if (err < 0)
            rendition_free(&r);
    }
    if (r)
        r->announced = true;
    *out = r;
    return err;
}

static const struct window_segment *find_twin(const struct presentation *p, uint64_t msn)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct window_segment *s = window_find(&p->renditions[i]->window, msn);
        if (s)
            return s;
    }
    return NULL;
}

/* The wall clock of an epoch is fixed by one pair for all renditions (rule 54): the first segment
 * that is listed in it. It may not overlap what was listed before (rule 53). */
static void anchor(struct presentation *p, const struct arrival *a)
{
    int64_t wall_us = a->capture_wall_us > p->end_wall_us ? a->capture_wall_us : p->end_wall_us;
    epochs_anchor(&p->epochs, a->msn, a->present_90k, wall_us);
}

/* Appends s; its sequence and breaks are filled in here. least: its sequence at least. */
static int append(struct presentation *p, struct rendition *r, struct window_segment *s,
                  uint64_t least)
{
    const struct window_segment *last = window_last(&r->window);
    s->sequence = epochs_at(&p->epochs, s->msn)->sequence;
    if (s->sequence < least)
        s->sequence = least;
    if (last && s->sequence < last->sequence)
        s->sequence = last->sequence;
    s->breaks = last ? (uint32_t)(s->sequence - last->sequence) : 0;
    int err = window_append(&r->window, s);
    if (err < 0)
        return err;
    if (s->blob)
        blob_ref(s->blob);
    if (s->init)
        blob_ref(s->init);
    int64_t end_90k = s->start_90k + s->duration_90k;
    int64_t end_wall_us = s->wall_us + ticks_to_us(s->duration_90k);
    p->end_90k = end_90k > p->end_90k ? end_90k : p->end_90k;
    p->end_wall_us = end_wall_us > p->end_wall_us ? end_wall_us : p->end_wall_us;
    p->next_msn = s->msn >= p->next_msn ? s->msn + 1 : p->next_msn;
    p->counters.gaps += s->gap;
    return 0;
}

/* The longest EXTINF that still rounds to the target duration (rule 11). */
static int64_t longest_extinf_90k(const struct presentation *p)
{
    return (int64_t)p->target_duration_s * 90000 + 44999;
}

/* How long a gap must be that has no twin: the gaps from `msn` up to the next twin, or up to MSN
 * `until` that starts at start_90k, share what lies between. */
static int64_t guess_90k(const struct presentation *p, uint64_t msn, int64_t from_90k,
                         uint64_t until, int64_t start_90k)
{
    uint64_t next = msn + 1;
    const struct window_segment *twin = find_twin(p, next);
    while (!twin && next < until)
        twin = find_twin(p, ++next);
    int64_t end_90k = twin ? twin->start_90k : start_90k;
    int64_t guess = (end_90k - from_90k) / (int64_t)(next - msn);
    guess = guess > longest_extinf_90k(p) ? longest_extinf_90k(p) : guess;
    return guess < 1 ? 1 : guess;
}

/* One gap behind r's last segment: as long as its twin in another rendition, or as guessed. */
static int append_gap(struct presentation *p, struct rendition *r, uint64_t until,
                      int64_t start_90k, struct blob *init, int64_t now_us)
{
    const struct window_segment *last = window_last(&r->window);
    const struct window_segment *twin = find_twin(p, last->msn + 1);
    int64_t end_90k = last->start_90k + last->duration_90k;
    struct window_segment gap = {
        .msn = last->msn + 1,
        .start_90k = twin && twin->start_90k > end_90k ? twin->start_90k : end_90k,
        .gap = true,
        .independent = true,
        .init = init ? init : last->init,
        .listed_us = now_us,
    };
    struct epoch *e = epochs_at(&p->epochs, gap.msn);
    gap.duration_90k = twin ? twin->duration_90k : guess_90k(p, gap.msn, end_90k, until, start_90k);
    gap.wall_us = twin ? twin->wall_us : epoch_wall_us(e, gap.start_90k);
    return append(p, r, &gap, 0);
}

/* Fills r with gaps up to, not including, MSN `until`, whose segment starts at start_90k and has
 * `init`: the gaps of its own epoch have the same, so that the map changes at the break. */
static int fill(struct presentation *p, struct rendition *r, uint64_t until, int64_t start_90k,
                struct blob *init, int64_t now_us)
{
    const struct epoch *own = epochs_at(&p->epochs, until);
    const struct window_segment *last = window_last(&r->window);
    while (last && last->msn + 1 < until) {
        bool same = epochs_at(&p->epochs, last->msn + 1) == own;
        int err = append_gap(p, r, until, start_90k, same ? init : NULL, now_us);
        if (err < 0)
            return err;
        last = window_last(&r->window);
    }
    return 0;
}

/* Renditions without media in this session go along with gaps, at once when the session does not
 * have such a track, else when they are too far behind (rule 27). */
static int pull_others(struct presentation *p, const struct rendition *leader, int64_t now_us)
{
    const struct window_segment *front = window_last(&leader->window);
    for (size_t i = 0; i < p->count; i++) {
        struct rendition *r = p->renditions[i];
        if (r == leader || window_listed(&r->window) == 0)
            continue;
        uint64_t until = r->announced ? front->msn - PRESENTATION_LAG + 1 : front->msn + 1;
        if (r->announced && front->msn < PRESENTATION_LAG)
            continue;
        int err = fill(p, r, until, front->start_90k, NULL, now_us);
        if (err < 0)
            return err;
    }
    return 0;
}

/* The first segment of a session. After an ENDLIST the list begins anew: numbers and timeline go
 * on, but what had ended is not shown again. */
static void start_session(struct presentation *p, uint64_t base_msn, int64_t now_us)
{
    p->first_us = now_us;
    bool resumed = presentation_has_media(p) || p->ended;
    if (resumed)
        epochs_break(&p->epochs, base_msn);
    if (!p->ended)
        return;
    p->ended = false;
    for (size_t i = 0; i < p->count; i++)
        window_slide(&p->renditions[i]->window, UINT64_MAX, now_us,
                     (int64_t)p->target_duration_s * 1000000);
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

static int check(const struct presentation *p, const struct rendition *r, const struct arrival *a)
{
    const struct window_segment *last = window_last(&r->window);
    if (last && a->msn <= last->msn)
        return -EALREADY;
    if (a->msn > p->next_msn + PRESENTATION_JUMP)
        return -ERANGE;
    return last && a->start_90k < last->start_90k - START_BACK_90K ? -ERANGE : 0;
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
    return epochs_at(&p->epochs, a->msn)->sequence <= r->media_sequence;
}

static int add_media(struct presentation *p, struct rendition *r, const struct arrival *a,
                     uint64_t least, int64_t now_us)
{
    const struct window_segment *last = window_last(&r->window);
    struct window_segment s = {
        .msn = a->msn,
        .start_90k = a->start_90k,
        .duration_90k = a->duration_90k,
        .wall_us = epoch_wall_us(epochs_at(&p->epochs, a->msn), a->present_90k),
        .bytes = a->bytes,
        .samples = a->samples,
        .independent = a->independent || a->gap,
        .gap = a->gap,
        .blob = a->blob,
        .init = a->init ? a->init
                : last  ? last->init
                        : NULL,
        .listed_us = now_us,
    };
    if (s.duration_90k > longest_extinf_90k(p)) {
        s.duration_90k = longest_extinf_90k(p);
        p->counters.over_target++;
    }
    return append(p, r, &s, least);
}

int presentation_add(struct presentation *p, struct rendition *r, const struct arrival *a,
                     int64_t now_us)
{
    int err = check(p, r, a);
    if (err == -EALREADY)
        p->counters.late++;
    if (err < 0)
        return err;
    if (p->first_us == 0)
        start_session(p, p->next_msn, now_us);
    bool breaks = must_break(p, r, a);
    uint64_t least = breaks ? break_before(p, r, a->msn) : 0;
    anchor(p, a);
    err = fill(p, r, a->msn, a->start_90k, breaks ? NULL : a->init, now_us);
    if (err == 0)
        err = add_media(p, r, a, least, now_us);
    if (err < 0)
        return err;
    p->counters.segments++;
    p->counters.bytes += a->bytes;
    if (!a->gap) {
        r->delivered = true;
        r->media_sequence = window_last(&r->window)->sequence;
    }
    if (a->params)
        r->params = *a->params;
    return pull_others(p, r, now_us);
}

bool presentation_is_ready(const struct presentation *p, int64_t now_us)
{
    if (p->first_us == 0)
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (p->renditions[i]->announced && !p->renditions[i]->delivered)
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
