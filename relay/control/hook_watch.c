/* Notices what web hooks are told of: feeds and rooms that come, go, or are unwell. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/hook_watch.h"

#include "relay/base/log.h"
#include "relay/base/text.h"
#include "relay/control/hook_words.h"
#include "relay/hooks/hook_body.h"
#include "relay/hooks/hook_ring.h"
#include "relay/room/diagnosis.h"
#include "relay/room/doctor_words.h"
#include "relay/room/pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CTX "hooks"

enum { ENDS = 1024 /* feeds that ended lately; more at once than that have no reason */ };

/* Why a feed ended. */
struct ended {
    uint64_t feed;
    enum link_close_reason reason;
    char text[LINK_TEXT];
};

struct hook_watch {
    struct hook_ring *ring;
    struct hook_seats *seats;
    struct hook_told *now[HOOK_TOLD], *next[HOOK_TOLD]; /* by name */
    size_t count, kept;
    struct ended ends[ENDS];
    size_t end; /* where the next one is noted */
    bool known; /* `now` is what was told */
    bool adopts, last;
    uint32_t wanted; /* a bit for each type */
    int64_t due_us, grace_us, pinged_us;
    int64_t quiet_us, now_us, wall_us; /* of this look ... */
    const struct config *config;       /* ... as well */
};

int hook_watch_new(struct hook_watch **out, int ring, int seats)
{
    struct hook_watch *w = calloc(1, sizeof(*w));
    int rc = w ? hook_ring_map(&w->ring, ring, true) : -ENOMEM;
    *out = NULL;
    if (!rc)
        rc = hook_seats_map(&w->seats, seats, false);
    if (rc)
        hook_watch_free(&w);
    *out = w;
    return rc;
}

void hook_watch_free(struct hook_watch **w)
{
    if (!*w)
        return;
    hook_ring_free(&(*w)->ring);
    hook_seats_free(&(*w)->seats);
    free(*w);
    *w = NULL;
}

/* ---- why feeds end */

static struct ended *end_of(struct hook_watch *w, uint64_t feed)
{
    for (size_t i = 1; i <= ENDS; i++) {
        struct ended *e = &w->ends[(w->end + ENDS - i) % ENDS];
        if (e->feed == feed || e->feed == 0)
            return e->feed ? e : NULL;
    }
    return NULL;
}

void hook_watch_hear(struct hook_watch *w, const struct link_message *m)
{
    bool stops = m->type == LINK_FEED_STOP;
    if ((!stops && m->type != LINK_FEED_CLOSED) || m->feed == 0 || !w->known)
        return;
    struct ended *e = end_of(w, m->feed);
    if (e) /* what we said when we ended it is why */
        return;
    e = &w->ends[w->end++ % ENDS];
    *e = (struct ended){.feed = m->feed, .reason = LINK_CLOSE_STOPPED};
    if (stops) {
        session_copy_text(e->text, sizeof(e->text), m->u.stop.text, sizeof(m->u.stop.text));
        return;
    }
    e->reason = (enum link_close_reason)m->u.closed.reason;
    session_copy_text(e->text, sizeof(e->text), m->u.closed.text, sizeof(m->u.closed.text));
}

/* ---- telling */

static const char *role_of(const struct session *s)
{
    return s->role[0] ? s->role : "main";
}

static struct hook_event event_of(const struct hook_watch *w, enum hook_type type,
                                  const struct hook_words *words)
{
    struct hook_event e = {.type = type, .mono_us = w->now_us, .wall_us = w->wall_us};
    snprintf(e.en, sizeof(e.en), "%s", words->en);
    snprintf(e.zh, sizeof(e.zh), "%s", words->zh);
    return e;
}

