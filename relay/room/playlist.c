/* The text of a media playlist, of its delta update, and of the list of its I-frames. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/playlist.h"

#include "relay/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUN = 32, /* segments whose text is kept as one piece */
    /* In target durations: the least that sections 4.4.3.8 and, for parts, AAS 14.3 allow. */
    HOLD_BACK = 3,
    PART_HOLD_BACK = 3,
    CAN_SKIP_UNTIL = 6,
};

struct playlist_run {
    uint64_t number; /* of the run: its MSNs divided by RUN */
    struct press text;
};

void playlist_segment_name(uint64_t msn, bool ts, char out[static 48])
{
    snprintf(out, 48, "%" PRIu64 "%s", msn, ts ? ".ts" : ".m4s");
}

void playlist_part_name(uint64_t number, char out[static 48])
{
    snprintf(out, 48, "p%" PRIu64 ".m4s", number);
}

void playlist_gap_name(uint64_t msn, uint32_t n, char out[static 48])
{
    snprintf(out, 48, "gap-%" PRIu64 "-%" PRIu32 ".m4s", msn, n);
}

void playlist_init_name(const struct blob *init, char out[static 48])
{
    snprintf(out, 48, "init-%.8s.mp4", init->etag + 1);
}

bool playlist_is_independent(const struct window *w)
{
    for (size_t i = w->retained; i < w->count; i++)
        if (!w->items[i].independent && !w->items[i].gap)
            return false;
    return true;
}

bool playlist_has_iframes(const struct window *w)
{
    for (size_t i = w->retained; i < w->count; i++)
        if (w->items[i].iframe_bytes > 0)
            return true;
    return false;
}

/* Will the next part be one of this segment? */
static bool goes_on(const struct window_segment *s)
{
    return s->open && !s->parts[s->part_count - 1].last;
}

uint32_t playlist_hint(const struct playlist *p, char name[static 48])
{
    const struct window_segment *last = window_last(p->window);
    if (window_ends_in_gap(p->window)) {
        name[0] = '\0';
        return 0;
    }
    if (!p->part_ranges) {
        playlist_part_name(p->next_part, name);
        return 0;
    }
    playlist_segment_name(!last ? 0 : goes_on(last) ? last->msn : last->msn + 1, p->ts, name);
    return last && goes_on(last) ? last->bytes : 0;
}

/* The segments that this kind of list shows: none of them is open in a list of I-frames. */
static size_t end_of(const struct playlist *p)
{
    const struct window *w = p->window;
    return p->iframes ? w->retained + window_whole(w) : w->count;
}

/* 1/90000 s as decimal seconds, never more than it is. */
static void render_seconds(struct text *t, int64_t ticks_90k)
{
    text_printf(t, "%" PRId64 ".%05" PRId64, ticks_90k / 90000, ticks_90k % 90000 * 10 / 9);
}

uint32_t playlist_skip_boundary_s(uint32_t target_duration_s)
{
    return target_duration_s * CAN_SKIP_UNTIL;
}

/* Section 4.4.3.8: constants for the room's life (rule 76), equal in all its lists (rule 65). */
static void render_control(struct text *t, const struct playlist *p)
{
    uint32_t part = p->part_target_ms, hold = part * PART_HOLD_BACK, td_s = p->target_duration_s;
    if (part == 0)
        return;
    text_printf(t,
                "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%" PRIu32 ".%03" PRIu32
                ",HOLD-BACK=%" PRIu32 ",CAN-SKIP-UNTIL=%" PRIu32 ",CAN-SKIP-DATERANGES=YES\n",
                hold / 1000, hold % 1000, td_s * HOLD_BACK, playlist_skip_boundary_s(td_s));
    if (!p->iframes)
        text_printf(t, "#EXT-X-PART-INF:PART-TARGET=%" PRIu32 ".%03" PRIu32 "\n", part / 1000,
                    part % 1000);
}

/* Rules 1, 4, 10, 16, 18: the VERSION is what EXT-X-MAP needs, 5 among I-frames and else 6, 10 for
 * EXT-X-SKIP that speaks of date ranges, and what EXTINF's fractions need, 3, where there is no
 * map; the discontinuity sequence is always present, because any live room may break one day. */
