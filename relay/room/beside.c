/* Takes what feeds carry beside their tracks into the room: captions, splice points, tags. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/beside.h"

#include "relay/base/log.h"

#include <errno.h>
#include <string.h>

static bool take_captions(struct presentation *p, const struct link_captions *m)
{
    struct captions found = {
        .carried = m->carried,
        .channels = m->channels & ((1u << CAPTIONS_CHANNELS) - 1),
        .services = m->services & ~UINT64_C(1), /* there is no service 0 */
    };
    return captions_merge(&p->captions, &found);
}

/* Dates come from the epochs of the feed that holds the room: they are right from its first
 * segment on. */
static bool date(struct presentation *p)
{
    uint64_t before = p->dateranges.revision;
    if (p->first_us > 0)
        dateranges_date(&p->dateranges, &p->epochs);
    return p->dateranges.revision != before;
}

static bool take_event(struct presentation *p, const struct link_event *e, const char *ctx)
{
    uint64_t before = p->dateranges.revision;
    int err = dateranges_take(&p->dateranges, e);
    if (err != 0 && err != -EALREADY)
        log_warn(ctx, "event_not_listed kind=%u error=\"%s\"", e->kind, strerror(-err));
    date(p);
    return p->dateranges.revision != before;
}

bool beside_take(struct presentation *p, const struct link_message *m, const char *ctx)
{
    return m->type == LINK_CAPTIONS ? take_captions(p, &m->u.captions)
                                    : take_event(p, &m->u.event, ctx);
}

/* Where the lists begin: the earliest of them. */
static int64_t first_90k(const struct presentation *p)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        const struct window_segment *s = window_first(&p->renditions[i]->window);
        if (s && s->start_90k < first)
            first = s->start_90k;
    }
    return first == INT64_MAX ? 0 : first;
}

void beside_slide(struct presentation *p)
{
    date(p);
    dateranges_expire(&p->dateranges, first_90k(p));
}