/* Written down first, then remembered: see hook_ring.h. */
static void tell(struct hook_watch *w, struct hook_told *t, const char *title, struct hook_event *e)
{
    memcpy(e->room, t->room, sizeof(e->room));
    snprintf(e->title, sizeof(e->title), "%s", title);
    const struct config_agency *agency = config_agency_of(w->config, t->room);
    snprintf(e->agency, sizeof(e->agency), "%s", agency ? agency->name : "");
    if (!w->adopts && (w->wanted >> e->type & 1))
        hook_ring_post(w->ring, e, w->wall_us);
    hook_told_apply(t, e);
}

static void tell_stopped(struct hook_watch *w, struct hook_told *t, const char *title,
                         const struct hook_told_feed *f)
{
    const struct ended *end = end_of(w, f->now);
    struct hook_event e =
        event_of(w, HOOK_FEED_STOPPED, hook_words_ending(end ? end->reason : LINK_CLOSE_LOST));
    e.feed = f->feed;
    memcpy(e.role, f->role, sizeof(e.role));
    if (end)
        snprintf(e.detail, sizeof(e.detail), "%s", end->text);
    tell(w, t, title, &e);
}

static void tell_started(struct hook_watch *w, struct hook_told *t, const char *title,
                         const struct session *s)
{
    struct hook_event e = event_of(w, HOOK_FEED_STARTED, &hook_words_started);
    e.feed = s->feed;
    snprintf(e.role, sizeof(e.role), "%s", role_of(s));
    snprintf(e.peer, sizeof(e.peer), "%s", s->peer);
    tell(w, t, title, &e);
}

/* ---- comparing a room */

struct sight {
    const char *title;
    const struct session *feeds[HOOK_FEEDS];
    size_t count;
    bool live;
    enum room_state state;
};

static void add_feed(struct sight *s, const struct session *feed)
{
    if (feed && feed->feed && s->count < HOOK_FEEDS)
        s->feeds[s->count++] = feed;
}

static struct sight sight_of(const struct room_facts *f)
{
    struct sight s = {.title = f->title, .state = f->state};
    add_feed(&s, f->session);
    add_feed(&s, pair_standby(f->pair));
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (f->roles->list[i].role)
            add_feed(&s, &f->roles->list[i].role->session);
    s.live = f->state == ROOM_LIVE && f->playable && f->is_public && !f->presentation->ended;
    return s;
}

static bool has_feed(const struct sight *s, uint64_t feed)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->feeds[i]->feed == feed)
            return true;
    return false;
}

static bool was_told(const struct hook_told *t, uint64_t feed)
{
    for (size_t i = 0; i < HOOK_FEEDS; i++)
        if (t->feeds[i].feed && t->feeds[i].now == feed)
            return true;
    return false;
}

/* After a crash workers announce their feeds under new numbers; a connection from the same address
 * and port is the same one. */
static void recognise(const struct hook_watch *w, struct hook_told *t, const struct sight *s)
{
    for (size_t i = 0; i < HOOK_FEEDS && w->now_us < w->grace_us; i++)
        for (size_t k = 0; k < s->count; k++)
            if (t->feeds[i].feed && strcmp(t->feeds[i].peer, s->feeds[k]->peer) == 0 &&
                strcmp(t->feeds[i].role, role_of(s->feeds[k])) == 0)
                t->feeds[i].now = s->feeds[k]->feed;
}

static void compare_ends(struct hook_watch *w, struct hook_told *t, const struct sight *s)
{
    if (w->now_us < w->grace_us)
        return;
    for (size_t i = 0; i < HOOK_FEEDS; i++) {
        struct hook_told_feed gone = t->feeds[i];
        if (gone.feed && !has_feed(s, gone.now))
            tell_stopped(w, t, s->title, &gone);
    }
    if (!t->live || s->live) {
        t->silent_since_us = 0;
        return;
    }
    if (t->silent_since_us == 0)
        t->silent_since_us = w->now_us;
    if (!w->last && w->now_us - t->silent_since_us < HOOK_SETTLE_US)
        return;
    struct hook_event e = event_of(w, HOOK_ROOM_SILENT, hook_words_silent(s->state));
    e.wall_us -= w->now_us - t->silent_since_us;
    tell(w, t, s->title, &e);
}