static void render_head(struct text *t, const struct playlist *p, bool skips)
{
    const struct window_segment *first = window_first(p->window);
    text_printf(t, "#EXTM3U\n#EXT-X-VERSION:%d\n", skips ? 10 : p->ts ? 3 : p->iframes ? 5 : 6);
    if (playlist_is_independent(p->window))
        text_puts(t, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    text_printf(t, "#EXT-X-TARGETDURATION:%" PRIu32 "\n", p->target_duration_s);
    render_control(t, p);
    if (p->iframes)
        text_puts(t, "#EXT-X-I-FRAMES-ONLY\n");
    text_printf(t, "#EXT-X-MEDIA-SEQUENCE:%" PRIu64 "\n", first->msn);
    text_printf(t, "#EXT-X-DISCONTINUITY-SEQUENCE:%" PRIu64 "\n", first->sequence - first->breaks);
}

static void render_dateranges(struct text *t, const struct playlist *p, bool recent)
{
    if (p->dateranges)
        dateranges_render(t, p->dateranges, recent);
}

/* Section 4.4.5.2. Who asked for date ranges to be skipped must be told which are gone; others may.
 */
static void render_skip(struct text *t, const struct playlist *p, size_t skipped)
{
    text_printf(t, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%zu,RECENTLY-REMOVED-DATERANGES=\"", skipped);
    if (p->dateranges)
        dateranges_render_removed(t, p->dateranges);
    text_puts(t, "\"\n");
}

/* Rule 37; section 4.4.4.5: a map holds for all that follows until the next one. */
static void render_map(struct text *t, const struct blob *init, const char *rendition)
{
    char name[48];
    playlist_init_name(init, name);
    text_printf(t, "#EXT-X-MAP:URI=\"%s/%s\"\n", rendition, name);
}

/* Rules 72, 78: a part never says more than PART-TARGET; a single frame may last longer. */
static void render_part(struct text *t, const struct playlist *p, const struct window_segment *s,
                        uint32_t n)
{
    char name[48];
    const struct window_part *part = &s->parts[n];
    int64_t most_90k = (int64_t)p->part_target_ms * 90;
    text_puts(t, "#EXT-X-PART:DURATION=");
    render_seconds(t, part->duration_90k < most_90k ? part->duration_90k : most_90k);
    if (part->gap)
        playlist_gap_name(s->msn, n, name);
    else if (p->part_ranges)
        playlist_segment_name(s->msn, p->ts, name);
    else
        playlist_part_name(part->number, name);
    text_printf(t, ",URI=\"%s/%s\"", p->rendition, name);
    if (part->gap) {
        text_puts(t, ",GAP=YES\n");
        return;
    }
    if (p->part_ranges)
        text_printf(t, ",BYTERANGE=\"%" PRIu32 "@%" PRIu32 "\"", part->bytes, part->offset);
    text_puts(t, part->independent ? ",INDEPENDENT=YES\n" : "\n");
}

/* What ends a segment: its duration and its URI. */
static void render_whole(struct text *t, const struct playlist *p, const struct window_segment *s)
{
    char name[48];
    playlist_segment_name(s->msn, p->ts, name);
    if (s->gap || (p->iframes && s->iframe_bytes == 0))
        text_puts(t, "#EXT-X-GAP\n");
    text_puts(t, "#EXTINF:");
    render_seconds(t, s->duration_90k);
    text_puts(t, ",\n");
    if (p->iframes && s->iframe_bytes > 0)
        text_printf(t, "#EXT-X-BYTERANGE:%" PRIu32 "@0\n", s->iframe_bytes);
    text_printf(t, "%s/%s\n", p->rendition, name);
}

/* Rule 80: what concerns the whole segment stands before its first part. */
static void render_segment(struct text *t, const struct playlist *p, size_t i, bool first)
{
    const struct window_segment *s = &p->window->items[i];
    char when[32];
    for (uint32_t k = 0; k < s->breaks; k++)
        text_puts(t, "#EXT-X-DISCONTINUITY\n");
    if (s->init && (first || !blob_is_same(s->init, s[-1].init)))
        render_map(t, s->init, p->rendition);
    clock_format(s->wall_us, when);
    text_printf(t, "#EXT-X-PROGRAM-DATE-TIME:%s\n", when);
    if (p->part_target_ms > 0 && !p->iframes && s->msn >= p->window->parts_from)
        for (uint32_t k = 0; k < s->part_count; k++)
            render_part(t, p, s, k);
    if (!s->open)
        render_whole(t, p, s);
}

/* Do the RUN segments from i on have their last text, and do they begin a run? */
static bool is_run(const struct playlist *p, size_t i, bool first)
{
    const struct window *w = p->window;
    uint64_t settled = p->part_target_ms > 0 ? w->parts_from : UINT64_MAX;
    return !first && w->items[i].msn % RUN == 0 && i + RUN <= w->retained + window_whole(w) &&
           w->items[i].msn + RUN <= settled;
}

bool playlist_has_runs(const struct playlist *p)
{
    return window_whole(p->window) > RUN;
}

static void drop_runs(struct playlist_runs *r, uint64_t before)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (r->list[i].number >= before)
            r->list[kept++] = r->list[i];
        else
            press_fini(&r->list[i].text);
    }
    r->count = kept;
}

