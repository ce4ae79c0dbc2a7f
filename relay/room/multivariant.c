/* The text of a room's multivariant playlist. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/multivariant.h"

#include "relay/room/caption_group.h"
#include "relay/room/playlist.h"

#include <inttypes.h>
#include <string.h>

/* ISO/IEC 23091-2 transfer_characteristics. */
enum { TRANSFER_PQ = 16, TRANSFER_HLG = 18 };

bool multivariant_has(const struct rendition *r)
{
    return r->kind != CODEC_KIND_MUXED && r->delivered && window_listed(&r->window) > 0;
}

/* What the playlist says, in one pass over the renditions. */
struct variant {
    const struct rendition *main;  /* the first variant's own playlist */
    const struct rendition *audio; /* the first audio; NULL: none */
    size_t audios;                 /* audio renditions in the group */
    bool independent;
    uint64_t audio_peak_bps, audio_average_bps;
};

static struct variant survey(const struct presentation *p)
{
    struct variant v = {.independent = true};
    for (size_t i = 0; i < p->count; i++) {
        const struct rendition *r = p->renditions[i];
        if (!multivariant_has(r))
            continue;
        v.main = v.main ? v.main : r;
        v.independent = v.independent && playlist_is_independent(&r->window);
        if (r->kind != CODEC_KIND_AUDIO)
            continue;
        v.audio = v.audio ? v.audio : r;
        v.audios++;
        if (r->bandwidth.peak_bps > v.audio_peak_bps)
            v.audio_peak_bps = r->bandwidth.peak_bps;
        if (r->bandwidth.average_bps > v.audio_average_bps)
            v.audio_average_bps = r->bandwidth.average_bps;
    }
    return v;
}

/* With video any audio is a rendition of its group; without, only several need a group. */
static bool has_group(const struct variant *v)
{
    return v->main->kind == CODEC_KIND_VIDEO ? v->audios > 0 : v->audios > 1;
}

