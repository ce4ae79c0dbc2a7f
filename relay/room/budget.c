/* What a presentation keeps in memory and for how long: sliding, expiry, the budget of bytes. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/budget.h"

#include <string.h>

static bool is_only_gaps(const struct window *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (!w->items[i].gap)
            return false;
    return true;
}

static bool is_dead(const struct rendition *r)
{
    return !r->announced && is_only_gaps(&r->window);
}

static bool all_dead(const struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (!is_dead(p->renditions[i]))
            return false;
    return true;
}

/* In a hole gaps are all there is: lists of these stay until they are over. */
static void drop_dead(struct presentation *p)
{
    bool all = all_dead(p);
    for (size_t i = 0; i < p->count;) {
        struct rendition *r = p->renditions[i];
        if (!is_dead(r) || (all && r->window.count > 0)) {
            i++;
            continue;
        }
        rendition_free(&r);
        p->count--;
        memmove(&p->renditions[i], &p->renditions[i + 1], (p->count - i) * sizeof(r));
    }
}

/* The furthest MSN that may become first everywhere if so much must stay listed. */
static uint64_t limit_of(const struct presentation *p, size_t segments, int64_t duration_90k)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        uint64_t limit = window_limit(&p->renditions[i]->window, segments, duration_90k);
        first = limit < first ? limit : first;
    }
    return first;
}

/* Rule 23. */
static int64_t least_of(const struct presentation *p)
{
    return (int64_t)p->target_duration_s * 3 * 90000;
}

/* What the segments from that MSN on hold; inits are too small to matter. */
static uint64_t bytes_from(const struct presentation *p, uint64_t msn)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct window *w = &p->renditions[i]->window;
        for (size_t k = w->count; k > w->retained && w->items[k - 1].msn >= msn; k--)
            bytes += w->items[k - 1].bytes;
    }
    return bytes;
}

/* Sliding early keeps rules 23 to 26, which dropping what is listed would break. Callers leave a
 * quarter of what they have for what stays downloadable behind the list. */
static uint64_t advance(const struct presentation *p, uint64_t first, uint64_t most,
                        uint64_t budget)
{
    uint64_t listed = bytes_from(p, first);
    while (first < most && listed > budget) {
        for (size_t i = 0; i < p->count; i++) {
            const struct window_segment *s = window_find(&p->renditions[i]->window, first);
            listed -= s ? s->bytes : 0;
        }
        first++;
    }
    return first;
}

void budget_slide(struct presentation *p, const struct budget_limits *l, int64_t now_us)
{
    int64_t least_90k = least_of(p);
    int64_t wanted_90k = (int64_t)l->window_ms * 90;
    size_t segments = l->window_ms > 0 ? BUDGET_LIST_MIN : l->segments;
    uint64_t first = limit_of(p, segments, wanted_90k > least_90k ? wanted_90k : least_90k);
    uint64_t most = limit_of(p, BUDGET_LIST_MIN, least_90k), hard = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct window *w = &p->renditions[i]->window;
        uint64_t limit =
            window_whole(w) > BUDGET_LIST_MAX ? window_limit(w, BUDGET_LIST_MAX, 0) : 0;
        hard = limit > hard ? limit : hard;
    }
    if (first != UINT64_MAX)
        first = advance(p, first, most, l->room_bytes / 4 * 3);
    first = first < hard ? hard : first;
    for (size_t i = 0; i < p->count && first != UINT64_MAX; i++)
        window_slide(&p->renditions[i]->window, first, now_us, presentation_grace_us(p));
    budget_expire(p, now_us);
    drop_dead(p);
}

bool budget_expire(struct presentation *p, int64_t now_us)
{
    bool any = false;
    for (size_t i = 0; i < p->count; i++)
        any |= window_expire(&p->renditions[i]->window, now_us);
    return any;
}

uint64_t budget_used_bytes(const struct presentation *p)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < p->count; i++)
        bytes += p->renditions[i]->window.bytes;
    return bytes;
}

/* The window whose oldest segment is the oldest of all: retained ones, or listed ones. */
static struct window *oldest(struct presentation *p, bool retained)
{
    struct window *best = NULL;
    uint64_t best_msn = UINT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        struct window *w = &p->renditions[i]->window;
        bool has = retained ? w->retained > 0 : window_whole(w) > 1;
        uint64_t msn = has ? w->items[retained ? 0 : w->retained].msn : UINT64_MAX;
        if (has && msn < best_msn) {
            best = w;
            best_msn = msn;
        }
    }
    return best;
}

static size_t retained(const struct presentation *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++)
        n += p->renditions[i]->window.retained;
    return n;
}

size_t budget_shed(struct presentation *p, uint64_t budget_bytes)
{
    size_t listed = 0;
    while (budget_used_bytes(p) > budget_bytes || retained(p) > BUDGET_RETAINED_MAX) {
        struct window *w = oldest(p, true);
        if (w && window_shed_retained(w)) {
            p->counters.shed_retained++;
            continue;
        }
        w = oldest(p, false);
        if (!w || !window_shed_listed(w))
            break;
        p->counters.shed_listed++;
        listed++;
    }
    return listed;
}

/* How long the lists are, and how long they must be at least. */
static void measure(const struct presentation *p, int64_t *is_90k, int64_t *least_90k)
{
    *is_90k = 0;
    *least_90k = least_of(p);
    for (size_t i = 0; i < p->count; i++) {
        const struct window *w = &p->renditions[i]->window;
        const struct window_segment *open = window_open(w);
        int64_t whole = (int64_t)window_whole(w), is = window_duration_90k(w);
        int64_t each = whole > 0 ? (is - (open ? open->duration_90k : 0)) / whole : 0;
        *is_90k = is > *is_90k ? is : *is_90k;
        *least_90k = each * BUDGET_LIST_MIN > *least_90k ? each * BUDGET_LIST_MIN : *least_90k;
    }
}

void budget_weigh(const struct presentation *p, struct pressure_weight *out)
{
    uint64_t first = limit_of(p, BUDGET_LIST_MIN, least_of(p));
    int64_t is_90k, least_90k;
    *out = (struct pressure_weight){.bytes = budget_used_bytes(p)};
    out->floor = first == UINT64_MAX ? 0 : bytes_from(p, first);
    out->needed = out->floor;
    /* what a list will be is told by segments, not by the parts of the first one */
    for (size_t i = 0; i < p->count; i++)
        out->known |= window_whole(&p->renditions[i]->window) > 0;
    measure(p, &is_90k, &least_90k);
    if (is_90k > 0 && is_90k < least_90k)
        out->needed = out->floor * (uint64_t)least_90k / (uint64_t)is_90k;
}

size_t budget_give_up(struct presentation *p, uint64_t level_bytes, size_t most_segments,
                      int64_t now_us)
{
    uint64_t most = limit_of(p, BUDGET_LIST_MIN, least_of(p));
    uint64_t first = limit_of(p, BUDGET_LIST_MAX, INT64_MAX);
    size_t n = 0;
    if (budget_used_bytes(p) <= level_bytes)
        return 0;
    if (most != UINT64_MAX)
        first = advance(p, first, most, level_bytes / 4 * 3);
    for (size_t i = 0; i < p->count && most != UINT64_MAX; i++)
        window_slide(&p->renditions[i]->window, first, now_us, presentation_grace_us(p));
    while (n < most_segments && budget_used_bytes(p) > level_bytes) {
        struct window *w = oldest(p, true);
        if (!w || !window_shed_retained(w))
            break;
        n++;
    }
    p->counters.given_up += n;
    return n;
}