void playlist_runs_fini(struct playlist_runs *r)
{
    drop_runs(r, UINT64_MAX);
    free(r->list);
    *r = (struct playlist_runs){0};
}

/* The text of the run that begins at i, from the store or made now. NULL: no memory. */
static const struct press *find_run(const struct playlist *p, struct playlist_runs *r, size_t i)
{
    uint64_t number = p->window->items[i].msn / RUN;
    for (size_t k = 0; k < r->count; k++)
        if (r->list[k].number == number)
            return &r->list[k].text;
    struct playlist_run *list = realloc(r->list, (r->count + 1) * sizeof(*list));
    if (!list)
        return NULL;
    r->list = list;
    struct playlist_run *run = &list[r->count];
    struct text t;
    text_init(&t);
    press_init(&run->text);
    run->number = number;
    for (size_t k = i; k < i + RUN; k++)
        render_segment(&t, p, k, false);
    press_add(&run->text, t.data, t.len);
    bool failed = text_failed(&t) || press_failed(&run->text);
    text_fini(&t);
    if (failed) {
        press_fini(&run->text);
        return NULL;
    }
    r->count++;
    return &run->text;
}

/* Ends the piece that t is. */
static void flush(struct press *out, struct text *t)
{
    press_add(out, t->data, t->len);
    out->plain.failed |= text_failed(t);
    text_clear(t);
}

static void render_segments(struct press *out, struct text *t, const struct playlist *p,
                            size_t from, struct playlist_runs *runs)
{
    for (size_t i = from, end = end_of(p); i < end;) {
        bool first = i == from;
        const struct press *run = runs && is_run(p, i, first) ? find_run(p, runs, i) : NULL;
        if (!run) {
            render_segment(t, p, i++, first);
            continue;
        }
        flush(out, t);
        press_join(out, run);
        i += RUN;
    }
}

/* Rules 29, 82, 85: the hint's length is not known; an ended list has none. */
static void render_end(struct text *t, const struct playlist *p)
{
    char name[48];
    if (p->ended) {
        text_puts(t, "#EXT-X-ENDLIST\n");
        return;
    }
    if (p->part_target_ms == 0 || p->iframes)
        return;
    uint32_t offset = playlist_hint(p, name);
    if (name[0] == '\0') /* section 6.2.6: what is hinted at is what will be */
        return;
    text_printf(t, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%s/%s\"", p->rendition, name);
    if (p->part_ranges)
        text_printf(t, ",BYTERANGE-START=%" PRIu32, offset);
    text_puts(t, "\n");
}

void playlist_render(struct press *out, const struct playlist *p, struct playlist_runs *runs)
{
    struct text t;
    text_init(&t);
    drop_runs(runs, window_first(p->window)->msn / RUN);
    render_head(&t, p, false);
    render_dateranges(&t, p, false);
    render_segments(out, &t, p, p->window->retained, runs);
    render_end(&t, p);
    flush(out, &t);
    text_fini(&t);
}

/* Rule 88: segments that end further than the skip boundary before the end of the last one. */
static size_t skippable(const struct playlist *p)
{
    const struct window *w = p->window;
    int64_t boundary_90k = (int64_t)playlist_skip_boundary_s(p->target_duration_s) * 90000;
    int64_t sum = 0;
    size_t i = w->retained + window_whole(w);
    while (i > w->retained && sum <= boundary_90k)
        sum += w->items[--i].duration_90k;
    return i - w->retained;
}

bool playlist_render_delta(struct press *out, const struct playlist *p, bool ranges)
{
    struct text t;
    size_t skipped = p->part_target_ms > 0 && !p->ended ? skippable(p) : 0;
    if (skipped == 0)
        return false;
    text_init(&t);
    render_head(&t, p, true);
    render_dateranges(&t, p, ranges);
    render_skip(&t, p, skipped);
    /* Rule 90: the first one repeats its map. */
    render_segments(out, &t, p, p->window->retained + skipped, NULL);
    render_end(&t, p);
    flush(out, &t);
    text_fini(&t);
    return true;
}

/* Rule 86; section 4.4.5.4: the last part belongs to the last segment, open or not. */
void playlist_report(struct text *t, const struct playlist *other)
{
    const struct window_segment *last = window_last(other->window);
    text_printf(t, "#EXT-X-RENDITION-REPORT:URI=\"%s.m3u8\",LAST-MSN=%" PRIu64, other->rendition,
                last->msn);
    /* What follows a segment that came without parts is asked for as part 1 of it (6.2.5.2). */
    if (last->part_count > 0 || other->part_target_ms > 0)
        text_printf(t, ",LAST-PART=%" PRIu32, last->part_count > 0 ? last->part_count - 1 : 0);
    text_puts(t, "\n");
}
