/* What a path below /live/ROOM/ is answered with: now, once it has come, or not at all. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/live.h"

#include "relay/web/admit.h"
#include "relay/web/directives.h"
#include "relay/web/reload.h"
#include "relay/web/reply.h"
#include "relay/web/watcher.h"

#include <string.h>

enum {
    /* A room that is about to go live is asked for again and again: caches may hold the 404 this
     * long, and no longer, or viewers would miss its start. */
    NOT_YET_S = 1,
    /* In target durations: section 6.2.5.2, and appendix B.1 on caching. */
    PATIENCE = 3,
    BLOCKED_AGE = 6,
    BLOCKED_ERROR_AGE = 4,
};

static const char live[] = "/live/";
static const char read_only[] = "GET, HEAD, OPTIONS";

/* Where a path leads; at most one of body, blob and hinted. */
struct place {
    const struct room_view *view; /* NULL: no such room */
    struct ring *waiters;         /* the room's */
    struct view_match match;
    const struct view_rendition *hinted; /* the path is its next part's */
    struct slice name;                   /* below the rendition: "p12.m4s" */
};

bool live_is_path(const struct request *r)
{
    return r->path.len >= sizeof live - 1 && memcmp(r->path.at, live, sizeof live - 1) == 0;
}

static const struct view_rendition *find_hint(const struct place *p, struct slice tail)
{
    for (size_t i = 0; i < p->view->rendition_count; i++) {
        const struct view_rendition *r = &p->view->renditions[i];
        size_t n = strlen(r->name);
        if (tail.len > n + 1 && tail.at[n] == '/' && memcmp(tail.at, r->name, n) == 0)
            return reload_is_hinted(r, p->name.at, p->name.len) ? r : NULL;
    }
    return NULL;
}

/* /live/[~TOKEN/]ROOM/TAIL */
static void find(const struct live *l, const struct request *r, struct place *p)
{
    char *room = r->path.at + sizeof live - 1 + r->token_len, *end = r->path.at + r->path.len;
    const char *slash = memchr(room, '/', (size_t)(end - room));
    *p = (struct place){0};
    if (!slash)
        return;
    p->view = shown_view(l->shown, room, (size_t)(slash - room), &p->waiters);
    if (!p->view)
        return;
    struct slice tail = {room + (slash + 1 - room), (size_t)(end - slash - 1)};
    char *name = memchr(tail.at, '/', tail.len);
    if (name)
        p->name = (struct slice){name + 1, (size_t)(end - name - 1)};
    if (room_view_find(p->view, tail.at, tail.len, &p->match) != 0 && name)
        p->hinted = find_hint(p, tail);
}

static uint32_t target_durations(const struct place *p, uint32_t n)
{
    uint32_t td = p->view->target_duration_s;
    return n * (td ? td : 1);
}

static void refresh(const struct live *l, bool parked)
{
    if (l->refresh)
        l->refresh(l->refresh_ctx, parked);
}

/* Who asks for media watches; who waits for it, as long as it does. Titles and pictures of rooms
 * are looked at by pages that show many. */
static void count_viewer(const struct live *l, struct request *r, uint32_t wait_s)
{
    if (!r->audience || !l->viewer_key || r->method != HTTP_GET)
        return;
    if (!r->viewer)
        r->viewer = watcher_id(l->viewer_key, r);
    if (r->viewer != WATCHER_NOBODY)
        audience_note(r->audience, l->thread, r->viewer, *l->now_us, wait_s);
}

/* What p points to may be gone afterwards: what it waits for may be here already. */
static void wait(const struct live *l, const struct place *p, struct request *r, uint32_t error_age)
{
    struct patience patience = {target_durations(p, PATIENCE), target_durations(p, error_age)};
    count_viewer(l, r, patience.wait_s);
    r->state = REQUEST_HELD;
    r->carrier->wait(r, p->waiters, &patience);
    refresh(l, true);
}

static void count_answer(const struct live *l, const struct request *r)
{
    tally_add(&l->tally->blocked_answered, r->waited);
}

static void refuse(const struct live *l, struct request *r, uint32_t age_s, const char *sentence)
{
    tally_add(&l->tally->blocked_refused, 1);
    reply_status(r, 400, age_s, sentence);
}

/* Caches must not keep "too far" for longer than it may be true, or one bad request would spoil an
 * address that every viewer will soon ask for. No segment is taken to be shorter than a second. */
static uint32_t too_far_age_s(const struct place *p, const struct directives *d)
{
    uint64_t open = p->match.rendition->open_msn;
    uint64_t segments = d->msn > open + 1 ? d->msn - open - 1 : 1;
    uint32_t most = target_durations(p, BLOCKED_ERROR_AGE);
    return segments < most ? (uint32_t)segments : most;
}

