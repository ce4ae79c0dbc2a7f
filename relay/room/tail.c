/* The end of a rendition's list: segments, parts and gaps, added in order. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/tail.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int64_t tail_longest_90k(const struct presentation *p)
{
    return (int64_t)p->target_duration_s * 90000 + 44999;
}

/* What is listed reaches as far as the end of s. */
static void note_end(struct presentation *p, const struct window_segment *s)
{
    int64_t end_90k = s->start_90k + s->duration_90k;
    int64_t end_wall_us = s->wall_us + ticks_to_us(s->duration_90k);
    p->end_90k = end_90k > p->end_90k ? end_90k : p->end_90k;
    p->end_wall_us = end_wall_us > p->end_wall_us ? end_wall_us : p->end_wall_us;
}

/* Rule 26: parts are listed while they are within three target durations of the end. */
static void age_parts(const struct presentation *p, struct rendition *r)
{
    if (p->target_duration_s > 0)
        window_list_parts(&r->window, (int64_t)p->target_duration_s * 3 * 90000);
}

/* Section 6.2.6: what was hinted at and never came does not come later under the same name either,
 * or who asked for it in time would have been refused what others got. So what is missing uses a
 * number up as well, when there is a hint for it. */
static bool uses_number(const struct rendition *r, bool gap)
{
    return !gap || (window_listed(&r->window) > 0 && !window_ends_in_gap(&r->window));
}

/* Once it is listed: numbers are never used twice. */
static void use_number(struct presentation *p, struct rendition *r)
{
    r->next_part++;
    p->next_part = r->next_part > p->next_part ? r->next_part : p->next_part;
}

/* The rendition's next part as it will be listed. */
static struct window_part number_part(const struct rendition *r, const struct window_part *part)
{
    struct window_part numbered = *part;
    numbered.number = part->gap ? part->number : r->next_part;
    return numbered;
}

/* How many parts stand for missing media of that length. */
static uint32_t gap_parts(const struct presentation *p, const struct rendition *r, int64_t length)
{
    int64_t longest = (int64_t)p->part_target_ms * 90;
    bool none = longest == 0 || length <= 0 || r->kind == CODEC_KIND_MUXED;
    return none ? 0 : (uint32_t)((length + longest - 1) / longest);
}

/* The first of them: rule 72, none is longer than PART-TARGET. */
static struct window_part gap_part(const struct presentation *p, int64_t length)
{
    int64_t longest = (int64_t)p->part_target_ms * 90;
    return (struct window_part){.duration_90k = (uint32_t)(length < longest ? length : longest),
                                .gap = true};
}

/* Rule 32, section 6.2.1: what is missing has parts too, each with GAP=YES; so a list that ends in
 * a gap has a last part to report (section 4.4.5.4). */
static int fill_parts(const struct presentation *p, const struct rendition *r,
                      struct window_segment *s)
{
    int64_t rest = s->duration_90k;
    uint32_t count = gap_parts(p, r, rest);
    s->parts = count > 0 ? malloc(count * sizeof(*s->parts)) : NULL;
    if (count > 0 && !s->parts)
        return -ENOMEM;
    for (s->part_count = 0; s->part_count < count; s->part_count++) {
        s->parts[s->part_count] = gap_part(p, rest);
        rest -= s->parts[s->part_count].duration_90k;
    }
    return 0;
}

int tail_append(struct presentation *p, struct rendition *r, struct window_segment *s,
                const struct window_part *part, uint64_t least)
{
    const struct window_segment *last = window_last(&r->window);
    bool numbered = (s->gap || part) && uses_number(r, s->gap);
    s->sequence = epochs_at(&p->epochs, s->msn)->sequence;
    if (s->sequence < least)
        s->sequence = least;
    if (last && s->sequence < last->sequence)
        s->sequence = last->sequence;
    s->breaks = last ? (uint32_t)(s->sequence - last->sequence) : 0;
    if (part) {
        s->parts = malloc(sizeof(*s->parts));
        if (!s->parts)
            return -ENOMEM;
        s->parts[0] = number_part(r, part);
        s->part_count = 1;
    }
    int err = s->gap && !part ? fill_parts(p, r, s) : 0;
    if (err == 0)
        err = window_append(&r->window, s);
    if (err < 0) {
        free(s->parts);
        return err;
    }
    if (s->blob)
        blob_ref(s->blob);
    if (s->init)
        blob_ref(s->init);
    if (s->file)
        blob_ref(s->file);
    if (numbered)
        use_number(p, r);
    note_end(p, s);
    age_parts(p, r);
    p->next_msn = s->msn >= p->next_msn ? s->msn + 1 : p->next_msn;
    p->counters.gaps += s->gap;
    return 0;
}

