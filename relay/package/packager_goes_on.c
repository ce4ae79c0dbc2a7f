/* A feed that goes on where another one of the same encoder has ended, unit by unit. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager_state.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The units that came before that place were published by the other feed. They are read for their
 * parameters alone, since the first one that is taken may be any picture: its decoder has seen all
 * that it needs. Where more is missing than a slow frame, what follows cannot be decoded, and
 * begins behind a discontinuity, at a random access point.
 */
enum { HOLE_90K = 90000 / 2 };
/* No encoder's tracks are so far apart: what comes this long after the place is not before it. Raw
 * timestamps cannot tell once half of their 26 hours have passed. */
#define PAST_90K (INT64_C(10) * 90000)

static int64_t place_of(const struct packager *p, const struct packager_unit *u)
{
    return p->options.start_90k + timeline_distance(p->options.raw_90k, u->raw_dts);
}

static bool is_past(const struct packager *p)
{
    return p->leader && cmaf_track_end_90k(p->leader->cmaf) > p->options.start_90k + PAST_90K;
}

bool packager_is_before(const struct packager *p, const struct packaged_track *t,
                        const struct packager_unit *u)
{
    return p->options.goes_on && !cmaf_track_is_started(t->cmaf) && !is_past(p) &&
           place_of(p, u) < p->options.from_90k[u->track];
}

/* ISO/IEC 14496-12 section 8.8.5: mfhd's sequence_number rises. No feed has a fragment each 10 ms,
 * so that the time of day on the timeline is above every number that was given out before it. */
uint32_t packager_number(const struct packager *p)
{
    return p->options.goes_on ? (uint32_t)(p->options.start_90k / 900 & 0x3fffffff) + 1 : 0;
}

int packager_await(struct packaged_track *t, const struct track_params *params)
{
    if (!t->awaited)
        t->awaited = malloc(sizeof(*t->awaited));
    if (!t->awaited)
        return -ENOMEM;
    *t->awaited = *params;
    return 0;
}

bool packager_go_on(struct packager *p, struct packaged_track *t, const struct packager_unit *u,
                    bool random_access, struct track_params *params)
{
    bool hole = is_past(p) || place_of(p, u) - p->options.from_90k[u->track] > HOLE_90K;
    bool ready = t->awaited && !hole;

    if (hole)
        p->segmenter.discontinuity = true;
    if (ready && !random_access)
        *params = *t->awaited;
    if (ready || random_access) {
        free(t->awaited);
        t->awaited = NULL;
    }
    return ready;
}

/* draft-pantos-hls-rfc8216bis section 4.4.4.9: only the last part of a segment, and one that is
 * independent, may be short. A transport stream has got these units already. */
int packager_drop_splinters(struct packager *p)
{
    int rc = 0;

    for (size_t i = 0; i < p->count && !rc && !p->ts; i++)
        if (p->tracks[i].kind == CODEC_KIND_VIDEO && cmaf_track_is_started(p->tracks[i].cmaf))
            rc = cmaf_track_drop_splinter(p->tracks[i].cmaf);
    return rc;
}
