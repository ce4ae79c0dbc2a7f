/* The rooms that the API made, at the front: a new list is put in force here, then in the workers.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/pulse.h"
#include "relay/control/bearer.h"
#include "relay/front_inside.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define CTX "front"

static uint64_t version(const struct front *f)
{
    return f->stored.rooms ? stored_rooms_version(f->stored.rooms) : 0;
}

static bool is_listed(const struct config *c, const char *name)
{
    return config_find_room(c, name) && !config_find_stored(c, name);
}

static uint64_t id_in(const struct stored_rooms *r, const char *name)
{
    const struct stored_room *s = r ? stored_rooms_find(r, name) : NULL;

    return s ? s->id : 0;
}

/* What was published in a room that is closed, or another one now, is nobody's to see: before the
 * list says something else of who may watch it. */
static void close_others(struct front *f, const struct stored_rooms *next)
{
    for (size_t i = f->stored.rooms ? rooms_count(f->rooms) : 0; i-- > 0;) {
        struct room_facts r;

        room_facts(rooms_at(f->rooms, i), &r);
        if (id_in(f->stored.rooms, r.name) != id_in(next, r.name) && !is_listed(f->config, r.name))
            rooms_close(f->rooms, r.name, "an organizer closed the room, or made it anew",
                        clock_room_us(), clock_wall_us());
    }
}

/* Takes next. */
static int put(struct front *f, struct stored_rooms *next)
{
    struct stored_rooms *before = f->stored.rooms;
    int rc;

    close_others(f, next);
    f->stored.rooms = next;
    /* as at a reload: a token that is no longer good keeps nothing open */
    rc = server_set_access(f->server, f->config, !stored_agencies_are_same(before, next));
    if (rc)
        f->stored.rooms = before;
    page_guard(f->page, bearer_is_needed(f->config));
    desk_guard(f->desk, bearer_is_needed(f->config));
    stored_rooms_free(rc ? &next : &before);
    return rc;
}

static void send_file(struct front *f, struct worker_link *k)
{
    struct link_message m = {.type = LINK_ROOMS, .worker = k->index};

    front_send(k, &m, f->rooms_file);
}

static void try_file(struct front *f)
{
    struct stored_rooms *next;
    int rc = stored_rooms_take(&next, f->rooms_file);
    uint64_t before = version(f);

    if (!rc && stored_rooms_version(next) > before)
        rc = put(f, next);
    else
        stored_rooms_free(&next);
    f->rooms_due = rc == -ENOMEM;
    if (rc) {
        log_error(CTX, "rooms_refused why=\"%s\" what=\"the list before stays\"", strerror(-rc));
        return;
    }
    for (uint32_t i = 0; i < f->workers; i++)
        if (f->links[i].fd >= 0)
            send_file(f, &f->links[i]);
    front_stored_taken(f);
}

void front_stored_take(struct front *f, int fd)
{
    if (fd < 0 || f->questions < 0) {
        if (fd >= 0)
            close(fd);
        return;
    }
    if (f->rooms_file >= 0)
        close(f->rooms_file);
    f->rooms_file = fd;
    pulse_doing("the list of rooms", NULL);
    try_file(f);
}

void front_stored_tell(struct front *f, struct worker_link *k)
{
    if (k->fd >= 0 && f->stored.rooms)
        send_file(f, k);
}

/* The least of all that are reachable: who comes later begins with the newest. */
void front_stored_taken(struct front *f)
{
    uint64_t least = version(f);

    for (uint32_t i = 0; i < f->workers; i++)
        if (f->links[i].fd >= 0 && f->links[i].rooms < least)
            least = f->links[i].rooms;
    desk_rooms_in_force(f->desk, f->server, f->config, least, clock_wall_us());
}

void front_stored_tick(struct front *f)
{
    if (f->rooms_due)
        try_file(f);
    front_stored_taken(f); /* a worker that died is waited for no longer */
}

static void on_questions(evutil_socket_t fd, short what, void *arg)
{
    struct front *f = arg;

    (void)fd, (void)what;
    pulse_doing("the store's answers", NULL);
    desk_hear_store(f->desk, f->server, clock_wall_us());
    front_stored_taken(f);
}

int front_stored_start(struct front *f, const struct front_options *o)
{
    int rc;

    f->questions = o->questions;
    if (f->questions < 0)
        return 0;
    f->config->stored = &f->stored;
    desk_set_store(f->desk, f->questions);
    desk_set_usage(f->desk, f->config->state.usage_days);
    if (o->rooms < 0)
        return 0;
    f->rooms_file = o->rooms;
    rc = stored_rooms_take(&f->stored.rooms, o->rooms);
    f->stored.refused = rc != 0;
    if (rc)
        log_error(CTX, "rooms_refused why=\"%s\" what=\"unlisted rooms are shut\"", strerror(-rc));
    return rc == -ENOMEM ? rc : 0;
}

int front_stored_listen(struct front *f)
{
    if (f->questions < 0)
        return 0;
    f->on_questions = event_new(f->base, f->questions, EV_READ | EV_PERSIST, on_questions, f);
    return f->on_questions && event_add(f->on_questions, NULL) == 0 ? 0 : -ENOMEM;
}
