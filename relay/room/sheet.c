/* A media playlist as it is served: its text and its delta, made again only where they changed. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/sheet.h"

#include <errno.h>
#include <string.h>

void sheet_reset(struct sheet *s)
{
    body_unref(&s->full);
    body_unref(&s->delta);
    body_unref(&s->delta_v2);
    s->made = s->ended = false;
}

void sheet_fini(struct sheet *s)
{
    sheet_reset(s);
    press_fini(&s->text);
    press_fini(&s->delta_text);
    press_fini(&s->delta_v2_text);
    playlist_runs_fini(&s->runs);
    text_fini(&s->reports);
}

bool sheet_is_stale(const struct sheet *s, const struct playlist *p, uint64_t revision)
{
    return !s->made || s->revision != revision || s->ended != p->ended;
}

static int assemble(struct body **out, const struct press *text, const struct text *reports,
                    uint32_t td_s, int64_t wall_us)
{
    struct press all;
    uint32_t max_age_s = td_s > 2 ? td_s / 2 : 1; /* rule 104: half a target duration */
    press_init(&all);
    all.later = text->later;
    press_join(&all, text);
    press_store(&all, reports->data, reports->len);
    *out = NULL;
    int err = press_failed(&all) ? -ENOMEM
                                 : body_new_pressed(out, PLAYLIST_TYPE, &all, max_age_s, wall_us);
    press_fini(&all);
    return err;
}

/* The parts of the text that are the playlist's own. */
static int render_own(struct sheet *s, const struct playlist *p)
{
    /* A list too short to have pieces that stay is compressed whole, when somebody asks for it. */
    bool later = !playlist_has_runs(p);
    press_clear(&s->text);
    press_clear(&s->delta_text);
    s->text.later = s->delta_text.later = s->delta_v2_text.later = later;
    press_clear(&s->delta_v2_text);
    s->made = false;
    playlist_render(&s->text, p, &s->runs);
    s->has_delta = playlist_render_delta(&s->delta_text, p, false);
    s->has_delta_v2 = s->has_delta && p->dateranges && p->dateranges->skips;
    if (s->has_delta_v2)
        playlist_render_delta(&s->delta_v2_text, p, true);
    bool failed = press_failed(&s->text) || press_failed(&s->delta_text);
    return failed || press_failed(&s->delta_v2_text) ? -ENOMEM : 0;
}

static int exchange(struct sheet *s, const struct playlist *p, int64_t wall_us)
{
    struct body *full = NULL, *delta = NULL, *v2 = NULL;
    uint32_t td_s = p->target_duration_s;
    int err = assemble(&full, &s->text, &s->reports, td_s, wall_us);
    if (err == 0 && s->has_delta)
        err = assemble(&delta, &s->delta_text, &s->reports, td_s, wall_us);
    if (err == 0 && s->has_delta && p->dateranges && p->dateranges->whole)
        v2 = body_ref(full); /* not all that was removed can be named */
    else if (err == 0 && s->has_delta_v2)
        err = assemble(&v2, &s->delta_v2_text, &s->reports, td_s, wall_us);
    if (err < 0) {
        body_unref(&full);
        body_unref(&delta);
        return err;
    }
    sheet_reset(s);
    s->full = full;
    s->delta = delta;
    s->delta_v2 = v2;
    return 0;
}

static bool is_same(const struct text *a, const struct text *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int sheet_render(struct sheet *s, const struct playlist *p, uint64_t revision,
                 const struct text *reports, int64_t wall_us)
{
    bool own = sheet_is_stale(s, p, revision);
    if (!own && is_same(&s->reports, reports))
        return 0;
    int err = own ? render_own(s, p) : 0;
    text_clear(&s->reports);
    text_add(&s->reports, reports->data, reports->len);
    if (err == 0)
        err = text_failed(&s->reports) || text_failed(reports) ? -ENOMEM : exchange(s, p, wall_us);
    if (err < 0) {
        s->made = false;
        return err;
    }
    s->revision = revision;
    s->ended = p->ended;
    s->first_msn = window_first(p->window)->msn;
    s->end_msn = window_whole(p->window) > 0 ? window_newest(p->window)->msn + 1 : s->first_msn;
    s->made = true;
    return 0;
}
