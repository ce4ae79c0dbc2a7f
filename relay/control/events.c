/* /api/v1/events: how the rooms stand, and then what changes, as server-sent events. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/events.h"

#include "relay/control/schema.h"
#include "relay/room/diagnosis.h"
#include "relay/room/pair.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MS = 2000,     /* a page that was cut comes again after this */
    SETTLE_US = 5000000, /* a newcomer may not be counted among the listeners before */
    NO_LIGHT = UINT8_MAX,
};

/* What a listener knows of a room, as far as changes are told. */
struct told {
    char name[ROOM_NAME_MAX + 1];
    struct signs {
        uint8_t state, light, side, choice;
        uint8_t playable, is_public, fed, rests, findings;
    } signs;
    uint64_t viewers;
    int64_t viewers_us; /* when that was told */
};

void events_fini(struct events *e)
{
    free(e->told);
    for (size_t i = 0; i < BODY_AUDIENCES; i++)
        text_fini(&e->audiences[i].text);
    memset(e, 0, sizeof(*e));
}

static uint8_t findings_of(const struct room_facts *f)
{
    uint64_t n = diagnosis_count(f, DOCTOR_AMBER) + diagnosis_count(f, DOCTOR_RED);
    return n < UINT8_MAX ? (uint8_t)n : UINT8_MAX;
}

static struct signs signs_of(const struct room_facts *f)
{
    enum doctor_light light;
    return (struct signs){
        .state = (uint8_t)f->state,
        .light = diagnosis_light(f, &light) ? (uint8_t)light : NO_LIGHT,
        .side = (uint8_t)f->pair->on_air.side,
        .choice = (uint8_t)f->pair->on_air.choice,
        .playable = f->playable,
        .is_public = f->is_public,
        .fed = f->session != NULL,
        .rests = pair_standby(f->pair) != NULL,
        .findings = findings_of(f),
    };
}

static void put_head(struct events *e, struct text *t, const char *event)
{
    text_printf(t, "id: %" PRIu64 "\nevent: %s\ndata: ", ++e->id, event);
}

static struct told told_of(const struct room_facts *f, int64_t now_us)
{
    struct told told = {.signs = signs_of(f), .viewers = f->viewers, .viewers_us = now_us};
    snprintf(told.name, sizeof(told.name), "%s", f->name);
    return told;
}

void events_forget(struct events *e)
{
    e->count = 0;
    e->known = false;
    for (size_t i = 0; i < BODY_AUDIENCES; i++)
        text_fini(&e->audiences[i].text);
}

/* The first listener knows what it is told first: it need not be told again. */
static void remember(struct events *e, const struct rooms *rooms, int64_t now_us)
{
    size_t n = rooms_count(rooms);
    struct told *now = calloc(n + 1, sizeof(*now));
    if (!now)
        return;
    for (size_t i = 0; i < n; i++) {
        struct room_facts f;
        room_facts(rooms_at(rooms, i), &f);
        now[i] = told_of(&f, now_us);
    }
    free(e->told);
    e->told = now;
    e->count = n;
    e->known = true;
}

static bool may_hear(const struct config_agency *agency, const struct config *c, const char *room)
{
    return !agency || config_agency_of(c, room) == agency;
}

/* The agency's audience, made when there is none; NULL: no place is free. */
static struct listener_group *find_group(struct events *e, const char *agency, bool make)
{
    struct listener_group *free = NULL;
    if (!agency[0]) {
        e->audiences[0].used = true;
        return &e->audiences[0];
    }
    for (size_t i = 1; i < BODY_AUDIENCES; i++) {
        struct listener_group *a = &e->audiences[i];
        if (a->used && strcmp(a->agency, agency) == 0)
            return a;
        if (!a->used && !free)
            free = a;
    }
    if (!make || !free)
        return NULL;
    /* whoever still listens with the number before hears nothing of this one's */
    free->id = free->id ? free->id + BODY_AUDIENCES : (uint32_t)(free - e->audiences);
    free->used = true;
    snprintf(free->agency, sizeof(free->agency), "%s", agency);
    return free;
}

int events_open(struct events *e, struct text *t, const struct source *src,
                const struct events_asker *asker, uint32_t *audience)
{
    struct listener_group *a = find_group(e, asker->agency ? asker->agency->name : "", true);
    size_t shown = 0;
    if (!a)
        return -ENOSPC;
    a->opened_us = asker->now_us;
    *audience = a->id;
    if (!e->known)
        remember(e, src->rooms, asker->now_us);
    text_printf(t, "retry: %d\n", RETRY_MS);
    put_head(e, t, "rooms");
    text_puts(t, "{\"rooms\":[");
    for (size_t i = 0; i < rooms_count(src->rooms); i++) {
        const struct room *room = rooms_at(src->rooms, i);
        struct room_facts f;
        if (!may_hear(asker->agency, src->config, room_name(room)))
            continue;
        room_facts(room, &f);
        text_puts(t, shown++ > 0 ? "," : "");
        schema_put(t, &schema_summary, &f);
    }
    text_puts(t, "]}\n\n");
    return 0;
}