/* The playlist, or what has changed in it; rule of thumb for caches: an answer that was waited for
 * names one moment of the stream for ever, any other one is news for half a target duration. A
 * browser does not keep the former: video.js asks for the same part again at the end of a segment,
 * and would get the answer it has for as long. */
static void send_playlist(const struct live *l, const struct place *p, struct request *r,
                          const struct directives *d, bool blocked)
{
    const struct view_rendition *rendition = p->match.rendition;
    const struct body *delta = d->has_skip ? rendition->delta : NULL;
    if (delta && d->skips_dateranges && rendition->delta_v2)
        delta = rendition->delta_v2;
    const struct body *b = delta ? delta : p->match.body;
    count_answer(l, r);
    admit_playlist(r, b, blocked ? target_durations(p, BLOCKED_AGE) : 0);
}

static void serve_playlist(const struct live *l, const struct place *p, struct request *r)
{
    const struct view_rendition *rendition = p->match.rendition;
    struct directives d;
    const char *sentence;
    int err = directives_parse(&d, r->query.at, r->query.len, &sentence);
    if (!rendition->blocks) { /* section 6.2.5: directives that are not offered are ignored */
        d.has_skip = d.has_skip && err == 0;
        send_playlist(l, p, r, &d, false);
        return;
    }
    if (err) {
        bool blocked = d.has_msn || d.has_part;
        refuse(l, r, target_durations(p, blocked ? BLOCKED_ERROR_AGE : 1), sentence);
        return;
    }
    enum reload_verdict verdict =
        d.has_msn ? reload_judge(rendition, p->view->part_target_ms, &d) : RELOAD_OLD;
    switch (verdict) {
    case RELOAD_WAIT:
        wait(l, p, r, BLOCKED_ERROR_AGE);
        break;
    case RELOAD_TOO_FAR:
        refuse(l, r, too_far_age_s(p, &d), "This is too far ahead of the playlist.");
        break;
    case RELOAD_OLD:
    case RELOAD_READY:
        send_playlist(l, p, r, &d, verdict == RELOAD_READY);
        break;
    }
}

/* A part's address is promised before the part is there, a segment's file before it is whole. */
static void serve_file(const struct live *l, const struct place *p, struct request *r)
{
    const struct view_match *m = &p->match;
    const struct view_rendition *rendition = m->rendition;
    uint32_t most = target_durations(p, BLOCKED_AGE);
    uint32_t age_s = r->waited && m->max_age_s > most ? most : m->max_age_s;
    bool grows = rendition && rendition->blocks && strlen(rendition->hint) == p->name.len &&
                 memcmp(rendition->hint, p->name.at, p->name.len) == 0;
    if (!rendition) { /* the room's picture */
        reply_changing(r, m->blob, m->type, m->max_age_s);
    } else if (!grows) {
        count_answer(l, r);
        reply_blob(r, m->blob, m->offset, m->bytes, m->type, age_s ? age_s : 1);
    } else if (reply_growing(r, m->blob, m->offset, m->bytes, m->type, age_s ? age_s : 1)) {
        count_answer(l, r);
    } else {
        wait(l, p, r, 1);
    }
}

/* Or else status.json: what names addresses, and not what tells of the room. */
static bool is_playlist(const struct place *p)
{
    return strstr(p->match.body->type, "mpegurl") != NULL;
}

bool live_serve(const struct live *l, struct request *r)
{
    struct place p;
    if (!live_is_path(r))
        return false;
    refresh(l, false);
    find(l, r, &p);
    r->audience = p.view ? p.view->audience : NULL;
    if (!p.match.body && !p.match.blob && !p.hinted)
        return false;
    if (p.match.rendition)
        count_viewer(l, r, 0);
    if (r->method > HTTP_HEAD)
        reply_wrong_method(r, read_only);
    else if (p.hinted)
        wait(l, &p, r, 1);
    else if (p.match.blob)
        serve_file(l, &p, r);
    else if (p.match.rendition)
        serve_playlist(l, &p, r);
    else if (r->link.at && is_playlist(&p))
        admit_playlist(r, p.match.body, 0);
    else
        reply_body(r, 200, p.match.body);
    return true;
}

/* A name that is not promised may be a later part's: what caches keep of it must be short. */
void live_refuse(const struct live *l, struct request *r)
{
    struct place p;
    uint32_t age_s = NOT_YET_S;
    find(l, r, &p);
    if (r->waited)
        age_s = r->error_age_s;
    else if (p.view && !p.name.at)
        age_s = target_durations(&p, 1);
    reply_status(r, 404, age_s, "There is nothing at this address.");
}
