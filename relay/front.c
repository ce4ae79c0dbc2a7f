/* The wiring of the front: links and questions in, views and answers out. */
/* SPDX-License-Identifier: MIT */
#include "relay/front.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/machine_memory.h"
#include "relay/base/oom_score.h"
#include "relay/base/pulse.h"
#include "relay/base/sandbox.h"
#include "relay/base/self_stat.h"
#include "relay/base/vigil.h"
#include "relay/control/bearer.h"
#include "relay/control/desk.h"
#include "relay/front_hooks.h"
#include "relay/front_inside.h"
#include "relay/link/link.h"
#include "relay/room/attendance.h"
#include "relay/room/pictures.h"
#include "relay/room/rooms.h"
#include "relay/room/worker_entry.h"
#include "relay/slates.h"
#include "relay/web/page.h"
#include "relay/web/server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CTX "front"

enum {
    TICK_US = 100000,
    RING_TICKS = 10,           /* every so often threads without waiters are brought up to date */
    COUNT_TICKS = 10,          /* so often it is looked who watches */
    GATHER_US = 3000,          /* company for the first message: see gather */
    LINK_BURST = 256,          /* messages of one worker before others have their turn */
    WORKERS_STOP_US = 3000000, /* how long workers may flush after LINK_STOP */
    VIEWERS_STOP_US = 5000000, /* how long viewers' replies may take after that */
};

static void show(struct front *f)
{
    rooms_show(f->rooms, clock_room_us(), clock_wall_us());
    server_ring(f->server, false);
}

static void lose_worker(struct worker_link *k)
{
    if (k->fd < 0)
        return;
    event_free(k->readable);
    k->readable = NULL;
    link_outbox_free(&k->outbox);
    close(k->fd);
    k->fd = -1;
    rooms_worker_lost(k->front->rooms, k->index, clock_room_us());
    if (k->replaced)
        rooms_worker(k->front->rooms, k->index)->ever = false;
    k->replaced = false;
    show(k->front);
}

bool front_send(struct worker_link *k, const struct link_message *m, int fd)
{
    int copy = -1;

    if (k->fd < 0 || !k->outbox)
        return false;
    if (fd >= 0)
        copy = dup(fd);
    if ((fd < 0 || copy >= 0) && link_outbox_send(k->outbox, m, copy) == 0)
        return true;
    log_warn(CTX, "worker_unreachable worker=%u", k->index);
    return false;
}

static bool send_to_workers(struct front *f, uint32_t worker, const struct link_message *m, int fd)
{
    bool sent = false;

    for (uint32_t i = 0; i < f->workers; i++)
        if ((worker == ROOMS_OUT_ALL || worker == i) && front_send(&f->links[i], m, fd))
            sent = true;
    return sent;
}

void front_send_all(struct front *f, const struct link_message *m, int fd)
{
    send_to_workers(f, ROOMS_OUT_ALL, m, fd);
}

/* Takes what a worker has said; false: there may be more. */
static bool take_messages(struct worker_link *k)
{
    struct front *f = k->front;
    struct link_message m;
    int passed, rc = 1;

    pulse_doing("a worker's messages", NULL);
    for (int i = 0; i < LINK_BURST; i++) {
        rc = link_receive(k->fd, &m, &passed);
        if (rc != 1)
            break;
        m.worker = k->index; /* what a worker says of itself is not believed */
        front_hooks_hear(f, &m);
        if (m.type == LINK_ROOMS_TAKEN) {
            k->rooms = m.feed;
            front_stored_taken(f);
        }
        if (m.type == LINK_WORKER_READY || m.type == LINK_ROOMS_TAKEN) {
            if (m.type == LINK_WORKER_READY)
                rooms_worker_ready(f->rooms, k->index);
            if (passed >= 0)
                close(passed);
            continue;
        }
        rooms_message(f->rooms, &m, passed, clock_room_us(), clock_wall_us());
    }
    if (rc == 0 || (rc < 0 && rc != -EAGAIN))
        lose_worker(k);
    return rc != 1;
}

