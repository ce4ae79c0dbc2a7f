/* The text of a media playlist. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/playlist.h"

#include "relay/base/clock.h"

#include <inttypes.h>
#include <stdio.h>

void playlist_segment_name(uint64_t msn, char out[static 48])
{
    snprintf(out, 48, "%" PRIu64 ".m4s", msn);
}

void playlist_init_name(const struct blob *init, char out[static 48])
{
    snprintf(out, 48, "init-%.8s.mp4", init->etag + 1);
}

bool playlist_is_independent(const struct window *w)
{
    for (size_t i = w->retained; i < w->count; i++)
        if (!w->items[i].independent && !w->items[i].gap)
            return false;
    return true;
}

/* Rules 1, 4, 10, 16, 18: VERSION 6 is what EXT-X-MAP needs and nothing here needs more; the
 * discontinuity sequence is always present, because any live room may break one day. */
static void render_head(struct text *t, const struct window *w, uint32_t target_duration_s)
{
    const struct window_segment *first = window_first(w);
    text_puts(t, "#EXTM3U\n#EXT-X-VERSION:6\n");
    if (playlist_is_independent(w))
        text_puts(t, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    text_printf(t, "#EXT-X-TARGETDURATION:%" PRIu32 "\n", target_duration_s);
    text_printf(t, "#EXT-X-MEDIA-SEQUENCE:%" PRIu64 "\n", first->msn);
    text_printf(t, "#EXT-X-DISCONTINUITY-SEQUENCE:%" PRIu64 "\n", first->sequence - first->breaks);
}

/* Rule 37; section 4.4.4.5: a map holds for all that follows until the next one. */
static void render_map(struct text *t, const struct blob *init, const char *rendition)
{
    char name[48];
    playlist_init_name(init, name);
    text_printf(t, "#EXT-X-MAP:URI=\"%s/%s\"\n", rendition, name);
}

static void render_segment(struct text *t, const struct window_segment *s, const char *rendition)
{
    char when[32], name[48];
    clock_format(s->wall_us, when);
    playlist_segment_name(s->msn, name);
    text_printf(t, "#EXT-X-PROGRAM-DATE-TIME:%s\n", when);
    if (s->gap)
        text_puts(t, "#EXT-X-GAP\n");
    int64_t whole = s->duration_90k / 90000, part = s->duration_90k % 90000;
    text_printf(t, "#EXTINF:%" PRId64 ".%05" PRId64 ",\n", whole, part * 10 / 9);
    text_printf(t, "%s/%s\n", rendition, name);
}

void playlist_render(struct text *t, const struct window *w, const char *rendition,
                     uint32_t target_duration_s, bool ended)
{
    const struct blob *init = NULL;
    render_head(t, w, target_duration_s);
    for (size_t i = w->retained; i < w->count; i++) {
        const struct window_segment *s = &w->items[i];
        for (uint32_t k = 0; k < s->breaks; k++)
            text_puts(t, "#EXT-X-DISCONTINUITY\n");
        if (s->init && !blob_is_same(s->init, init))
            render_map(t, s->init, rendition);
        init = s->init ? s->init : init;
        render_segment(t, s, rendition);
    }
    if (ended)
        text_puts(t, "#EXT-X-ENDLIST\n");
}
