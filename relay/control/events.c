/* /api/v1/events: how the rooms stand, and then what changes, as server-sent events. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/events.h"

#include "relay/control/schema.h"
#include "relay/room/diagnosis.h"
#include "relay/room/pair.h"

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
    *e = (struct events){0};
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

void events_open(struct events *e, struct text *t, const struct rooms *rooms, int64_t now_us)
{
    e->opened_us = now_us;
    if (!e->known)
        remember(e, rooms, now_us);
    text_printf(t, "retry: %d\n", RETRY_MS);
    put_head(e, t, "rooms");
    text_puts(t, "{\"rooms\":[");
    for (size_t i = 0; i < rooms_count(rooms); i++) {
        struct room_facts f;
        room_facts(rooms_at(rooms, i), &f);
        text_puts(t, i > 0 ? "," : "");
        schema_put(t, &schema_summary, &f);
    }
    text_puts(t, "]}\n\n");
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

/* Both lists are in order of names: one walk over them finds what came, changed and went. */
static size_t compare(struct events *e, struct text *t, const struct rooms *rooms, struct told *now,
                      int64_t now_us)
{
    size_t n = rooms_count(rooms), at = 0;
    for (size_t i = 0; i < n; i++) {
        struct room_facts f;
        room_facts(rooms_at(rooms, i), &f);
        while (at < e->count && strcmp(e->told[at].name, f.name) < 0)
            put_gone(e, t, &e->told[at++]);
        bool known = at < e->count && strcmp(e->told[at].name, f.name) == 0;
        now[i] = told_of(&f, now_us);
        if (!known || is_news(&e->told[at], &now[i], now_us))
            put_room(e, t, &f);
        else
            now[i] = e->told[at];
        at += known;
    }
    while (at < e->count)
        put_gone(e, t, &e->told[at++]);
    return n;
}

bool events_tick(struct events *e, struct text *t, const struct rooms *rooms, bool listened,
                 int64_t now_us)
{
    if (now_us < e->due_us)
        return true;
    e->due_us = now_us + EVENTS_TICK_US;
    if (!listened && now_us - e->opened_us >= SETTLE_US) {
        events_forget(e);
        return true;
    }
    struct told *now = calloc(rooms_count(rooms) + 1, sizeof(*now));
    if (!now)
        return false;
    e->count = compare(e, t, rooms, now, now_us);
    e->known = true;
    free(e->told);
    e->told = now;
    if (t->len == 0 && now_us - e->said_us >= EVENTS_BEAT_US)
        text_puts(t, ": beat\n\n");
    if (t->len > 0)
        e->said_us = now_us;
    return true;
}
