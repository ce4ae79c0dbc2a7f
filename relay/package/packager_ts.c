/* The transport stream beside a feed's tracks: fed with their samples, cut with their leader. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager_state.h"
#include "relay/package/ts_mux.h"

#include <string.h>

static void on_begin(void *ctx, const struct track_params *params)
{
    struct packager *p = ctx;

    p->out.track(p->out.ctx, PACKAGER_TS_TRACK, 1, params, "", 0, -1);
}

static void on_segment(void *ctx, const struct cmaf_track_segment *s,
                       const uint8_t counters[static LINK_TS_PIDS], int fd)
{
    struct packager *p = ctx;

    memcpy(p->options.ts_counters, counters, LINK_TS_PIDS);
    packager_on_segment(p, s, fd);
}

int packager_ts_sample(void *ctx, uint32_t track, const struct cmaf_track_written *s)
{
    struct packager *p = ctx;

    if (track != p->ts_video && track != p->ts_audio)
        return 0;
    return ts_track_push(p->ts, cmaf_track_params(p->tracks[track].cmaf), s);
}

int packager_ts_open(struct packager *p, const struct packager_track *tracks)
{
    struct ts_track_out out = {.ctx = p, .begin = on_begin, .segment = on_segment};
    enum codec_id video = CODEC_NONE, audio = CODEC_NONE;

    p->ts_video = p->ts_audio = PACKAGER_TRACKS;
    if (!p->options.ts)
        return 0;
    for (uint32_t i = 0; i < p->count; i++) {
        bool is_video = codec_kind(tracks[i].codec) == CODEC_KIND_VIDEO;

        if (is_video && !ts_mux_carries(tracks[i].codec))
            return 0; /* sound alone is no substitute for the room */
        if (is_video) {
            video = tracks[i].codec;
            p->ts_video = i;
        } else if (audio == CODEC_NONE && ts_mux_carries(tracks[i].codec)) {
            audio = tracks[i].codec;
            p->ts_audio = i;
        }
    }
    if (video == CODEC_NONE && audio == CODEC_NONE)
        return 0;
    return ts_track_new(&p->ts, PACKAGER_TS_TRACK, video, audio, p->options.ts_counters, &out);
}

bool packager_has_ts(const struct packager *p)
{
    return p->ts != NULL;
}
