/* What a room is doing, for pages: status.json and its entry in rooms.json. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/status.h"

#include "relay/base/clock.h"
#include "relay/room/diagnosis.h"
#include "relay/room/multivariant.h"
#include "relay/room/pair.h"

#include <inttypes.h>

/* The sentences a viewer reads when there is nothing, or nothing new, to see. */
struct words {
    const char *state, *en, *zh;
};

static const struct words starting = {"waiting", "The stream is about to start.", "直播即将开始。"};
static const struct words by_state[ROOM_STATES] = {
    [ROOM_NEW] = {"waiting", "The stream is about to start.", "直播即将开始。"},
    [ROOM_LIVE] = {"live", "The stream is live.", "正在直播。"},
    [ROOM_STALE] = {"live", "The signal is interrupted. The stream goes on when it returns.",
                    "信号中断，恢复后直播将自动继续。"},
    [ROOM_WAITING] = {"waiting", "The host has left. The stream goes on when they return.",
                      "主播暂时离开，返回后直播将自动继续。"},
    [ROOM_ENDED] = {"ended", "The stream has ended.", "直播已结束。"},
    [ROOM_GONE] = {"ended", "The stream has ended.", "直播已结束。"},
};

static const struct words *words_of(const struct room_facts *f)
{
    bool fed = f->state == ROOM_LIVE || f->state == ROOM_STALE;
    if (!f->is_public || (fed && (!f->playable || f->presentation->ended)))
        return &starting;
    return &by_state[f->state];
}

const char *status_word(const struct room_facts *f)
{
    return words_of(f)->state;
}

static const struct rendition *video_of(const struct room_facts *f)
{
    const struct presentation *p = f->presentation;
    for (size_t i = 0; i < p->count; i++)
        if (p->renditions[i]->kind == CODEC_KIND_VIDEO && multivariant_has(p->renditions[i]))
            return p->renditions[i];
    return NULL;
}

static uint64_t bitrate_of(const struct room_facts *f)
{
    return f->session ? bandwidth_coarse(f->session->stats.bitrate_bps) : 0;
}

static void render_fps(struct text *t, uint32_t milli)
{
    text_printf(t, "%" PRIu32 ".%03" PRIu32, milli / 1000, milli % 1000);
}

static void render_video(struct text *t, const struct room_facts *f)
{
    const struct rendition *v = video_of(f);
    if (!v) {
        text_puts(t, "null");
        return;
    }
    text_puts(t, "{\"codec\":");
    text_json(t, codec_name(v->params.codec));
    text_printf(t, ",\"width\":%" PRIu32 ",\"height\":%" PRIu32 ",\"fps\":", v->params.width,
                v->params.height);
    render_fps(t, v->fps_milli);
    text_printf(t, ",\"bitrate_bps\":%" PRIu64 "}", bitrate_of(f));
}

static void render_audio(struct text *t, const struct room_facts *f)
{
    const char *comma = "";
    text_puts(t, "[");
    for (size_t i = 0; i < f->presentation->count; i++) {
        const struct rendition *r = f->presentation->renditions[i];
        if (r->kind != CODEC_KIND_AUDIO || !multivariant_has(r))
            continue;
        text_printf(t, "%s{\"codec\":", comma);
        text_json(t, codec_name(r->params.codec));
        text_printf(t, ",\"channels\":%" PRIu32 ",\"sample_rate\":%" PRIu32 ",\"language\":",
                    r->params.channels, r->params.sample_rate);
        text_json(t, r->language[0] ? r->language : "und");
        text_puts(t, "}");
        comma = ",";
    }
    text_puts(t, "]");
}

/* Title, state, since and viewers: what both texts begin with. */
static void render_head(struct text *t, const struct room_facts *f)
{
    char since[32];
    clock_format(f->since_wall_us, since);
    text_puts(t, ",\"title\":");
    text_json(t, f->title);
    text_printf(t, ",\"state\":\"%s\",\"since\":\"%s\",\"viewers\":%" PRIu64, words_of(f)->state,
                since, f->viewers);
}

static size_t listed(const struct presentation *p)
{
    return p->count > 0 ? window_whole(&p->renditions[0]->window) : 0;
}

void status_render(struct text *t, const struct room_facts *f)
{
    const struct words *w = words_of(f);
    text_puts(t, "{\"room\":");
    text_json(t, f->name);
    render_head(t, f);
    text_puts(t, ",\"video\":");
    render_video(t, f);
    text_puts(t, ",\"audio\":");
    render_audio(t, f);
    text_puts(t, ",\"left_out\":");
    text_json(t, f->session ? f->session->left_out : "");
    text_printf(t, ",\"target_duration_s\":%" PRIu32 ",\"part_target_ms\":%" PRIu32,
                f->presentation->target_duration_s, f->presentation->part_target_ms);
    text_printf(t, ",\"segments\":%zu,\"segments_given_up\":%" PRIu64 ",\"message\":{\"en\":",
                listed(f->presentation), f->presentation->counters.given_up);
    text_json(t, w->en);
    text_puts(t, ",\"zh\":");
    text_json(t, w->zh);
    text_printf(t, "},\"silent\":%s,\"on_air\":", f->state == ROOM_STALE ? "true" : "false");
    pair_put(t, f->pair, f->session);
    text_puts(t, ",\"roles\":");
    roles_put(t, f->roles);
    text_puts(t, ",\"health\":");
    diagnosis_put(t, f);
    text_puts(t, "}\n");
}

void status_render_entry(struct text *t, const struct room_facts *f)
{
    const struct rendition *v = video_of(f);
    text_puts(t, "{\"name\":");
    text_json(t, f->name);
    render_head(t, f);
    if (f->agency) {
        text_puts(t, ",\"agency\":");
        text_json(t, config_agency_title(f->agency));
    }
    text_printf(t,
                ",\"width\":%" PRIu32 ",\"height\":%" PRIu32 ",\"fps\":", v ? v->params.width : 0,
                v ? v->params.height : 0);
    render_fps(t, v ? v->fps_milli : 0);
    text_puts(t, ",\"codec\":");
    text_json(t, v ? codec_name(v->params.codec) : "");
    text_printf(t, ",\"bitrate_bps\":%" PRIu64 ",\"picture\":%s,\"url\":\"/watch/%s\"}",
                bitrate_of(f), f->picture ? "true" : "false", f->name);
}
