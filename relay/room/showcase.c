/* What viewers see of a room now: its rendered texts, and when to render and show them again. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/showcase.h"

#include "relay/room/audience.h"
#include "relay/room/multivariant.h"
#include "relay/room/playlist.h"
#include "relay/room/render.h"
#include "relay/room/sheets.h"
#include "relay/room/status.h"

#include <errno.h>
#include <string.h>

enum { STATUS_EVERY_US = 1000000 };

void showcase_fini(struct showcase *s)
{
    body_unref(&s->multivariant);
    body_unref(&s->status);
    blob_unref(&s->picture);
    audience_unref(&s->audience);
}

void showcase_touch(struct showcase *s)
{
    s->touched = true;
}

/* Exchanges *b for t's text when it differs; the same text stays the same body, with its dates. */
static int exchange(struct body **b, const struct text *t, const char *type, uint32_t max_age_s,
                    int64_t wall_us, bool *changed)
{
    struct body *next;
    if (text_failed(t))
        return -ENOMEM;
    if (t->len == 0 ||
        (*b && (*b)->plain_len == t->len && memcmp((*b)->plain, t->data, t->len) == 0))
        return 0;
    int err = body_new(&next, type, t->data, t->len, true, max_age_s, wall_us);
    if (err < 0)
        return err;
    body_unref(b);
    *b = next;
    *changed = true;
    return 0;
}

static int render_multivariant(struct showcase *s, const struct presentation *p, int64_t wall_us)
{
    struct text t;
    if (!p->settled)
        return 0; /* what was shown before stays until this session's tracks are known */
    text_init(&t);
    multivariant_render(&t, p);
    uint32_t max_age_s = p->target_duration_s > 2 ? p->target_duration_s / 2 : 1;
    int err = exchange(&s->multivariant, &t, PLAYLIST_TYPE, max_age_s, wall_us, &s->touched);
    text_fini(&t);
    return err;
}

static int render_status(struct showcase *s, struct room_facts *f, int64_t now_us, int64_t wall_us)
{
    struct text t;
    if (s->status && now_us - s->status_us < STATUS_EVERY_US)
        return 0;
    f->playable = s->multivariant != NULL;
    text_init(&t);
    status_render(&t, f);
    int err = exchange(&s->status, &t, STATUS_TYPE, 1, wall_us, &s->touched);
    text_fini(&t);
    if (err == 0)
        s->status_us = now_us;
    return err;
}

int showcase_show(struct showcase *s, const struct rooms_out *out, struct room_facts *f,
                  struct presentation *p, int64_t now_us, int64_t wall_us)
{
    struct room_view *view;
    int err = sheets_render(p, now_us, wall_us, &s->touched);
    if (err == 0 && s->touched)
        err = render_multivariant(s, p, wall_us);
    if (err == 0)
        err = render_status(s, f, now_us, wall_us);
    if (err < 0 || !s->touched)
        return err;
    err = p->is_public ? render_view(&view, f->name, p, s->multivariant, s->status, now_us)
                       : render_closed(&view, f->name, s->status);
    if (err < 0)
        return err;
    view->picture = s->picture && p->is_public ? blob_ref(s->picture) : NULL;
    /* without memory for it nobody is counted, until the next view */
    if (s->audience || (out->threads > 0 && audience_new(&s->audience, out->threads) == 0))
        view->audience = audience_ref(s->audience);
    out->show(out->ctx, view);
    room_view_unref(&view);
    s->touched = false;
    return 0;
}