/* A worker speaks of all its rooms in one turn, of video and audio at nearly the same time. Waking
 * and showing for each message cost more than what was in them, so the first one waits for company
 * and nobody listens meanwhile. */
static void on_link(evutil_socket_t fd, short what, void *arg)
{
    const struct timeval company = {.tv_usec = GATHER_US};
    struct worker_link *k = arg;

    (void)fd, (void)what;
    if (!event_pending(k->front->on_gather, EV_TIMEOUT, NULL))
        event_add(k->front->on_gather, &company);
}

static void on_gather(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval at_once = {0};
    struct front *f = arg;
    bool all = true;

    (void)fd, (void)what;
    for (uint32_t i = 0; i < f->workers; i++) {
        struct worker_link *k = &f->links[i];
        if (k->fd >= 0 && !take_messages(k))
            all = false;
        if (k->fd >= 0)
            event_add(k->readable, NULL);
    }
    show(f);
    if (!all)
        event_add(f->on_gather, &at_once);
}

void front_adopt(struct front *f, uint32_t index, int fd)
{
    struct worker_link *k = index < f->workers ? &f->links[index] : NULL;

    if (!k || fd < 0) {
        if (fd >= 0)
            close(fd);
        return;
    }
    /* the last segments of the worker before may still wait for company: see on_link */
    while (k->fd >= 0 && !take_messages(k))
        continue;
    lose_worker(k);
    k->fd = fd;
    k->rooms = 0;
    k->readable = event_new(f->base, fd, EV_READ, on_link, k);
    if (!k->readable || link_outbox_new(&k->outbox, fd) || event_add(k->readable, NULL)) {
        log_error(CTX, "no_memory what=\"a worker's link\"");
        if (k->readable)
            event_free(k->readable);
        k->readable = NULL;
        link_outbox_free(&k->outbox);
        close(fd);
        k->fd = -1;
    }
    front_stored_tell(f, k);
}

static void begin_stop(struct front *f, int code)
{
    struct link_message m = {.type = LINK_STOP};

    if (f->stop_us || f->viewers >= 0)
        return;
    f->exit_code = code;
    f->stop_us = clock_mono_us() + WORKERS_STOP_US;
    front_send_all(f, &m, -1);
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
    struct front *f = arg;
    struct link_message m;
    int passed, rc;

    (void)what;
    while ((rc = link_receive(fd, &m, &passed)) == 1) {
        if (m.type == LINK_WORKER_SPAWNED) {
            front_adopt(f, m.worker, passed);
            continue;
        }
        if (m.type == LINK_SLATE) {
            slates_put(&m.u.slate, passed);
            continue;
        }
        if (m.type == LINK_CERTIFICATE) {
            front_tls_take(f, passed);
            continue;
        }
        if (m.type == LINK_ROOMS) {
            front_stored_take(f, passed);
            continue;
        }
        if (m.type == LINK_PICTURES) {
            front_pictures_adopt(f, passed);
            continue;
        }
        if (m.type == LINK_WORKER_KEPT) {
            front_adopt_kept(f, m.worker, passed);
            continue;
        }
        if (m.type == LINK_HAND_OVER && passed >= 0 && !f->stop_us)
            front_hand_over(f, passed, (uint32_t)m.feed);
        if (m.type == LINK_RETIRE && m.worker < f->workers) {
            f->links[m.worker].replaced = true;
            front_send(&f->links[m.worker], &m, -1);
        }
        if (m.type == LINK_CONFIG)
            front_take_config(f, passed);
        else if (m.type == LINK_STOP)
            begin_stop(f, 0);
        if (passed >= 0)
            close(passed);
    }
    if (rc == 0) { /* the supervisor is gone */
        event_del(f->on_control);
        begin_stop(f, 1);
    }
}

static void on_desk(evutil_socket_t fd, short what, void *arg)
{
    struct front *f = arg;

    (void)fd, (void)what;
    pulse_doing("questions", NULL);
    desk_drain(f->desk, f->server, f->rooms, f->config, clock_room_us(), clock_wall_us());
}