static void compare_begins(struct hook_watch *w, struct hook_told *t, const struct sight *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!was_told(t, s->feeds[i]->feed))
            tell_started(w, t, s->title, s->feeds[i]);
    if (!t->live && s->live) {
        struct hook_event e = event_of(w, HOOK_ROOM_LIVE, &hook_words_live);
        tell(w, t, s->title, &e);
    }
}

static void put_says(char *out, size_t size, enum doctor_check check, enum doctor_language in,
                     const uint32_t *values)
{
    struct text t;
    text_init(&t);
    doctor_say(&t, check, in, values);
    snprintf(out, size, "%s", text_failed(&t) || !t.data ? "" : t.data);
    text_fini(&t);
}

static uint64_t told_as(const struct hook_told *t, uint64_t feed)
{
    for (size_t i = 0; i < HOOK_FEEDS; i++)
        if (t->feeds[i].feed && t->feeds[i].now == feed)
            return t->feeds[i].feed;
    return feed;
}

static void tell_unhealthy(struct hook_watch *w, struct hook_told *t, const struct room_facts *f,
                           enum doctor_light light)
{
    struct hook_event e = event_of(w, HOOK_FEED_UNHEALTHY, &(struct hook_words){"", ""});
    enum doctor_check check;
    const struct session *s = diagnosis_worst(f, &check);
    if (!s)
        return;
    const uint32_t *values = s->doctor.findings[check].values;
    e.feed = told_as(t, s->feed);
    snprintf(e.role, sizeof(e.role), "%s", role_of(s));
    snprintf(e.light, sizeof(e.light), "%s", doctor_light_word(light));
    snprintf(e.finding, sizeof(e.finding), "%s", doctor_words(check)->id);
    put_says(e.en, sizeof(e.en), check, DOCTOR_EN, values);
    put_says(e.zh, sizeof(e.zh), check, DOCTOR_ZH, values);
    tell(w, t, f->title, &e);
}

/* A feed that was not watched for long enough is not called well. */
static void compare_light(struct hook_watch *w, struct hook_told *t, const struct room_facts *f)
{
    enum doctor_light light;
    if (!diagnosis_light(f, &light)) {
        t->unhealthy = false; /* that it has stopped says all */
        return;
    }
    bool other = !t->unhealthy || strcmp(t->light, doctor_light_word(light)) != 0;
    bool quiet = t->unhealthy_us && w->now_us - t->unhealthy_us < w->quiet_us;
    if (light > DOCTOR_GREEN && other && !quiet) {
        tell_unhealthy(w, t, f, light);
    } else if (light == DOCTOR_GREEN && t->unhealthy && f->session &&
               doctor_knows(&f->session->doctor)) {
        struct hook_event e = event_of(w, HOOK_FEED_HEALTHY, &hook_words_healthy);
        snprintf(e.light, sizeof(e.light), "%s", doctor_light_word(light));
        tell(w, t, f->title, &e);
    }
}

/* ---- all rooms */

static void keep(struct hook_watch *w, struct hook_told *t)
{
    if (hook_told_is_empty(t))
        t->room[0] = '\0';
    else
        w->next[w->kept++] = t;
}

static void look_at_gone(struct hook_watch *w, struct hook_told *t)
{
    const struct sight nothing = {.title = t->room, .state = ROOM_GONE};
    compare_ends(w, t, &nothing);
    if (w->now_us >= w->grace_us)
        t->unhealthy = false;
    keep(w, t);
}

static void look_at_room(struct hook_watch *w, struct hook_told *t, const struct room_facts *f)
{
    struct sight s = sight_of(f);
    if (!t && s.count == 0 && !s.live)
        return;
    if (!t && w->kept < HOOK_TOLD)
        t = hook_ring_tell(w->ring, f->name);
    if (!t)
        return;
    recognise(w, t, &s);
    compare_ends(w, t, &s);
    compare_begins(w, t, &s);
    compare_light(w, t, f);
    keep(w, t);
}

