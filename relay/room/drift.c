/* How far an encoder's clock has run from ours, and how a room's dates follow. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/drift.h"

#include <stdlib.h>

enum {
    BASE_SEGMENTS = 8,
    SLACK_US = 5000, /* the loops of worker and front, beside each other */
    STEP_PART = 8000,
    STEP_US = 5000, /* whatever the length of segments */
};

static void begin(struct drift *d)
{
    d->count = 0;
    d->span_us = 0;
    d->least_us = INT64_MAX;
}

static int64_t step_of(const struct drift *d)
{
    int64_t off_us = d->least_us - d->base_us, most_us = d->span_us / STEP_PART;

    most_us = most_us < STEP_US ? most_us : STEP_US;
    if (llabs(off_us) <= SLACK_US)
        return 0;
    return off_us > 0 ? most_us : -most_us;
}

int64_t drift_take(struct drift *d, uint64_t sequence, int64_t length_us, int64_t late_us)
{
    int64_t step_us = 0;

    if (d->sequence != sequence || (!d->based && d->count == 0)) {
        d->sequence = sequence;
        d->based = false;
        begin(d);
    }
    d->count++;
    d->span_us += length_us;
    d->least_us = late_us < d->least_us ? late_us : d->least_us;
    if (d->count < (d->based ? DRIFT_SEGMENTS : BASE_SEGMENTS))
        return 0;
    if (d->based)
        step_us = step_of(d);
    else
        d->base_us = d->least_us;
    d->based = true;
    begin(d);
    return step_us;
}
