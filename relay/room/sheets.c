/* All media playlists of a presentation: what each must say, rendered when it changed. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/sheets.h"

/* A list for old devices, on its own: no low latency, and the others do not know of it. */
static bool is_muxed(const struct rendition *r)
{
    return r->kind == CODEC_KIND_MUXED;
}

struct playlist sheets_playlist(const struct presentation *p, const struct rendition *r,
                                bool iframes)
{
    return (struct playlist){.window = &r->window,
                             .rendition = r->name,
                             .target_duration_s = p->target_duration_s,
                             .part_target_ms = is_muxed(r) ? 0 : p->part_target_ms,
                             .part_ranges = p->part_ranges,
                             .next_part = r->next_part,
                             .dateranges = iframes ? NULL : &p->dateranges,
                             .iframes = iframes,
                             .ts = is_muxed(r),
                             .ended = p->ended};
}

/* There is a list to show: it has a segment, and the target duration is known. */
static bool is_shown(const struct presentation *p, const struct rendition *r)
{
    return p->target_duration_s > 0 && window_whole(&r->window) > 0 && rendition_is_public(r);
}

/* A list that had ended stays until the one that follows it has a whole segment, or until what it
 * lists is gone. */
static bool is_kept(const struct presentation *p, const struct rendition *r, const struct sheet *s)
{
    const struct window *w = &r->window;
    return p->part_target_ms > 0 && r->announced && w->count > 0 && w->items[0].msn <= s->first_msn;
}

static bool has_iframes(const struct presentation *p, const struct rendition *r)
{
    return is_shown(p, r) && r->kind == CODEC_KIND_VIDEO && r->rank == 1 &&
           playlist_has_iframes(&r->window);
}

/* One of a rendition's two sheets. */
struct page {
    struct sheet *sheet;
    struct playlist playlist;
    uint64_t revision;
    bool shown;
};

static struct page page_of(const struct presentation *p, struct rendition *r, bool iframes)
{
    return (struct page){.sheet = iframes ? &r->iframes : &r->media,
                         .playlist = sheets_playlist(p, r, iframes),
                         .revision = iframes ? r->window.shelved
                                             : r->window.revision + p->dateranges.revision,
                         .shown = iframes ? has_iframes(p, r) : is_shown(p, r)};
}

static bool is_stale(const struct presentation *p, struct rendition *r, bool iframes)
{
    struct page page = page_of(p, r, iframes);
    if (page.shown)
        return sheet_is_stale(page.sheet, &page.playlist, page.revision);
    return page.sheet->full && !is_kept(p, r, page.sheet);
}

static bool any_stale(const struct presentation *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (is_stale(p, p->renditions[i], false) || is_stale(p, p->renditions[i], true))
            return true;
    return false;
}

/* Rule 86: on every other list, as it stands in the same view. */
static void render_reports(struct text *t, const struct presentation *p, const struct rendition *r)
{
    bool reports = p->part_target_ms > 0 && !p->ended && !is_muxed(r);
    for (size_t i = 0; i < p->count && reports; i++) {
        const struct rendition *other = p->renditions[i];
        struct playlist list = sheets_playlist(p, other, false);
        if (other != r && !is_muxed(other) && is_shown(p, other))
            playlist_report(t, &list);
    }
}

static int render_page(const struct presentation *p, struct rendition *r, bool iframes,
                       const struct text *reports, int64_t wall_us)
{
    struct page page = page_of(p, r, iframes);
    if (page.shown)
        return sheet_render(page.sheet, &page.playlist, page.revision, reports, wall_us);
    if (!is_kept(p, r, page.sheet))
        sheet_reset(page.sheet);
    return 0;
}

static int render_rendition(const struct presentation *p, struct rendition *r, int64_t wall_us)
{
    struct text reports;
    text_init(&reports);
    int err = render_page(p, r, true, &reports, wall_us);
    render_reports(&reports, p, r);
    if (err == 0)
        err = render_page(p, r, false, &reports, wall_us);
    text_fini(&reports);
    return err;
}

int sheets_render(struct presentation *p, int64_t now_us, int64_t wall_us, bool *changed)
{
    if (!any_stale(p))
        return 0;
    uint32_t span_s = playlist_skip_boundary_s(p->target_duration_s);
    dateranges_note(&p->dateranges, now_us, (int64_t)span_s * 1000000);
    *changed = true;
    for (size_t i = 0; i < p->count; i++) {
        int err = render_rendition(p, p->renditions[i], wall_us);
        if (err < 0)
            return err;
    }
    return 0;
}