/* Both lists are in order of names: one walk over them finds what came, changed and went. */
static void look(struct hook_watch *w, const struct rooms *rooms)
{
    size_t at = 0;
    w->kept = 0;
    for (size_t i = 0; i < rooms_count(rooms); i++) {
        struct room_facts f;
        room_facts(rooms_at(rooms, i), &f);
        while (at < w->count && strcmp(w->now[at]->room, f.name) < 0)
            look_at_gone(w, w->now[at++]);
        bool known = at < w->count && strcmp(w->now[at]->room, f.name) == 0;
        look_at_room(w, known ? w->now[at++] : NULL, &f);
    }
    while (at < w->count)
        look_at_gone(w, w->now[at++]);
    memcpy(w->now, w->next, w->kept * sizeof(struct hook_told *));
    w->count = w->kept;
}

static int by_name(const void *a, const void *b)
{
    const struct hook_told *const *x = a, *const *y = b;
    return strcmp((*x)->room, (*y)->room);
}

/* What the front before this one has told. If there is nothing, rooms that are there already are no
 * news. */
static void learn(struct hook_watch *w)
{
    w->count = 0;
    for (size_t i = 0; i < hook_ring_told_count(w->ring); i++) {
        struct hook_told *t = hook_ring_told(w->ring, i);
        t->room[sizeof(t->room) - 1] = '\0';
        if (t->room[0] != '\0' && hook_told_is_empty(t))
            t->room[0] = '\0';
        if (t->room[0] != '\0')
            w->now[w->count++] = t;
    }
    qsort(w->now, w->count, sizeof(w->now[0]), by_name);
    w->adopts = w->count == 0;
    w->grace_us = w->count ? w->now_us + HOOK_GRACE_US : 0;
}

/* Nobody is told anything: what was told is worth nothing. */
static void forget(struct hook_watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        w->now[i]->room[0] = '\0';
    w->count = 0;
    w->known = false;
}

static void look_now(struct hook_watch *w, const struct rooms *rooms, const struct config *c,
                     int64_t now_us, int64_t wall_us)
{
    char why[HOOK_WHY_SIZE];
    w->now_us = now_us;
    w->wall_us = wall_us;
    w->config = c;
    w->quiet_us = (int64_t)c->hooks.quiet_s * 1000000;
    if (hook_list_events(c->hooks.events, &w->wanted, why))
        return;
    if (!w->known)
        learn(w);
    look(w, rooms);
    w->known = true;
    w->adopts = false;
}

void hook_watch_tick(struct hook_watch *w, const struct rooms *rooms, const struct config *c,
                     int64_t now_us, int64_t wall_us)
{
    if (c->hooks.url[0] == '\0') {
        if (w->known)
            forget(w);
        return;
    }
    if (now_us < w->due_us)
        return;
    w->due_us = now_us + HOOK_LOOK_US;
    look_now(w, rooms, c, now_us, wall_us);
}

void hook_watch_last(struct hook_watch *w, const struct rooms *rooms, const struct config *c,
                     int64_t now_us, int64_t wall_us)
{
    if (c->hooks.url[0] == '\0' || !w->known)
        return;
    w->last = true;
    w->grace_us = 0;
    look_now(w, rooms, c, now_us, wall_us);
}

/* ---- for the API */

int hook_watch_ping(struct hook_watch *w, int64_t now_us, int64_t wall_us, char id[static 37])
{
    if (w->pinged_us && now_us - w->pinged_us < HOOK_PING_US)
        return -EAGAIN;
    w->pinged_us = now_us;
    w->now_us = now_us;
    w->wall_us = wall_us;
    struct hook_event e = event_of(w, HOOK_PING, &hook_words_ping);
    hook_ring_post(w->ring, &e, wall_us);
    hook_id(&e, id);
    return 0;
}

bool hook_watch_look(const struct hook_watch *w, uint32_t number, struct hook_facts *out)
{
    return hook_seats_look(w->seats, number, out);
}