/* Rules 63, 64: unique names, one default, a language for each. */
static void render_audio(struct text *t, const struct rendition *r, bool first)
{
    const char *language = r->language[0] ? r->language : "und";
    text_printf(t, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio %" PRIu32, r->rank);
    if (r->language[0])
        text_printf(t, " (%s)", language);
    text_printf(t, "\",LANGUAGE=\"%s\",DEFAULT=%s,AUTOSELECT=YES", language, first ? "YES" : "NO");
    if (r->params.channels > 0)
        text_printf(t, ",CHANNELS=\"%" PRIu32 "\"", r->params.channels);
    text_printf(t, ",URI=\"%s.m3u8\"\n", r->name);
}

static void render_group(struct text *t, const struct presentation *p)
{
    bool first = true;
    for (size_t i = 0; i < p->count; i++) {
        const struct rendition *r = p->renditions[i];
        if (r->kind != CODEC_KIND_AUDIO || !multivariant_has(r))
            continue;
        render_audio(t, r, first);
        first = false;
    }
}

static bool is_named_before(const struct presentation *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (multivariant_has(p->renditions[i]) &&
            p->renditions[i]->kind == p->renditions[at]->kind &&
            strcmp(p->renditions[i]->params.rfc6381, p->renditions[at]->params.rfc6381) == 0)
            return true;
    return false;
}

/* Rule 60: every format of the renditions that belong to the variant of `main`, each once. */
static void render_codecs(struct text *t, const struct presentation *p,
                          const struct rendition *main)
{
    const char *comma = "";
    text_puts(t, ",CODECS=\"");
    for (size_t i = 0; i < p->count; i++) {
        const struct rendition *r = p->renditions[i];
        bool belongs = r == main || r->kind == CODEC_KIND_AUDIO;
        if (!belongs || !multivariant_has(r) || is_named_before(p, i))
            continue;
        text_printf(t, "%s%s", comma, r->params.rfc6381);
        comma = ",";
    }
    text_puts(t, "\"");
}

/* Rule 61: the picture as displayed: with square pixels. */
static void render_resolution(struct text *t, const struct track_params *k)
{
    uint64_t width = k->width;
    if (k->sar_num > 0 && k->sar_den > 0)
        width = (width * k->sar_num + k->sar_den / 2) / k->sar_den;
    if (width > 0 && k->height > 0)
        text_printf(t, ",RESOLUTION=%" PRIu64 "x%" PRIu32, width, k->height);
}

/* Rule 62. */
static void render_range(struct text *t, const struct track_params *k)
{
    const char *range = k->transfer == TRANSFER_PQ    ? "PQ"
                        : k->transfer == TRANSFER_HLG ? "HLG"
                                                      : "SDR";
    text_printf(t, ",VIDEO-RANGE=%s", range);
}

static void render_video(struct text *t, const struct rendition *r)
{
    render_resolution(t, &r->params);
    if (r->fps_milli > 0)
        text_printf(t, ",FRAME-RATE=%" PRIu32 ".%03" PRIu32, r->fps_milli / 1000,
                    r->fps_milli % 1000);
    render_range(t, &r->params);
}

static void render_bandwidth(struct text *t, uint64_t peak_bps, uint64_t average_bps)
{
    text_printf(t, "BANDWIDTH=%" PRIu64 ",AVERAGE-BANDWIDTH=%" PRIu64, peak_bps, average_bps);
}

static void render_variant(struct text *t, const struct presentation *p, const struct variant *v,
                           const struct rendition *main, bool group)
{
    bool is_video = main->kind == CODEC_KIND_VIDEO;
    text_puts(t, "#EXT-X-STREAM-INF:");
    render_bandwidth(t, (is_video ? main->bandwidth.peak_bps : 0) + v->audio_peak_bps,
                     (is_video ? main->bandwidth.average_bps : 0) + v->audio_average_bps);
    render_codecs(t, p, main);
    if (is_video)
        render_video(t, main);
    if (v->main->kind == CODEC_KIND_VIDEO) /* section 4.4.6.2: NONE stands everywhere or nowhere */
        caption_group_attribute(t, &p->captions);
    text_printf(t, "%s\n%s.m3u8\n", group ? ",AUDIO=\"audio\"" : "", main->name);
}

/* Rule 67; section 4.4.6.3. Its bandwidth is measured on the I-frames alone. */
static void render_iframes(struct text *t, const struct rendition *r)
{
    if (r->kind != CODEC_KIND_VIDEO || !playlist_has_iframes(&r->window) ||
        r->iframe_bandwidth.peak_bps == 0)
        return;
    text_puts(t, "#EXT-X-I-FRAME-STREAM-INF:");
    render_bandwidth(t, r->iframe_bandwidth.peak_bps, r->iframe_bandwidth.average_bps);
    text_printf(t, ",CODECS=\"%s\"", r->params.rfc6381);
    render_resolution(t, &r->params);
    render_range(t, &r->params);
    text_puts(t, ",URI=\"" MULTIVARIANT_IFRAMES ".m3u8\"\n");
}

void multivariant_render(struct text *t, const struct presentation *p)
{
    struct variant v = survey(p);
    if (!v.main)
        return;
    bool is_video = v.main->kind == CODEC_KIND_VIDEO, group = has_group(&v);
    text_puts(t, "#EXTM3U\n");
    /* Section 8: only captions may need a version; 4 is what it suggests where EXT-X-MEDIA is. */
    unsigned version = is_video ? caption_group_version(&p->captions) : 1;
    bool media = group || (is_video && caption_group_exists(&p->captions));
    if (media)
        text_printf(t, "#EXT-X-VERSION:%u\n", version > 4 ? version : 4);
    if (v.independent)
        text_puts(t, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    if (group)
        render_group(t, p);
    if (is_video)
        caption_group_render(t, &p->captions);
    render_variant(t, p, &v, v.main, group);
    /* For who has no bandwidth for the picture, or no eyes for it. */
    if (is_video && v.audio)
        render_variant(t, p, &v, v.audio, group);
    render_iframes(t, v.main);
}
