/* Whether the list of stored rooms still lets a feed publish. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed.h"
#include "relay/ingest/feed_state.h"

bool feed_may_stay(const struct feed *f)
{
    const char *room = f->o.stream.room;
    const struct stored_room *s = config_find_stored(f->o.config, room);

    if (!s && config_find_room(f->o.config, room)) /* the file's: a reload ends no feed */
        return true;
    return s ? s->id == f->o.stored_id && s->feeds == f->o.stored_feeds : f->o.stored_id == 0;
}