struct listener_group *events_next(struct events *e, const struct listener_group *before)
{
    size_t i = before ? (size_t)(before - e->audiences) + 1 : 0;
    while (i < BODY_AUDIENCES && !e->audiences[i].used)
        i++;
    return i < BODY_AUDIENCES ? &e->audiences[i] : NULL;
}

static void put_gone(struct events *e, struct text *t, const struct told *was)
{
    put_head(e, t, "gone");
    text_puts(t, "{\"name\":");
    text_json(t, was->name);
    text_puts(t, "}\n\n");
}

static void put_room(struct events *e, struct text *t, const struct room_facts *f)
{
    put_head(e, t, "room");
    schema_put(t, &schema_summary, f);
    text_puts(t, "\n\n");
}

/* Is a listener who knows `was` to hear what is now? People come and go all the time: that alone
 * can wait. */
static bool is_news(const struct told *was, const struct told *is, int64_t now_us)
{
    return memcmp(&was->signs, &is->signs, sizeof(is->signs)) != 0 ||
           (was->viewers != is->viewers && now_us - was->viewers_us >= EVENTS_VIEWERS_US);
}

/* One walk, and whom it is told to. */
struct walk {
    struct events *e;
    const struct config *config;
    const struct rooms *rooms;
    struct told *now;
    int64_t now_us;
};

static void tell(struct listener_group *a, const struct text *one)
{
    if (!a || !a->used)
        return;
    text_add(&a->text, one->data, one->len);
    a->text.failed |= text_failed(one);
}

/* f: NULL: it is gone. */
static void say(const struct walk *w, const struct told *was, const struct room_facts *f)
{
    const struct config_agency *agency = config_agency_of(w->config, f ? f->name : was->name);
    struct text one;
    text_init(&one);
    if (f)
        put_room(w->e, &one, f);
    else
        put_gone(w->e, &one, was);
    tell(&w->e->audiences[0], &one);
    if (agency)
        tell(find_group(w->e, agency->name, false), &one);
    text_fini(&one);
}

/* Both lists are in order of names: one walk over them finds what came, changed and went. */
static size_t compare(const struct walk *w)
{
    struct events *e = w->e;
    size_t n = rooms_count(w->rooms), at = 0;
    for (size_t i = 0; i < n; i++) {
        struct room_facts f;
        room_facts(rooms_at(w->rooms, i), &f);
        while (at < e->count && strcmp(e->told[at].name, f.name) < 0)
            say(w, &e->told[at++], NULL);
        bool known = at < e->count && strcmp(e->told[at].name, f.name) == 0;
        w->now[i] = told_of(&f, w->now_us);
        if (!known || is_news(&e->told[at], &w->now[i], w->now_us))
            say(w, NULL, &f);
        else
            w->now[i] = e->told[at];
        at += known;
    }
    while (at < e->count)
        say(w, &e->told[at++], NULL);
    return n;
}

/* Newcomers are not counted among the listeners at once. False: nobody listens at all. */
static bool look_who_listens(struct events *e, int64_t now_us)
{
    bool any = false;
    for (struct listener_group *a = NULL; (a = events_next(e, a));) {
        a->used = a->listened || now_us - a->opened_us < SETTLE_US;
        any |= a->used;
    }
    return any;
}

bool events_tick(struct events *e, const struct rooms *rooms, const struct config *c,
                 int64_t now_us)
{
    struct walk w = {.e = e, .config = c, .rooms = rooms, .now_us = now_us};
    if (now_us < e->due_us)
        return true;
    e->due_us = now_us + EVENTS_TICK_US;
    if (!look_who_listens(e, now_us)) {
        events_forget(e);
        return true;
    }
    w.now = calloc(rooms_count(rooms) + 1, sizeof(*w.now));
    if (!w.now)
        return false;
    e->count = compare(&w);
    e->known = true;
    free(e->told);
    e->told = w.now;
    for (struct listener_group *a = NULL; (a = events_next(e, a));) {
        if (a->text.len == 0 && now_us - a->said_us >= EVENTS_BEAT_US)
            text_puts(&a->text, ": beat\n\n");
        if (a->text.len > 0)
            a->said_us = now_us;
    }
    return true;
}
