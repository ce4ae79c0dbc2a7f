/* All rooms by name, fed by the workers' messages: the front's one door to what is on air. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/rooms.h"

#include "relay/base/log.h"
#include "relay/room/by_hand.h"
#include "relay/room/feed_fields.h"
#include "relay/room/numbers.h"
#include "relay/room/pair.h"
#include "relay/room/refusal.h"
#include "relay/room/room_list.h"
#include "relay/room/worker_entry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct slot {
    struct room *room;
    enum link_room_state told; /* what the workers know of it */
    bool told_classic;
};

struct rooms {
    struct room_env env;
    struct rooms_out out;
    struct slot *slots; /* by name */
    size_t count, size;
    struct worker_entry *workers;
    uint32_t worker_count;
    struct presentation_start floor;
    struct rooms_facts gone; /* sums of the rooms that are no more, and of refusals */
    struct room_list list;
    struct pressure pressure;
};

int rooms_new(struct rooms **out, const struct config *config, const struct rooms_out *cb,
              uint32_t workers, int64_t now_us, int64_t wall_us)
{
    struct rooms *r = calloc(1, sizeof(*r));
    *out = r;
    if (!r)
        return -ENOMEM;
    r->out = *cb;
    r->env = (struct room_env){.config = config, .out = &r->out};
    numbers_first(&r->floor);
    r->worker_count = workers;
    r->workers = calloc(workers > 0 ? workers : 1, sizeof(*r->workers));
    if (!r->workers) {
        rooms_free(out);
        return -ENOMEM;
    }
    rooms_tick(r, now_us, wall_us); /* shows the empty list */
    return 0;
}

void rooms_free(struct rooms **r)
{
    if (!*r)
        return;
    for (size_t i = 0; i < (*r)->count; i++)
        room_free(&(*r)->slots[i].room);
    room_list_fini(&(*r)->list);
    pressure_fini(&(*r)->pressure);
    free((*r)->slots);
    free((*r)->workers);
    free(*r);
    *r = NULL;
}