int tail_extend(struct presentation *p, struct rendition *r, const struct window_part *part,
                uint32_t samples)
{
    struct window_part numbered = number_part(r, part);
    bool uses = uses_number(r, part->gap);
    int err = window_extend(&r->window, &numbered, samples);
    if (err < 0)
        return err;
    if (uses)
        use_number(p, r);
    note_end(p, window_last(&r->window));
    age_parts(p, r);
    return 0;
}

void tail_complete(struct presentation *p, struct rendition *r, struct blob *blob, bool same_file,
                   uint32_t iframe_bytes, int64_t now_us)
{
    struct window_segment *s = window_open(&r->window);
    assert(s && (blob || s->file));
    if (p->target_duration_s > 0 && s->duration_90k > tail_longest_90k(p)) {
        s->duration_90k = tail_longest_90k(p);
        p->counters.over_target++;
    }
    s->iframe_bytes = iframe_bytes;
    p->counters.segments++;
    p->counters.bytes += s->bytes;
    window_complete(&r->window, blob ? blob : s->file, same_file, now_us);
    age_parts(p, r);
    r->delivered = true;
    p->first_us = p->first_us > 0 ? p->first_us : now_us;
}

static int begin_gap(struct presentation *p, struct rendition *r, int64_t start_90k,
                     int64_t duration_90k, const struct window_part *part, int64_t now_us)
{
    const struct window_segment *last = window_last(&r->window);
    struct window_segment gap = {
        .msn = last->msn + 1,
        .start_90k = start_90k,
        .duration_90k = duration_90k,
        .gap = true,
        .independent = true,
        .open = part != NULL,
        .init = last->init,
        .listed_us = now_us,
    };
    gap.wall_us = epoch_wall_us(epochs_at(&p->epochs, gap.msn), gap.msn, start_90k);
    return tail_append(p, r, &gap, part, 0);
}

int tail_gap_part(struct presentation *p, struct rendition *r, int64_t start_90k,
                  int64_t duration_90k, bool begins, bool whole, int64_t now_us)
{
    bool parts = p->part_target_ms > 0 && r->kind != CODEC_KIND_MUXED;
    const struct window_part part = {.duration_90k = (uint32_t)duration_90k, .gap = true};
    int err = begins || !parts
                  ? begin_gap(p, r, start_90k, duration_90k, parts ? &part : NULL, now_us)
                  : tail_extend(p, r, &part, 0);
    if (err == 0 && parts && whole)
        tail_close_gap(p, r, now_us);
    return err;
}

