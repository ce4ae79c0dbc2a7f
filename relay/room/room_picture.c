/* The window's newest random access point, of what is listed. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/room_picture.h"

#include "relay/room/room_inside.h"

static const struct rendition *video_of(const struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->renditions[i]->kind == CODEC_KIND_VIDEO)
            return p->renditions[i];
    return NULL;
}

/* While a segment is being written, its first part has the picture already. */
static bool of_open(const struct window_segment *s, struct keyframe *out)
{
    if (!s || s->gap || !s->file || !s->init || s->part_count == 0)
        return false;
    *out = (struct keyframe){s->init, s->file, s->parts[0].offset, s->parts[0].bytes};
    return s->parts[0].independent && !s->parts[0].gap;
}

static bool of_whole(const struct window_segment *s, struct keyframe *out)
{
    if (!s || s->gap || !s->blob || !s->init || !s->independent)
        return false;
    *out = (struct keyframe){s->init, s->blob, 0, s->iframe_bytes ? s->iframe_bytes : s->bytes};
    return true;
}

bool room_is_fed(const struct room *r)
{
    return r->state == ROOM_LIVE || r->state == ROOM_STALE;
}

bool room_is_public(const struct room *r)
{
    return r->presentation.is_public;
}

bool room_keyframe(const struct room *r, struct keyframe *out)
{
    const struct rendition *v = room_is_fed(r) ? video_of(&r->presentation) : NULL;

    if (!room_is_public(r))
        return false;
    /* what a hole was filled with is no picture of the feed */
    if (!v || !v->delivered || !v->announced)
        return false;
    return of_open(window_open(&v->window), out) || of_whole(window_newest(&v->window), out);
}

const struct picture_turn *room_turn(const struct room *r)
{
    return &r->turn;
}

struct picture_turn *room_take_turn(struct room *r)
{
    return &r->turn;
}

void room_set_picture(struct room *r, struct blob *jpeg, int64_t wall_us)
{
    if (!jpeg && !r->showcase.picture)
        return;
    blob_unref(&r->showcase.picture);
    if (jpeg)
        r->showcase.picture = blob_ref(jpeg);
    r->showcase.picture_wall_us = jpeg ? wall_us : 0;
    showcase_touch(&r->showcase);
    room_show_soon(r);
}
