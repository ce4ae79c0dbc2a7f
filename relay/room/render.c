/* Turns a presentation into the immutable view that viewers are served from. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/render.h"

#include "relay/room/playlist.h"

#include <stdio.h>

/* Rule 106: a cache may keep a segment no longer than we do. A listed one stays at least until
 * those before it have slid off, a retained one until its time is over. */
static uint32_t planned_life_s(const struct window *w, size_t i, int64_t now_us)
{
    int64_t life_us = w->items[i].keep_until_us - now_us;
    if (i >= w->retained) {
        life_us = 0;
        for (size_t k = w->retained; k <= i; k++)
            life_us += ticks_to_us(w->items[k].duration_90k);
    }
    return life_us > 1000000 ? (uint32_t)(life_us / 1000000) : 1;
}

static void add_file(struct view_rendition *out, struct blob *b, uint32_t max_age_s)
{
    struct view_file *f = &out->files[out->file_count++];
    f->blob = blob_ref(b);
    f->bytes = b->bytes;
    f->max_age_s = max_age_s;
}

/* A map that returns after another one is the same file; the youngest segment gives its age. */
static void add_init(struct view_rendition *out, struct blob *init, uint32_t max_age_s)
{
    char name[48];
    playlist_init_name(init, name);
    for (size_t i = 0; i < out->file_count; i++) {
        if (!blob_is_same(out->files[i].blob, init))
            continue;
        if (out->files[i].max_age_s < max_age_s)
            out->files[i].max_age_s = max_age_s;
        return;
    }
    add_file(out, init, max_age_s);
    snprintf(out->files[out->file_count - 1].name, sizeof(name), "%s", name);
}

static int render_rendition(struct view_rendition *out, const struct rendition *r, int64_t now_us)
{
    const struct window *w = &r->window;
    snprintf(out->name, sizeof(out->name), "%s", r->name);
    out->media_type = r->kind == CODEC_KIND_VIDEO ? "video/mp4" : "audio/mp4";
    out->playlist = r->playlist ? body_ref(r->playlist) : NULL;
    int err = view_rendition_reserve(out, 2 * w->count);
    if (err < 0)
        return err;
    const struct blob *init = NULL;
    for (size_t i = w->count; i-- > 0;) {
        const struct window_segment *s = &w->items[i];
        if (s->init && s->init != init)
            add_init(out, s->init, planned_life_s(w, i, now_us));
        init = s->init;
        if (!s->blob)
            continue;
        add_file(out, s->blob, planned_life_s(w, i, now_us));
        playlist_segment_name(s->msn, out->files[out->file_count - 1].name);
    }
    view_rendition_sort(out);
    return 0;
}

int render_view(struct room_view **out, const char *room, const struct presentation *p,
                const struct body *multivariant, const struct body *status, int64_t now_us)
{
    int err = room_view_new(out, room, p->count);
    for (size_t i = 0; err == 0 && i < p->count; i++)
        err = render_rendition(&(*out)->renditions[i], p->renditions[i], now_us);
    if (err < 0) {
        room_view_unref(out);
        return err;
    }
    (*out)->multivariant = multivariant ? body_ref(multivariant) : NULL;
    (*out)->status = status ? body_ref(status) : NULL;
    return 0;
}