void tail_close_gap(struct presentation *p, struct rendition *r, int64_t now_us)
{
    window_close_gap(&r->window, now_us);
    age_parts(p, r);
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

/* The parts that r's open segment lacks to be as long as that; without memory it has fewer. */
static void extend_gap(struct presentation *p, struct rendition *r, int64_t duration_90k)
{
    int64_t rest = duration_90k - window_open(&r->window)->duration_90k;
    int err = 0;
    for (uint32_t n = gap_parts(p, r, rest); n > 0 && err == 0; n--) {
        struct window_part part = gap_part(p, rest);
        rest -= part.duration_90k;
        err = tail_extend(p, r, &part, 0);
    }
}

/* A frame at 24 Hz: encodes that reorder differently may end so far apart. */
enum { ALL_THERE_90K = 3750 };

bool tail_give_up(struct presentation *p, struct rendition *r, int64_t now_us)
{
    const struct window_segment *open = window_open(&r->window);
    const struct window_segment *twin = open ? find_twin(p, open->msn) : NULL;
    int64_t duration_90k = twin ? twin->start_90k + twin->duration_90k - open->start_90k : 0;
    if (!twin || twin->open || duration_90k < open->duration_90k)
        return false;
    if (duration_90k > tail_longest_90k(p))
        duration_90k = tail_longest_90k(p);
    if (duration_90k - open->duration_90k <= ALL_THERE_90K) { /* only the word of its end is lost */
        tail_complete(p, r, NULL, false, 0, now_us);
        return true;
    }
    extend_gap(p, r, duration_90k);
    window_give_up(&r->window, duration_90k, now_us);
    p->counters.gaps++;
    age_parts(p, r);
    return true;
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
    guess = guess > tail_longest_90k(p) ? tail_longest_90k(p) : guess;
    return guess < 1 ? 1 : guess;
}

/* Where what follows r's last segment starts: that one may have been cut short, its twins tell. */
static int64_t end_behind(const struct presentation *p, const struct window_segment *last)
{
    int64_t end_90k = last->start_90k + last->duration_90k;
    for (size_t i = 0; i < p->count; i++) {
        const struct window_segment *twin = window_find(&p->renditions[i]->window, last->msn);
        if (twin && !twin->open && twin->start_90k + twin->duration_90k > end_90k)
            end_90k = twin->start_90k + twin->duration_90k;
    }
    return end_90k;
}

/* A twin that begins so long before the gap is itself a guess: its date would overlap (rule 53). */
enum { APART_90K = 45000 };

/* One gap behind r's last segment: as long as its twin in another rendition, or as guessed. */
static int append_gap(struct presentation *p, struct rendition *r, uint64_t until,
                      int64_t start_90k, struct blob *init, bool over, int64_t now_us)
{
    const struct window_segment *last = window_last(&r->window);
    const struct window_segment *twin = find_twin(p, last->msn + 1);
    int64_t end_90k = end_behind(p, last);
    if (twin && end_90k - twin->start_90k > APART_90K)
        twin = NULL;
    struct window_segment gap = {
        .msn = last->msn + 1,
        .start_90k = twin && twin->start_90k > end_90k ? twin->start_90k : end_90k,
        .gap = true,
        .independent = true,
        .init = init ? init : last->init,
        .listed_us = now_us,
    };
    struct epoch *e = epochs_at(&p->epochs, gap.msn);
    gap.duration_90k = twin && !twin->open ? twin->duration_90k
                                           : guess_90k(p, gap.msn, gap.start_90k, until, start_90k);
    gap.wall_us = twin ? twin->wall_us : epoch_wall_us(e, gap.msn, gap.start_90k);
    int64_t own_90k = last->start_90k + last->duration_90k, lag_90k = gap.start_90k - own_90k;
    if (over && lag_90k > APART_90K) { /* listed from where it is missing (rule 32) */
        gap.start_90k = own_90k;
        gap.duration_90k += lag_90k;
        if (gap.duration_90k > tail_longest_90k(p))
            gap.duration_90k = tail_longest_90k(p);
        gap.wall_us -= ticks_to_us(lag_90k);
    }
    return tail_append(p, r, &gap, NULL, 0);
}

/* over: what follows comes behind a break, so dates need not be those of the twins. */
static int fill(struct presentation *p, struct rendition *r, uint64_t until, int64_t start_90k,
                struct blob *init, bool over, int64_t now_us)
{
    const struct epoch *own = epochs_at(&p->epochs, until);
    const struct window_segment *last = window_last(&r->window);
    bool cut = last && last->open && last->msn + 1 < until; /* the rest of it is too late */
    if (cut && !(r->joins && tail_give_up(p, r, now_us)))
        tail_complete(p, r, NULL, false, 0, now_us);
    while (last && last->msn + 1 < until) {
        bool same = epochs_at(&p->epochs, last->msn + 1) == own;
        int err = append_gap(p, r, until, start_90k, same ? init : NULL, over, now_us);
        if (err < 0)
            return err;
        last = window_last(&r->window);
    }
    return 0;
}

int tail_fill(struct presentation *p, struct rendition *r, uint64_t until, int64_t start_90k,
              struct blob *init, int64_t now_us)
{
    return fill(p, r, until, start_90k, init, false, now_us);
}

int tail_level(struct presentation *p, struct rendition *r, int64_t now_us)
{
    return fill(p, r, p->next_msn, p->end_90k, NULL, true, now_us);
}

int tail_pull_others(struct presentation *p, const struct rendition *leader, int64_t now_us)
{
    const struct window_segment *front = window_newest(&leader->window);
    for (size_t i = 0; front && i < p->count; i++) {
        struct rendition *r = p->renditions[i];
        if (r == leader || window_listed(&r->window) == 0)
            continue;
        bool comes = r->announced && !r->silent;
        uint64_t until = comes ? front->msn - PRESENTATION_LAG + 1 : front->msn + 1;
        if (comes && front->msn < PRESENTATION_LAG)
            continue;
        if (r->joins && !comes)
            tail_give_up(p, r, now_us);
        int err = tail_fill(p, r, until, front->start_90k, NULL, now_us);
        if (err < 0)
            return err;
    }
    return 0;
}
