/* What a filler is made from: the room's own last picture and its sounds' parameters, or a clip. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/hole_source.h"

#include <string.h>

/* The newest segment of r that has media and begins with an IDR, retained ones too. */
static const struct window_segment *newest_media(const struct rendition *r)
{
    const struct window *w = &r->window;
    for (size_t i = w->count; i-- > 0;)
        if (!w->items[i].gap && w->items[i].independent && w->items[i].blob && w->items[i].init)
            return &w->items[i];
    return NULL;
}

static bool is_wanted(const struct rendition *r)
{
    return r->kind == CODEC_KIND_AUDIO || (r->kind == CODEC_KIND_VIDEO && r->rank == 1);
}

bool hole_source_take(struct hole_source *s, const struct presentation *p)
{
    hole_source_drop(s);
    for (size_t i = 0; i < p->count && s->count < LINK_TRACKS_MAX; i++) {
        const struct rendition *r = p->renditions[i];
        const struct window_segment *media = is_wanted(r) ? newest_media(r) : NULL;
        if (!media)
            continue;
        if (r->kind == CODEC_KIND_VIDEO)
            s->idr = blob_ref(media->blob);
        memcpy(s->languages[s->count], r->language, sizeof(r->language));
        s->inits[s->count++] = blob_ref(media->init);
    }
    return s->count > 0;
}

void hole_source_drop(struct hole_source *s)
{
    blob_unref(&s->idr);
    for (size_t i = 0; i < s->count; i++)
        blob_unref(&s->inits[i]);
    s->count = 0;
}

static bool send_blob(const struct rooms_out *out, struct link_message *m, const struct blob *b,
                      uint32_t piece, bool last)
{
    m->u.fill.what.piece = piece;
    m->u.fill.what.bytes = b->bytes;
    m->u.fill.what.last = last;
    return out->pass(out->ctx, m->worker, m, b->fd);
}

bool hole_source_send(const struct hole_source *s, const struct rooms_out *out,
                      struct link_message *m)
{
    bool sent = true;
    for (size_t i = 0; i < s->count && sent; i++) {
        memcpy(m->u.fill.language, s->languages[i], sizeof(m->u.fill.language));
        sent = send_blob(out, m, s->inits[i], LINK_FILL_INIT, !s->idr && i + 1 == s->count);
    }
    return sent && (!s->idr || send_blob(out, m, s->idr, LINK_FILL_IDR, true));
}
