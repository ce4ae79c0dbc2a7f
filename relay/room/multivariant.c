/* The text of a room's multivariant playlist. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/multivariant.h"

#include "relay/room/caption_group.h"
#include "relay/room/playlist.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ISO/IEC 23091-2 transfer_characteristics. */
enum { TRANSFER_PQ = 16, TRANSFER_HLG = 18 };

/* A rendition whose publisher left goes on with gaps for who plays it; newcomers are not sent
 * there.
 */
static bool ends_in_gaps(const struct window *w)
{
    for (size_t i = w->count; i > w->retained && w->count - i < PRESENTATION_LAG; i--)
        if (!w->items[i - 1].gap)
            return false;
    return true;
}

bool multivariant_has(const struct rendition *r)
{
    return r->kind != CODEC_KIND_MUXED && r->delivered && window_listed(&r->window) > 0 &&
           (!r->joins || (r->joined && !ends_in_gaps(&r->window)));
}

/* Audio renditions of one codec: whoever plays one of them can play all (section 4.4.6.2.1). */
struct group {
    char id[24];
    enum codec_id codec;
    uint64_t peak_bps, average_bps;
    unsigned familiarity; /* how many players know the format: 2 all, 1 browsers, 0 some */
};

/* What the playlist says, in one pass over the renditions. */
struct variant {
    const struct rendition *main;  /* the first variant's own playlist */
    const struct rendition *audio; /* the first audio of the first group; NULL: none */
    size_t audios;
    struct group groups[LINK_TRACKS_MAX]; /* the most familiar first */
    size_t group_count;
    bool independent;
};

static unsigned familiarity(enum codec_id codec)
{
    return codec == CODEC_AAC ? 2 : codec == CODEC_OPUS ? 1 : 0;
}

static enum codec_id codec_of(const struct rendition *r)
{
    return r->params.codec == CODEC_LATM ? CODEC_AAC : r->params.codec;
}

static struct group *find_group(struct variant *v, enum codec_id codec)
{
    for (size_t i = 0; i < v->group_count; i++)
        if (v->groups[i].codec == codec)
            return &v->groups[i];
    return NULL;
}

static void survey_audio(struct variant *v, const struct rendition *r)
{
    struct group *g = find_group(v, codec_of(r));
    if (!g && v->group_count == LINK_TRACKS_MAX)
        return;
    if (!g) {
        g = &v->groups[v->group_count++];
        *g = (struct group){.codec = codec_of(r), .familiarity = familiarity(codec_of(r))};
        for (; g > v->groups && g[-1].familiarity < g->familiarity; g--) {
            struct group moved = g[-1];
            g[-1] = g[0];
            g[0] = moved;
        }
    }
    v->audios++;
    g->peak_bps = r->bandwidth.peak_bps > g->peak_bps ? r->bandwidth.peak_bps : g->peak_bps;
    if (r->bandwidth.average_bps > g->average_bps)
        g->average_bps = r->bandwidth.average_bps;
}

static bool is_in(const struct rendition *r, const struct group *g)
{
    return r->kind == CODEC_KIND_AUDIO && multivariant_has(r) && codec_of(r) == g->codec;
}

static struct variant survey(const struct presentation *p)
{
    struct variant v = {.independent = true};
    for (size_t i = 0; i < p->count; i++) {
        const struct rendition *r = p->renditions[i];
        if (!multivariant_has(r))
            continue;
        v.main = v.main ? v.main : r;
        v.independent = v.independent && playlist_is_independent(&r->window);
        if (r->kind == CODEC_KIND_AUDIO)
            survey_audio(&v, r);
    }
    for (size_t k = 0; k < v.group_count; k++)
        snprintf(v.groups[k].id, sizeof(v.groups[k].id), k == 0 ? "audio" : "audio-%s",
                 codec_name(v.groups[k].codec));
    for (size_t i = 0; i < p->count && v.group_count > 0 && !v.audio; i++)
        if (is_in(p->renditions[i], &v.groups[0]))
            v.audio = p->renditions[i];
    return v;
}

/* With video any audio is a rendition of its group; without, only several need a group. */
static bool has_group(const struct variant *v)
{
    return v->main->kind == CODEC_KIND_VIDEO ? v->audios > 0 : v->audios > 1;
}

