/* A feed at rest: received and demuxed like any other, but kept ready instead of published. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/ingest/feed_state.h"

#include <errno.h>
#include <stdlib.h>

/* How much is kept beyond what the front needs to notice that the other feed is silent: two
 * uplinks of one encoder may be apart by some of it. A keyframe is told of at most so often. The
 * front notices everything sooner than what is far away. */
enum {
    KEEP_MORE_US = 3000000,
    KEYFRAME_EVERY_US = 100000,
    FAR_US = 10000000,
};

static void send_signs(struct feed *f)
{
    struct link_message m = {.u.signs = f->signs};

    feed_send(f, &m, LINK_FEED_SIGNS, -1);
    f->signs.keyframe = false;
}

void feed_note_silence(struct feed *f, bool silent)
{
    if (silent == f->signs.silent)
        return;
    f->signs.silent = silent;
    send_signs(f);
}

void feed_compare(struct feed *f)
{
    f->comparing = true;
}

static void keep_unit(struct feed *f, const struct access_unit *u)
{
    int rc = f->keep ? keep_take(f->keep, u, f->now_us) : -ENOMEM;
    bool ready = f->keep && keep_is_ready(f->keep);
    bool keyframe = rc > 0 && f->now_us - f->keyframe_us >= KEYFRAME_EVERY_US;

    if (rc < 0)
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
    if (ready && f->phase == PHASE_SEARCHING)
        feed_set_phase(f, PHASE_LIVE);
    if (!keyframe && ready == f->signs.ready)
        return;
    f->signs.ready = ready;
    f->signs.keyframe = keyframe;
    if (keyframe)
        f->keyframe_us = f->now_us;
    send_signs(f);
}

bool feed_compare_unit(struct feed *f, const struct access_unit *u)
{
    struct link_message m = {0};

    if (f->comparing && fingerprint_take(&f->fingerprint, u, &m.u.mark) && feed_pace_mark(&f->pace))
        feed_send(f, &m, LINK_FEED_MARK, -1);
    if (!f->resting)
        return false;
    keep_unit(f, u);
    return true;
}

/* After how long the front hears of a silence. */
static int64_t silence_us(const struct feed *f)
{
    return (int64_t)f->o.config->rooms.backup_after_ms * 1000;
}

int feed_keep_anew(struct feed *f)
{
    const struct ts_layout *l = &f->layout;

    keep_free(&f->keep);
    if (f->signs.ready) {
        f->signs.ready = false;
        send_signs(f);
    }
    if (l->count == 0)
        return 0;
    return keep_new(&f->keep, 0, l->tracks[0].codec, f->o.config->limits.segment_bytes,
                    silence_us(f) + KEEP_MORE_US);
}

void feed_rest(struct feed *f, bool goes_on, int64_t now_us)
{
    struct link_message m = {0};

    if (f->phase == PHASE_ENDED || f->resting)
        return;
    if (f->phase == PHASE_OPENING) {
        f->opened_us = now_us;
        feed_set_phase(f, PHASE_SEARCHING);
    }
    feed_run_demuxer(f);
    if (goes_on && f->packager && packager_drop_splinters(f->packager))
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
    feed_close_packager(f);
    f->resting = f->comparing = true;
    f->signs.ready = false;
    if (f->demux && feed_keep_anew(f))
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
    feed_send(f, &m, LINK_FEED_RESTED, -1);
    log_info(f->log_name, "feed_rests feed=%llu role=%s", (unsigned long long)f->o.id,
             f->o.stream.role);
}

void feed_forget_rest(struct feed *f)
{
    keep_free(&f->keep);
    f->resting = f->comparing = false;
    f->fingerprint = (struct fingerprint){0};
    f->signs = (struct link_signs){0};
}

/* Dated by the wall clock as it is now: what was kept may be from before it was set. */
static void on_kept(void *ctx, const struct access_unit *u, int64_t arrived_us)
{
    struct feed *f = ctx;

    feed_take_unit(f, u, f->wall_us - (f->now_us - arrived_us) * (int64_t)clock_scale());
}

/* When what the room has shown last arrived. Its dates do not move with the wall clock, so after
 * that was set they may lie anywhere: those that are far away are not believed, and the room has
 * ended where a silence begins that is noticed just now. */
static int64_t resume_us(const struct feed *f, int64_t resume_wall_us)
{
    int64_t ago_us = (f->wall_us - resume_wall_us) / (int64_t)clock_scale();

    if (llabs(ago_us) > FAR_US)
        ago_us = silence_us(f);
    return f->now_us - ago_us;
}

void feed_wake(struct feed *f, const struct link_go *go, int64_t now_us)
{
    struct keep *keep;

    feed_run_demuxer(f);
    keep = f->keep;
    f->keep = NULL;
    feed_set_phase(f, PHASE_SEARCHING); /* nothing of it is published yet */
    f->resting = f->signs.ready = false;
    f->opened_us = now_us;
    feed_start_init(&f->start, go);
    log_info(f->log_name, "feed_wakes feed=%llu role=%s goes_on=%d", (unsigned long long)f->o.id,
             f->o.stream.role, go->goes_on);
    if (f->demux && feed_open_packager(f, &f->layout))
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
    if (f->packager && keep && go->goes_on)
        keep_replay(keep, on_kept, f);
    else if (f->packager && keep && keep_is_ready(keep))
        keep_replay_from(keep, resume_us(f, go->resume_wall_us), on_kept, f);
    keep_free(&keep);
}
