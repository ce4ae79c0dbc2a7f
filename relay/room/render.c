/* Turns a presentation into the immutable view that viewers are served from. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/render.h"

#include "relay/room/multivariant.h"
#include "relay/room/sheets.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Rule 106: a cache may keep a segment no longer than we do. A listed one stays at least until
 * those before it have slid off, a retained one until its time is over. */
struct ages {
    int64_t now_us, listed_us; /* listed_us: of those before */
};

static uint32_t planned_life_s(struct ages *a, const struct window *w, size_t i)
{
    int64_t life_us = w->items[i].keep_until_us - a->now_us;
    if (i >= w->retained) {
        a->listed_us += ticks_to_us(w->items[i].duration_90k);
        life_us = a->listed_us;
    }
    return life_us > 1000000 ? (uint32_t)(life_us / 1000000) : 1;
}

/* Rule 25: a part stays as long as its segment. */
static void add_parts(struct shelf *out, const struct window_segment *s, uint32_t max_age_s)
{
    for (uint32_t k = 0; k < s->part_count; k++) {
        if (s->parts[k].gap)
            continue;
        struct view_file *f = shelf_add(out, s->file, max_age_s);
        f->offset = s->parts[k].offset;
        f->bytes = s->parts[k].bytes;
        playlist_part_name(s->parts[k].number, f->name);
    }
}

static void add_segment(struct shelf *out, const struct window_segment *s, bool ts,
                        uint32_t max_age_s)
{
    struct view_file *f = shelf_add(out, s->blob, max_age_s);
    f->bytes = s->bytes;
    playlist_segment_name(s->msn, ts, f->name);
}

/* A map that returns after another one is the same file; the youngest segment gives its age. */
static void add_init(struct shelf *out, struct blob *init, uint32_t max_age_s)
{
    char name[48];
    playlist_init_name(init, name);
    for (size_t i = out->count; i-- > 0 && strncmp(out->files[i].name, "init", 4) == 0;) {
        if (strcmp(out->files[i].name, name) != 0)
            continue;
        out->files[i].max_age_s = max_age_s;
        return;
    }
    snprintf(shelf_add(out, init, max_age_s)->name, sizeof(name), "%s", name);
}

/* What can be had of a rendition: segments, parts, init segments, each in their order. */
static int stock(struct shelf **out, const struct rendition *r, bool numbers, int64_t now_us)
{
    const struct window *w = &r->window;
    size_t end = w->retained + window_whole(w), size = 0;
    for (size_t i = 0; i < end; i++)
        size += 2 + (numbers ? w->items[i].part_count : 0);
    int err = shelf_new(out, size);
    struct ages ages = {.now_us = now_us};
    for (size_t i = 0; err == 0 && i < end; i++) {
        uint32_t max_age_s = planned_life_s(&ages, w, i);
        if (w->items[i].blob && !(w->items[i].gap && numbers)) /* a gap's parts may be there */
            add_segment(*out, &w->items[i], r->kind == CODEC_KIND_MUXED, max_age_s);
    }
    ages.listed_us = 0;
    for (size_t i = 0; err == 0 && numbers && i < end; i++)
        add_parts(*out, &w->items[i], planned_life_s(&ages, w, i));
    ages.listed_us = 0;
    for (size_t i = 0; err == 0 && i < end; i++) {
        uint32_t max_age_s = planned_life_s(&ages, w, i);
        if (w->items[i].init)
            add_init(*out, w->items[i].init, max_age_s);
    }
    if (err == 0)
        files_sort((*out)->files, (*out)->count);
    return err;
}

/* The shelf changes with whole segments, views with every part. */
static int restock(const struct presentation *p, struct rendition *r, int64_t now_us)
{
    struct shelf *next;
    if (r->shelf && r->shelf_revision == r->window.shelved)
        return 0;
    int err = stock(&next, r, !p->part_ranges, now_us);
    if (err < 0)
        return err;
    shelf_unref(&r->shelf);
    r->shelf = next;
    r->shelf_revision = r->window.shelved;
    return 0;
}