/* Rules 63, 64: unique names, one default, a language for each. */
static void render_audio(struct text *t, const struct rendition *r, const char *group, bool first)
{
    const char *language = r->language[0] ? r->language : "und";
    text_printf(t, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"%s\",NAME=\"Audio %" PRIu32, group, r->rank);
    if (r->language[0])
        text_printf(t, " (%s)", language);
    text_printf(t, "\",LANGUAGE=\"%s\",DEFAULT=%s,AUTOSELECT=YES", language, first ? "YES" : "NO");
    if (r->params.channels > 0)
        text_printf(t, ",CHANNELS=\"%" PRIu32 "\"", r->params.channels);
    text_printf(t, ",URI=\"%s.m3u8\"\n", r->name);
}

static void render_group(struct text *t, const struct presentation *p, const struct group *g)
{
    bool first = true;
    for (size_t i = 0; i < p->count; i++) {
        if (!is_in(p->renditions[i], g))
            continue;
        render_audio(t, p->renditions[i], g->id, first);
        first = false;
    }
}

static bool is_named_before(const struct presentation *p, size_t at, const struct group *g)
{
    for (size_t i = 0; i < at; i++)
        if (is_in(p->renditions[i], g) &&
            strcmp(p->renditions[i]->params.rfc6381, p->renditions[at]->params.rfc6381) == 0)
            return true;
    return false;
}

/* Rule 60: every format that the variant can bring, each once. */
static void render_codecs(struct text *t, const struct presentation *p,
                          const struct rendition *main, const struct group *g)
{
    const char *comma = "";
    text_puts(t, ",CODECS=\"");
    if (main->kind == CODEC_KIND_VIDEO || !g) {
        text_puts(t, main->params.rfc6381);
        comma = ",";
    }
    for (size_t i = 0; g && i < p->count; i++) {
        if (!is_in(p->renditions[i], g) || is_named_before(p, i, g))
            continue;
        text_printf(t, "%s%s", comma, p->renditions[i]->params.rfc6381);
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

/* g: the audio that goes with it; NULL: none, or main is all there is. */
static void render_variant(struct text *t, const struct presentation *p, const struct variant *v,
                           const struct rendition *main, const struct group *g)
{
    bool is_video = main->kind == CODEC_KIND_VIDEO;
    uint64_t peak_bps = g ? g->peak_bps : 0, average_bps = g ? g->average_bps : 0;
    text_puts(t, "#EXT-X-STREAM-INF:");
    render_bandwidth(t, (is_video || !g ? main->bandwidth.peak_bps : 0) + peak_bps,
                     (is_video || !g ? main->bandwidth.average_bps : 0) + average_bps);
    render_codecs(t, p, main, g);
    if (is_video)
        render_video(t, main);
    if (v->main->kind == CODEC_KIND_VIDEO)
        caption_group_attribute(t, &p->captions, is_video);
    if (g)
        text_printf(t, ",AUDIO=\"%s\"", g->id);
    text_printf(t, "\n%s.m3u8\n", main->name);
}

/* The pictures with each kind of sound: a player leaves out the variants whose formats it does not
 * know (section 4.4.6.2), so there is one without sound where no format is known to all. */
static void render_pictures(struct text *t, const struct presentation *p, const struct variant *v)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct rendition *r = p->renditions[i];
        if (r != v->main && !(r->joins && multivariant_has(r)))
            continue;
        for (size_t k = 0; k < v->group_count; k++)
            render_variant(t, p, v, r, &v->groups[k]);
        if (v->group_count == 0 || v->groups[0].familiarity == 0)
            render_variant(t, p, v, r, NULL);
    }
}

/* The first sound of each kind. */
static void render_sounds(struct text *t, const struct presentation *p, const struct variant *v,
                          bool group)
{
    for (size_t k = 0; k < v->group_count; k++)
        for (size_t i = 0; i < p->count; i++)
            if (is_in(p->renditions[i], &v->groups[k])) {
                render_variant(t, p, v, p->renditions[i], group ? &v->groups[k] : NULL);
                break;
            }
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
    for (size_t k = 0; group && k < v.group_count; k++)
        render_group(t, p, &v.groups[k]);
    if (is_video)
        caption_group_render(t, &p->captions);
    if (is_video)
        render_pictures(t, p, &v);
    /* Beside video it is for who has no bandwidth for the picture, or no eyes for it. */
    render_sounds(t, p, &v, group);
    render_iframes(t, v.main);
}
