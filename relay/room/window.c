/* One rendition's segments: the removed ones still downloadable, the listed ones, the open one. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/window.h"

#include "relay/room/epochs.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void window_init(struct window *w)
{
    memset(w, 0, sizeof(*w));
}

/* An init segment is counted once for each run of segments that share it. */
static uint64_t item_bytes(const struct window *w, size_t i)
{
    const struct window_segment *s = &w->items[i];
    uint64_t bytes = s->blob || s->file ? s->bytes : 0;
    if (s->blob && s->file && s->blob != s->file)
        bytes += s->bytes;
    if (s->init && (i + 1 == w->count || w->items[i + 1].init != s->init))
        bytes += s->init->bytes;
    return bytes;
}

static void window_weigh(struct window *w)
{
    w->bytes = 0;
    for (size_t i = 0; i < w->count; i++)
        w->bytes += item_bytes(w, i);
}

/* Removes the n oldest items for good. */
static void drop_front(struct window *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        blob_unref(&w->items[i].blob);
        blob_unref(&w->items[i].init);
        blob_unref(&w->items[i].file);
        free(w->items[i].parts);
    }
    memmove(w->items, w->items + n, (w->count - n) * sizeof(*w->items));
    w->count -= n;
    w->retained = w->retained > n ? w->retained - n : 0;
    w->shelved++;
    window_weigh(w);
}

void window_fini(struct window *w)
{
    if (w->items)
        drop_front(w, w->count);
    free(w->items);
    window_init(w);
}

static int window_grow(struct window *w)
{
    size_t size = w->size > 0 ? 2 * w->size : 16;
    struct window_segment *items = realloc(w->items, size * sizeof(*items));
    if (!items)
        return -ENOMEM;
    w->items = items;
    w->size = size;
    return 0;
}

/* Rule 24 counts with the longest list that a segment was in. */
static void note_longest(struct window *w)
{
    int64_t duration_90k = window_duration_90k(w);
    for (size_t i = w->retained; i < w->count; i++)
        if (w->items[i].longest_90k < duration_90k)
            w->items[i].longest_90k = duration_90k;
}

int window_append(struct window *w, const struct window_segment *s)
{
    if (w->count == w->size && window_grow(w) < 0)
        return -ENOMEM;
    assert(window_listed(w) == 0 || s->msn == w->items[w->count - 1].msn + 1);
    assert(!window_open(w));
    w->items[w->count++] = *s;
    w->revision++;
    w->shelved += !s->open;
    window_weigh(w);
    note_longest(w);
    return 0;
}

int window_restore(struct window *w, const struct window_segment *s, bool retained)
{
    if (w->count == w->size && window_grow(w) < 0)
        return -ENOMEM;
    w->items[w->count++] = *s;
    w->retained += retained;
    window_weigh(w);
    return 0;
}

/* The array of parts has a size that is a power of two: see grow_parts. */
struct window_part *window_parts_copy(const struct window_part *parts, size_t count)
{
    size_t size = 1;
    while (size < count)
        size *= 2;
    struct window_part *copy = calloc(size, sizeof(*copy));
    if (copy && count > 0)
        memcpy(copy, parts, count * sizeof(*copy));
    return copy;
}

/* Room for one part more: the array's size is its count, rounded up to a power of two. */
static int grow_parts(struct window_segment *s)
{
    if ((s->part_count & (s->part_count - 1)) != 0)
        return 0;
    size_t size = s->part_count > 0 ? 2 * (size_t)s->part_count : 1;
    struct window_part *parts = realloc(s->parts, size * sizeof(*parts));
    if (!parts)
        return -ENOMEM;
    s->parts = parts;
    return 0;
}

int window_extend(struct window *w, const struct window_part *part, uint32_t samples)
{
    struct window_segment *s = window_open(w);
    assert(s);
    if (grow_parts(s) < 0)
        return -ENOMEM;
    s->parts[s->part_count++] = *part;
    s->duration_90k += part->duration_90k;
    s->bytes += part->bytes;
    s->samples += samples;
    w->bytes += part->bytes;
    w->revision++;
    return 0;
}

void window_complete(struct window *w, struct blob *blob, bool same_file, int64_t now_us)
{
    struct window_segment *s = window_open(w);
    assert(s && !s->blob);
    s->open = false;
    s->blob = blob_ref(blob);
    s->listed_us = now_us;
    if (same_file && s->file != blob) {
        blob_unref(&s->file);
        s->file = blob_ref(blob);
    }
    w->revision++;
    w->shelved++;
    window_weigh(w);
    note_longest(w);
}