/* The open segment: its parts, its init, and its bytes so far when parts are ranges of it. */
static int add_open(struct view_rendition *out, const struct presentation *p,
                    const struct window_segment *s, uint32_t max_age_s)
{
    struct shelf open = {0};
    int err = view_rendition_reserve(out, 2 + (p->part_ranges ? 0 : s->part_count));
    if (err < 0)
        return err;
    open.files = out->files;
    open.size = 2 + (p->part_ranges ? 0 : s->part_count);
    if (!p->part_ranges) {
        add_parts(&open, s, max_age_s);
    } else if (s->file) {
        struct view_file *f = shelf_add(&open, s->file, max_age_s);
        f->bytes = s->bytes;
        f->open = true;
        playlist_segment_name(s->msn, false, f->name);
    }
    if (s->init)
        add_init(&open, s->init, max_age_s);
    out->file_count = open.count;
    view_rendition_sort(out);
    return 0;
}

/* How far the list reaches: what a viewer may wait for. */
static void add_reach(struct view_rendition *out, const struct presentation *p,
                      const struct rendition *r, const struct sheet *sheet, bool iframes)
{
    const struct window *w = &r->window;
    const struct window_segment *open = window_open(w), *newest = window_newest(w);
    struct playlist list = sheets_playlist(p, r, iframes);
    out->playlist = sheet->full ? body_ref(sheet->full) : NULL;
    out->delta = sheet->delta ? body_ref(sheet->delta) : NULL;
    out->delta_v2 = sheet->delta_v2 ? body_ref(sheet->delta_v2) : NULL;
    out->blocks = list.part_target_ms > 0 && sheet->full && !sheet->ended && newest;
    out->open_msn = newest ? newest->msn + 1 : p->next_msn;
    if (iframes) /* a list that has no I-frames to show for now stays where it is */
        out->open_msn = sheet->end_msn;
    if (!out->blocks || iframes)
        return;
    out->last_parts = newest->part_count;
    out->open_parts = open ? open->part_count : 0;
    out->hint_offset = playlist_hint(&list, out->hint);
}

static int render_rendition(struct view_rendition *out, const struct presentation *p,
                            struct rendition *r, int64_t now_us)
{
    assert(r);
    const struct window_segment *open = window_open(&r->window);
    snprintf(out->name, sizeof(out->name), "%s", r->name);
    out->media_type = r->kind == CODEC_KIND_VIDEO   ? "video/mp4"
                      : r->kind == CODEC_KIND_AUDIO ? "audio/mp4"
                                                    : "video/mp2t";
    add_reach(out, p, r, &r->media, false);
    int err = restock(p, r, now_us);
    if (err < 0)
        return err;
    out->shelf = shelf_ref(r->shelf);
    int64_t life_us = ticks_to_us(window_duration_90k(&r->window));
    return open ? add_open(out, p, open, life_us > 1000000 ? (uint32_t)(life_us / 1000000) : 1) : 0;
}

int render_view(struct room_view **out, const char *room, struct presentation *p,
                const struct body *multivariant, const struct body *status, int64_t now_us)
{
    const struct rendition *first = p->count > 0 ? p->renditions[0] : NULL;
    bool iframes = first && first->iframes.full;
    int err = room_view_new(out, room, p->count + iframes);
    for (size_t i = 0; err == 0 && i < p->count; i++)
        err = render_rendition(&(*out)->renditions[i], p, p->renditions[i], now_us);
    if (err < 0) {
        room_view_unref(out);
        return err;
    }
    struct room_view *v = *out;
    if (iframes) {
        struct view_rendition *r = &v->renditions[p->count];
        snprintf(r->name, sizeof(r->name), MULTIVARIANT_IFRAMES);
        r->media_type = "video/mp4";
        add_reach(r, p, first, &first->iframes, true);
    }
    v->target_duration_s = p->target_duration_s;
    v->part_target_ms = p->part_target_ms;
    v->multivariant = multivariant ? body_ref(multivariant) : NULL;
    v->status = status ? body_ref(status) : NULL;
    return 0;
}

int render_closed(struct room_view **out, const char *room, const struct body *status)
{
    int err = room_view_new(out, room, 0);
    if (err == 0)
        (*out)->status = status ? body_ref(status) : NULL;
    return err;
}