static bool workers_left(const struct front *f)
{
    for (uint32_t i = 0; i < f->workers; i++)
        if (f->links[i].fd >= 0)
            return true;
    return false;
}

/* An HTTP thread that stands still while somebody waits for it takes its viewers down for good: the
 * front begins anew instead. */
static void look_after_threads(struct front *f, int64_t now_us)
{
    if (now_us < f->look_us || f->stop_us)
        return;
    f->look_us = now_us + VIGIL_LOOK_US;
    for (size_t i = 0; i < f->threads; i++) {
        uint64_t rounds;
        bool owes = server_thread_owes(f->server, i, &rounds);
        int64_t still_us = vigil_look(&f->vigils[i], rounds, owes, now_us);

        if (still_us >= (int64_t)f->boot->isolation.stuck_ms * 1000) {
            log_error(CTX, "http_thread_stuck thread=%zu for_ms=%lld doing=\"%s\"", i,
                      (long long)(still_us / 1000), server_thread_doing(f->server, i));
            abort();
        }
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct front *f = arg;
    int64_t now_us = clock_mono_us();

    (void)fd, (void)what;
    pulse_beat();
    if (f->viewers >= 0) {
        front_tick_after(f, now_us);
        return;
    }
    pulse_doing("rooms", NULL);
    for (uint32_t i = 0; i < f->workers; i++)
        if (f->links[i].fd >= 0 && link_outbox_flush(f->links[i].outbox))
            log_warn(CTX, "worker_unreachable worker=%u", i);
    rooms_tick(f->rooms, clock_room_us(), clock_wall_us());
    if (f->ticks % COUNT_TICKS == 0)
        attendance_take(f->rooms, now_us);
    server_ring(f->server, ++f->ticks % RING_TICKS == 0);
    desk_tick(f->desk, f->server, f->rooms, f->config, clock_room_us(), clock_wall_us());
    front_tls_tick(f);
    front_stored_tick(f);
    front_pictures_tick(f);
    front_hooks_tick(f);
    look_after_threads(f, now_us);
    if (f->stop_us && (!workers_left(f) || now_us > f->stop_us))
        event_base_loopbreak(f->base);
}

static void on_show(void *ctx, const struct room_view *v)
{
    struct front *f = ctx;

    server_show(f->server, v);
}

static void on_hide(void *ctx, const char *room)
{
    struct front *f = ctx;

    server_hide(f->server, room);
}

static void on_publish(void *ctx, const char *path, const struct body *b)
{
    struct front *f = ctx;

    server_publish(f->server, path, b);
}

static bool on_send(void *ctx, uint32_t worker, const struct link_message *m)
{
    front_hooks_hear(ctx, m);
    return send_to_workers(ctx, worker, m, -1);
}

static bool on_pass(void *ctx, uint32_t worker, const struct link_message *m, int fd)
{
    struct front *f = ctx;

    return !f->stop_us && worker < f->workers && front_send(&f->links[worker], m, fd);
}

static int on_slate(void *ctx, const char *file, uint32_t *bytes)
{
    (void)ctx;
    return slates_find(slates_name(file), bytes);
}

static size_t add_routes(struct front *f, size_t n, const struct route *more, size_t count)
{
    for (size_t i = 0; i < count && n < ROUTES_MAX; i++)
        f->routes[n++] = more[i];
    return n;
}

static int make_server(struct front *f, const int *http_fds, size_t threads)
{
    const struct route *more;
    size_t n = 0, count;
    int rc = page_new(&f->page, f->config);

    if (rc)
        return rc;
    page_guard(f->page, bearer_is_needed(f->config));
    desk_guard(f->desk, bearer_is_needed(f->config));
    more = desk_routes(f->desk, &count);
    n = add_routes(f, n, more, count);
    more = page_routes(f->page, &count);
    n = add_routes(f, n, more, count);
    return server_new(&f->server, f->config, http_fds, threads, f->routes, n);
}

static int make_rooms(struct front *f)
{
    struct rooms_out out = {.ctx = f,
                            .show = on_show,
                            .hide = on_hide,
                            .publish = on_publish,
                            .send = on_send,
                            .pass = on_pass,
                            .slate = on_slate,
                            .workers = f->workers,
                            .threads = (uint32_t)f->threads};

    f->links = calloc(f->workers, sizeof(*f->links));
    f->vigils = calloc(f->threads, sizeof(*f->vigils));
    if (!f->links || !f->vigils)
        return -ENOMEM;
    for (uint32_t i = 0; i < f->workers; i++)
        f->links[i] = (struct worker_link){.front = f, .index = i, .fd = -1};
    int rc = rooms_new(&f->rooms, f->config, &out, f->workers, clock_room_us(), clock_wall_us());
    return rc ? rc : pictures_new(&f->pictures, f->rooms);
}

static int make_events(struct front *f)
{
    struct timeval tick = {.tv_usec = TICK_US};

    f->on_control = event_new(f->base, f->control, EV_READ | EV_PERSIST, on_control, f);
    f->on_desk = event_new(f->base, desk_fd(f->desk), EV_READ | EV_PERSIST, on_desk, f);
    f->on_tick = event_new(f->base, -1, EV_PERSIST, on_tick, f);
    f->on_gather = event_new(f->base, -1, 0, on_gather, f);
    if (!f->on_control || !f->on_desk || !f->on_tick || !f->on_gather)
        return -ENOMEM;
    if (event_add(f->on_control, NULL) || event_add(f->on_desk, NULL) ||
        event_add(f->on_tick, &tick))
        return -ENOMEM;
    return 0;
}

static int start(struct front *f, const struct front_options *o)
{
    bool follows = o->predecessor >= 0;
    int rc = desk_new(&f->desk);

    if (!rc)
        rc = front_stored_start(f, o);
    if (!rc)
        rc = make_server(f, o->http, o->threads);
    if (!rc)
        rc = front_tls_start(f, o);
    if (!rc)
        rc = make_rooms(f);
    if (!rc && follows)
        rc = front_take_over(f, o);
    if (rc)
        return rc;
    rooms_set_memory(f->rooms, machine_memory_bytes());
    rooms_set_journal(f->rooms, journal_file_journal(o->journal));
    journal_file_copy(o->journal);
    front_hooks_start(f, o);
    show(f);
    rc = make_events(f);
    if (!rc)
        rc = front_stored_listen(f);
    if (!rc)
        rc = server_start(f->server);
    server_ring(f->server, true); /* viewers who come over may wait already */
    return !rc && follows ? front_announce(o) : rc;
}

int front_run(const struct front_options *o)
{
    struct front f = {.config = o->config,
                      .boot = o->config,
                      .workers = o->workers,
                      .threads = o->threads,
                      .control = o->control,
                      .tickets_file = -1,
                      .certificate = -1,
                      .questions = -1,
                      .rooms_file = -1,
                      .viewers = -1,
                      .picture_link = -1,
                      .exit_code = 1};
    int rc;

    self_stat_open();
    machine_memory_open();
    oom_score_raise(OOM_SCORE_FRONT);
    sandbox_prepare(o->config->isolation.sandbox);
    f.base = event_base_new();
    if (!f.base)
        return 1;
    rc = start(&f, o);
    if (rc) {
        log_error(CTX, "cannot_start why=\"%s\"", strerror(-rc));
        free(f.links);
        free(f.vigils);
        return 1;
    }
    sandbox_enter(SANDBOX_FRONT, CTX);
    log_info(CTX, "ready pid=%d", (int)getpid());
    event_base_dispatch(f.base);
    front_hooks_stop(&f);
    log_info(CTX, "stopping viewers");
    server_stop(f.server, clock_mono_us() + (f.viewers < 0 ? VIEWERS_STOP_US : 0));
    log_info(CTX, "stopped");
    /* the kernel takes back the rest faster than we could */
    return f.viewers < 0 ? f.exit_code : 0;
}