/* Where the room of that name stands, or would. */
static size_t place_of(const struct rooms *r, const char *name)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(room_name(r->slots[middle].room), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct slot *find_name(const struct rooms *r, const char *name)
{
    size_t i = place_of(r, name);
    return i < r->count && strcmp(room_name(r->slots[i].room), name) == 0 ? &r->slots[i] : NULL;
}

/* A few messages a second and room: a walk over a few hundred rooms is cheaper than a second
 * index is to keep right. */
static struct slot *find_feed(const struct rooms *r, uint64_t feed, uint32_t *worker)
{
    for (size_t i = 0; i < r->count; i++)
        if (room_has_feed(r->slots[i].room, feed, worker))
            return &r->slots[i];
    return NULL;
}

static bool is_full(const struct rooms *r)
{
    return r->count >= r->env.config->rooms.max;
}

static void tell(const struct rooms *r, const struct slot *s, uint32_t worker)
{
    struct link_message m = {.type = LINK_ROOM_STATE, .worker = worker};
    snprintf(m.u.room.room, sizeof(m.u.room.room), "%s", room_name(s->room));
    m.u.room.state = s->told;
    m.u.room.classic = s->told_classic;
    m.u.room.full = is_full(r);
    r->out.send(r->out.ctx, worker, &m);
}

static void tell_all(const struct rooms *r, uint32_t worker)
{
    for (size_t i = 0; i < r->count; i++)
        tell(r, &r->slots[i], worker);
}

static void remove_room(struct rooms *r, struct slot *s)
{
    struct room_facts f;
    struct slot last = *s;
    size_t i = (size_t)(s - r->slots);
    room_facts(last.room, &f);
    room_floor(last.room, &r->floor);
    feed_fields_add(&r->gone.feed, &f.totals);
    presentation_counters_add(&r->gone.media, &f.presentation->counters);
    r->gone.takeovers += f.pair->takeovers;
    r->gone.switches += f.pair->switches;
    memmove(s, s + 1, (r->count - i - 1) * sizeof(*s));
    r->count--;
    last.told = LINK_ROOM_FREE;
    last.told_classic = false;
    tell(r, &last, ROOMS_OUT_ALL);
    room_free(&last.room);
}

/* After anything was done to a room: tells the workers what changed for a handshake, and removes
 * it when it is over. s is then no longer valid. */
static void settle(struct rooms *r, struct slot *s)
{
    struct room_facts f;
    enum link_room_state state = room_link_state(s->room);
    if (room_state(s->room) == ROOM_GONE) {
        remove_room(r, s);
        return;
    }
    room_facts(s->room, &f);
    if (state == s->told && f.classic == s->told_classic)
        return;
    s->told = state;
    s->told_classic = f.classic;
    tell(r, s, ROOMS_OUT_ALL);
}

static struct slot *add_room(struct rooms *r, const char *name, int64_t now_us, int64_t wall_us)
{
    struct presentation_start start;
    struct room *room;
    numbers_start(r->env.journal, name, &r->floor, wall_us, &start);
    if (r->count == r->size) {
        size_t size = r->size > 0 ? 2 * r->size : 16;
        struct slot *slots = realloc(r->slots, size * sizeof(*slots));
        if (!slots)
            return NULL;
        r->slots = slots;
        r->size = size;
    }
    if (room_new(&room, name, &r->env, &start, now_us, wall_us) < 0)
        return NULL;
    size_t i = place_of(r, name);
    memmove(&r->slots[i + 1], &r->slots[i], (r->count - i) * sizeof(*r->slots));
    r->slots[i] = (struct slot){.room = room, .told = LINK_ROOM_FREE};
    r->count++;
    return &r->slots[i];
}

/* A reason not to let the feed into the room, and who counts it; NULL: let it in. */
static const char *refusal(struct rooms *r, const char *name, const struct slot *s,
                           const char *role, int64_t now_us, uint64_t **count,
                           char words[static LINK_TEXT])
{
    const struct config *c = r->env.config;
    *count = &r->gone.refused_name;
    if (!room_name_is_valid(name, strlen(name)))
        return "a room name is 1-64 of A-Z a-z 0-9 . _ - and does not start with a dot";
    if (!c->rooms.open && !config_find_room(c, name))
        return "the room is not listed and rooms.open is false";
    *count = &r->gone.refused_conflict;
    const char *why = s ? room_refusal(s->room, role, now_us) : NULL;
    if (why)
        return why;
    *count = &r->gone.refused_full;
    if (!s && is_full(r))
        return "rooms.max is reached";
    if (refusal_by_quota(r, c, name, role, words))
        return words;
    *count = &r->gone.refused_memory;
    if (r->pressure.refusing && (!s || room_role_is_new(s->room, role)))
        return "no memory for more: limits.memory_mb is reached by what is on air; try again later";
    return NULL;
}

static void open_feed(struct rooms *r, const struct link_message *m, int64_t now_us,
                      int64_t wall_us)
{
    char name[LINK_NAME], role[LINK_ROLE], words[LINK_TEXT];
    uint64_t *count;
    uint32_t worker;
    session_copy_text(role, sizeof(role), m->u.open.role, sizeof(m->u.open.role));
    session_copy_text(name, sizeof(name), m->u.open.room, sizeof(m->u.open.room));
    if (m->feed == 0 || find_feed(r, m->feed, &worker)) {
        r->env.faults++;
        log_error("rooms", "feed_opened_twice feed=%" PRIu64 " worker=%" PRIu32, m->feed,
                  m->worker);
        return;
    }
    struct slot *s = find_name(r, name);
    bool further = roles_is_further(role);
    const char *why = refusal(r, name, s, role, now_us, &count, words);
    if (!why && stored_room_is_other(r->env.config, name, m->u.open.stored_id))
        why = "the room was closed, or made anew, while it connected";
    if (!why && !s && !(s = add_room(r, name, now_us, wall_us))) {
        count = &r->gone.refused_other;
        why = "out of memory";
    }
    if (!why && further) {
        count = &r->gone.refused_conflict;
        why = room_open_role(s->room, m, now_us, wall_us);
    }
    if (why) {
        (*count)++;
        refusal_tell(&r->out, m, name, why);
        return;
    }
    r->gone.feeds_opened++;
    if (!further)
        room_open(s->room, m, now_us, wall_us);
    settle(r, s);
}

void rooms_close(struct rooms *r, const char *name, const char *why, int64_t now_us,
                 int64_t wall_us)
{
    struct slot *s = find_name(r, name);
    if (!s)
        return;
    room_close(s->room, why, now_us, wall_us);
    settle(r, s);
}

/* Messages of feeds that were refused or replaced are still on their way and nobody's. */
static void pass_on(struct rooms *r, const struct link_message *m, int fd, int64_t now_us,
                    int64_t wall_us)
{
    uint32_t worker;
    struct slot *s = find_feed(r, m->feed, &worker);
    if (!s || worker != m->worker) {
        if (fd >= 0)
            close(fd);
        return;
    }
    if (m->type == LINK_FEED_CLOSED && m->u.closed.reason < ENDINGS)
        r->gone.ended[m->u.closed.reason]++;
    room_message(s->room, m, fd, now_us, wall_us);
    settle(r, s);
}

/* Those that bring no descriptor. */
static bool is_about_feed(uint32_t type)
{
    return type == LINK_FEED_STATS || type == LINK_FEED_CLOSED || type == LINK_EVENT ||
           type == LINK_CAPTIONS || type == LINK_PROGRAM || type == LINK_FEED_SIGNS ||
           type == LINK_FEED_MARK || type == LINK_FEED_RESTED;
}

void rooms_message(struct rooms *r, const struct link_message *m, int fd, int64_t now_us,
                   int64_t wall_us)
{
    bool known = m->worker < r->worker_count;
    bool about_media =
        known && (m->type == LINK_TRACK || m->type == LINK_PART || m->type == LINK_SEGMENT);
    if (fd >= 0 && !about_media)
        close(fd);
    if (known && m->type == LINK_WORKER_READY)
        rooms_worker_ready(r, m->worker);
    else if (known && m->type == LINK_WORKER_STATS)
        worker_entry_stats(&r->workers[m->worker], &m->u.worker_stats);
    else if (known && m->type == LINK_FEED_OPEN)
        open_feed(r, m, now_us, wall_us);
    else if (about_media)
        pass_on(r, m, fd, now_us, wall_us);
    else if (known && is_about_feed(m->type))
        pass_on(r, m, -1, now_us, wall_us);
    else {
        r->env.faults++;
        log_error("rooms", "unknown_message type=%" PRIu32 " worker=%" PRIu32, m->type, m->worker);
    }
}

void rooms_show(struct rooms *r, int64_t now_us, int64_t wall_us)
{
    if (!r->env.pending)
        return;
    r->env.pending = false;
    for (size_t i = 0; i < r->count; i++)
        room_show(r->slots[i].room, now_us, wall_us);
}

void rooms_worker_ready(struct rooms *r, uint32_t worker)
{
    if (worker >= r->worker_count)
        return;
    worker_entry_ready(&r->workers[worker]);
    tell_all(r, worker);
}

void rooms_worker_lost(struct rooms *r, uint32_t worker, int64_t now_us)
{
    if (worker >= r->worker_count)
        return;
    worker_entry_lost(&r->workers[worker]);
    for (size_t i = r->count; i-- > 0;) {
        struct room_facts f;
        room_facts(r->slots[i].room, &f);
        const struct session *standby = pair_standby(f.pair);
        r->gone.ended[LINK_CLOSE_LOST] += f.session && f.session->worker == worker;
        r->gone.ended[LINK_CLOSE_LOST] += standby && standby->worker == worker;
        room_worker_lost(r->slots[i].room, worker, now_us);
        settle(r, &r->slots[i]);
    }
}

/* What all windows hold together is kept within its budget. */
static void press(struct rooms *r, int64_t now_us)
{
    struct pressure *p = &r->pressure;
    struct pressure_weight *w = pressure_look(p, r->count, now_us);
    size_t left = PRESSURE_SEGMENTS;
    bool refused = p->refusing;
    if (!w)
        return;
    for (size_t i = 0; i < r->count; i++)
        room_weigh(r->slots[i].room, &w[i]);
    uint64_t level = pressure_decide(p, r->count);
    for (size_t i = 0; i < r->count && left > 0; i++)
        if (w[i].bytes > level && w[i].bytes > w[i].floor)
            left -= room_give_up(r->slots[i].room, level, left, now_us);
    if (left == 0)
        pressure_hurry(p);
    if (p->refusing != refused)
        pressure_say(p);
}

void rooms_tick(struct rooms *r, int64_t now_us, int64_t wall_us)
{
    for (size_t i = r->count; i-- > 0;) {
        room_tick(r->slots[i].room, now_us, wall_us);
        settle(r, &r->slots[i]);
    }
    press(r, now_us);
    room_list_refresh(&r->list, r, r->env.config, &r->out, now_us, wall_us);
}

void rooms_settle(struct rooms *r, int64_t now_us, int64_t wall_us)
{
    for (size_t i = 0; i < r->count; i++)
        room_settle(r->slots[i].room, now_us, wall_us);
}

void rooms_set_memory(struct rooms *r, uint64_t machine_bytes)
{
    pressure_set(&r->pressure, r->env.config->limits.memory_mb, machine_bytes);
}

void rooms_set_config(struct rooms *r, const struct config *config)
{
    r->env.config = config;
    tell_all(r, ROOMS_OUT_ALL); /* rooms.max may have moved */
}

void rooms_set_journal(struct rooms *r, struct journal *j)
{
    r->env.journal = j;
}

void rooms_past(const struct rooms *r, struct rooms_past *out)
{
    *out = (struct rooms_past){
        .floor = r->floor, .gone = r->gone, .faults = r->env.faults, .fillers = r->env.fillers};
}

void rooms_set_past(struct rooms *r, const struct rooms_past *past)
{
    r->floor = past->floor;
    r->gone = past->gone;
    r->env.faults = past->faults;
    r->env.fillers = past->fillers;
}

struct worker_entry *rooms_worker(struct rooms *r, uint32_t worker)
{
    return &r->workers[worker];
}

struct room *rooms_make(struct rooms *r, const char *name, int64_t now_us, int64_t wall_us)
{
    struct slot *s = find_name(r, name) ? NULL : add_room(r, name, now_us, wall_us);
    return s ? s->room : NULL;
}

void rooms_made(struct rooms *r, const char *name)
{
    struct slot *s = find_name(r, name);
    struct room_facts f;
    if (!s)
        return;
    room_facts(s->room, &f);
    s->told = room_link_state(s->room);
    s->told_classic = f.classic;
    room_show_soon(s->room);
}

size_t rooms_count(const struct rooms *r)
{
    return r->count;
}

const struct room *rooms_at(const struct rooms *r, size_t i)
{
    return r->slots[i].room;
}

const struct room *rooms_find(const struct rooms *r, const char *name)
{
    const struct slot *s = find_name(r, name);
    return s ? s->room : NULL;
}

struct room *rooms_grasp(struct rooms *r, const char *name)
{
    struct slot *s = find_name(r, name);
    return s ? s->room : NULL;
}

uint32_t rooms_workers(const struct rooms *r)
{
    return r->worker_count;
}

void rooms_worker_facts(const struct rooms *r, uint32_t worker, struct worker_facts *out)
{
    const struct worker_entry *w = &r->workers[worker];
    *out = (struct worker_facts){.up = w->up, .restarts = w->restarts};
    worker_entry_sum(w, &out->stats);
}

bool rooms_workers_are_up(const struct rooms *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        if (!r->workers[i].up)
            return false;
    return true;
}

const struct pressure *rooms_pressure(const struct rooms *r)
{
    return &r->pressure;
}

void rooms_facts(const struct rooms *r, struct rooms_facts *out)
{
    *out = r->gone;
    out->faults = r->env.faults;
    for (size_t i = 0; i < r->count; i++) {
        struct room_facts f;
        room_facts(r->slots[i].room, &f);
        out->by_state[f.state]++;
        out->feeds += (f.session != NULL) + (f.pair->standby.feed != 0);
        out->takeovers += f.pair->takeovers;
        out->switches += f.pair->switches;
        feed_fields_add(&out->feed, &f.totals);
        presentation_counters_add(&out->media, &f.presentation->counters);
    }
}
