/* What a rendition declares as BANDWIDTH: measured on its segments, held steady in coarse steps. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/bandwidth.h"

/* AAS 1.28, 1.29: a live peak may exceed the declared one by 25 %, the mean by 10 %. We never do
 * either; the headroom is what the next segments may grow by before the text must change. */
enum { PEAK_PERCENT = 110, AVERAGE_PERCENT = 105 };

static uint64_t rate(uint64_t bytes, int64_t duration_90k)
{
    return duration_90k > 0 ? bytes * 8 * 90000 / (uint64_t)duration_90k : 0;
}

static uint32_t bytes_of(const struct window_segment *s, bool iframes)
{
    return iframes ? s->iframe_bytes : s->bytes;
}

/* One past the last whole segment. */
static size_t end_of(const struct window *w)
{
    return w->retained + window_whole(w);
}

uint64_t bandwidth_average(const struct window *w, bool iframes)
{
    uint64_t bytes = 0;
    int64_t sum = 0;
    for (size_t i = w->retained; i < end_of(w); i++) {
        if (w->items[i].gap)
            continue;
        bytes += bytes_of(&w->items[i], iframes);
        sum += w->items[i].duration_90k;
    }
    return rate(bytes, sum);
}

uint64_t bandwidth_peak(const struct window *w, uint32_t target_duration_s, bool iframes)
{
    int64_t shortest = (int64_t)target_duration_s * 45000, longest = 3 * shortest;
    uint64_t peak = 0;
    for (size_t i = w->retained; i < end_of(w); i++) {
        uint64_t bytes = 0;
        int64_t sum = 0;
        for (size_t k = i; k < end_of(w) && !w->items[k].gap && sum < longest; k++) {
            bytes += bytes_of(&w->items[k], iframes);
            sum += w->items[k].duration_90k;
            uint64_t bps = rate(bytes, sum);
            if (sum >= shortest && sum <= longest && bps > peak)
                peak = bps;
        }
    }
    return peak > 0 ? peak : bandwidth_average(w, iframes);
}

uint64_t bandwidth_coarse(uint64_t bps)
{
    uint64_t step = 1;
    while (bps / step >= 100)
        step *= 10;
    return (bps + step - 1) / step * step;
}

static void follow(uint64_t *declared, uint64_t measured, unsigned percent)
{
    uint64_t wanted = bandwidth_coarse(measured * percent / 100);
    if (measured > *declared || wanted * 3 < *declared * 2)
        *declared = wanted;
}

void bandwidth_update(struct bandwidth *b, const struct window *w, uint32_t target_duration_s,
                      bool iframes)
{
    uint64_t peak = bandwidth_peak(w, target_duration_s, iframes);
    if (peak == 0)
        return; /* nothing but gaps: what was declared stays */
    follow(&b->peak_bps, peak, PEAK_PERCENT);
    follow(&b->average_bps, bandwidth_average(w, iframes), AVERAGE_PERCENT);
    if (b->average_bps > b->peak_bps)
        b->average_bps = b->peak_bps;
}