/* Three target durations are three segments to some validators, and the open one, or the one that
 * the hint is for, is the third; half of the span is always listed. */
static bool lists_parts(const struct window *w, size_t i, int64_t sum_90k, int64_t span_90k)
{
    size_t segments = w->count - i + (window_open(w) == NULL);
    if (i == w->count)
        return true;
    return sum_90k + w->items[i - 1].duration_90k <= span_90k &&
           (segments < 3 || sum_90k < span_90k / 2);
}

void window_give_up(struct window *w, int64_t duration_90k, int64_t now_us)
{
    struct window_segment *s = window_open(w);
    assert(s && s->file);
    s->gap = s->independent = true;
    s->iframe_bytes = 0;
    s->duration_90k = duration_90k;
    window_complete(w, s->file, false, now_us);
}

void window_close_gap(struct window *w, int64_t now_us)
{
    struct window_segment *s = window_open(w);
    assert(s && s->gap && !s->file);
    s->open = false;
    s->listed_us = now_us;
    w->revision++;
    w->shelved++;
    note_longest(w);
}

bool window_ends_in_gap(const struct window *w)
{
    const struct window_segment *last = window_last(w);
    return last && last->part_count > 0 && last->parts[last->part_count - 1].gap;
}

void window_list_parts(struct window *w, int64_t span_90k)
{
    int64_t sum = 0;
    size_t i = w->count;
    while (i > w->retained && lists_parts(w, i, sum, span_90k))
        sum += w->items[--i].duration_90k;
    if (i == w->count || w->items[i].msn <= w->parts_from)
        return;
    w->parts_from = w->items[i].msn;
    w->revision++;
}

size_t window_listed(const struct window *w)
{
    return w->count - w->retained;
}

struct window_segment *window_open(const struct window *w)
{
    return window_listed(w) > 0 && w->items[w->count - 1].open ? &w->items[w->count - 1] : NULL;
}

size_t window_whole(const struct window *w)
{
    return window_listed(w) - (window_open(w) != NULL);
}

const struct window_segment *window_newest(const struct window *w)
{
    return window_whole(w) > 0 ? &w->items[w->retained + window_whole(w) - 1] : NULL;
}

const struct window_segment *window_first(const struct window *w)
{
    return window_listed(w) > 0 ? &w->items[w->retained] : NULL;
}

const struct window_segment *window_last(const struct window *w)
{
    return window_listed(w) > 0 ? &w->items[w->count - 1] : NULL;
}

const struct window_segment *window_find(const struct window *w, uint64_t msn)
{
    const struct window_segment *first = window_first(w);
    if (!first || msn < first->msn || msn - first->msn >= window_listed(w))
        return NULL;
    return first + (msn - first->msn);
}

int64_t window_duration_90k(const struct window *w)
{
    int64_t sum = 0;
    for (size_t i = w->retained; i < w->count; i++)
        sum += w->items[i].duration_90k;
    return sum;
}

uint64_t window_limit(const struct window *w, size_t segments, int64_t duration_90k)
{
    int64_t sum = 0;
    size_t i = w->count;
    segments += window_open(w) != NULL;
    while (i > w->retained && (w->count - i < segments || sum < duration_90k))
        sum += w->items[--i].duration_90k;
    return i < w->count ? w->items[i].msn : UINT64_MAX;
}

static void retain(struct window_segment *s, int64_t now_us, int64_t grace_us)
{
    int64_t own_us = ticks_to_us(s->duration_90k);
    int64_t by_rule = s->listed_us + own_us + ticks_to_us(s->longest_90k);
    int64_t by_grace = now_us + own_us + grace_us;
    s->keep_until_us = by_rule > by_grace ? by_rule : by_grace;
}

void window_slide(struct window *w, uint64_t first_msn, int64_t now_us, int64_t grace_us)
{
    while (w->retained < w->count && w->items[w->retained].msn < first_msn) {
        assert(!w->items[w->retained].open);
        retain(&w->items[w->retained], now_us, grace_us);
        w->retained++;
        w->revision++;
        w->shelved++;
    }
}

bool window_expire(struct window *w, int64_t now_us)
{
    size_t n = 0;
    while (n < w->retained && (!w->items[n].blob || w->items[n].keep_until_us <= now_us))
        n++;
    if (n > 0)
        drop_front(w, n);
    return n > 0;
}

bool window_shed_retained(struct window *w)
{
    if (w->retained == 0)
        return false;
    drop_front(w, 1);
    return true;
}

bool window_shed_listed(struct window *w)
{
    if (window_whole(w) <= 1)
        return false;
    drop_front(w, w->retained + 1);
    w->revision++;
    return true;
}
