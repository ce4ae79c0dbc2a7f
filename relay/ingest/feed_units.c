/* Which access_units a PES belongs to. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_units.h"

#include <string.h>

void feed_units_init(struct feed_units *f, size_t max_bytes, access_unit_fn *fn, void *ctx)
{
    memset(f, 0, sizeof(*f));
    f->max_bytes = max_bytes;
    f->fn = fn;
    f->ctx = ctx;
}

static void add(struct access_units_count *sum, const struct access_units *a)
{
    struct access_units_count c;

    access_units_count(a, &c);
    sum->corrupt += c.corrupt;
    sum->oversize += c.oversize;
    sum->lost_sync += c.lost_sync;
}

static void end(struct feed_units *f, size_t i)
{
    if (!f->units[i])
        return;
    add(&f->gone, f->units[i]);
    access_units_free(&f->units[i]);
}

void feed_units_fini(struct feed_units *f)
{
    for (size_t i = 0; i < TS_TRACKS_MAX; i++)
        end(f, i);
}

int feed_units_turn(struct feed_units *f, const struct ts_layout *l)
{
    int rc = 0;

    for (size_t i = 0; i < TS_TRACKS_MAX; i++)
        if (i >= l->count || f->codecs[i] != l->tracks[i].codec)
            end(f, i);
    for (size_t i = 0; i < l->count && !rc; i++) {
        f->codecs[i] = l->tracks[i].codec;
        if (!f->units[i])
            rc = access_units_new(&f->units[i], (uint32_t)i, f->codecs[i], f->max_bytes, f->fn,
                                  f->ctx);
    }
    return rc;
}

void feed_units_take(struct feed_units *f, const struct ts_pes *pes, bool torn)
{
    if (f->units[pes->track])
        access_units_take(f->units[pes->track], pes->data, pes->len, pes->has_time, pes->raw_pts,
                          pes->raw_dts, pes->corrupt || torn);
}

void feed_units_count(const struct feed_units *f, struct access_units_count *out)
{
    *out = f->gone;
    for (size_t i = 0; i < TS_TRACKS_MAX; i++)
        if (f->units[i])
            add(out, f->units[i]);
}
