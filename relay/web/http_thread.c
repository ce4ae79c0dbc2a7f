/* One HTTP thread: a listener, a postbox, a loop, and everything connected to it. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/http_thread.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/thread.h"
#include "relay/web/conn.h"
#include "relay/web/heritage.h"
#include "relay/web/http_loop.h"
#include "relay/web/route.h"
#include "relay/web/shown.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPT_BATCH = 32, ACCEPT_PAUSE_US = 100000 };

/* A listening socket of its own; -1: there is none, or no longer. */
struct door {
    struct http_thread *thread;
    struct event accept;
    int fd;
    bool secure; /* HTTPS */
};

enum { DOORS = 2 };

struct http_thread {
    struct http_loop loop;
    struct router router;
    struct live live;
    struct shown *shown;
    struct access *access;
    struct postbox *post;
    struct door door[DOORS];
    int spare_fd; /* given up to refuse a viewer when there are none */
    struct event resume, mail, tick;
    struct heritage *heritage; /* viewers of another process; NULL: none come */
    _Atomic int64_t stop_us;   /* 0: goes on; else the deadline of its drain ... */
    _Atomic int heir;          /* ... and who goes on */
    _Atomic uint64_t rounds;   /* of its loop */
    const char *_Atomic doing; /* what it began last */
    _Atomic bool ticking;      /* it has deadlines, so its loop must come round */
    pthread_t id;
    bool started, events; /* events: they were assigned */
    bool listens;         /* what the postbox was told */
};

/* Any descriptor will do; this kind can be made inside the sandbox. */
static int spare_fd(void)
{
    return eventfd(0, EFD_CLOEXEC);
}

static void begin(struct http_thread *t, const char *what)
{
    atomic_store_explicit(&t->doing, what, memory_order_relaxed);
}

static struct in6_addr peer_of(const struct sockaddr_storage *from)
{
    struct in6_addr peer = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    if (from->ss_family == AF_INET6)
        return ((const struct sockaddr_in6 *)from)->sin6_addr;
    if (from->ss_family == AF_INET)
        memcpy(peer.s6_addr + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
    return peer;
}

/* Out of descriptors or memory. The viewer in front would keep the listener readable and the loop
 * spinning: the spare descriptor serves to close its door, and then nobody is accepted a while. */
static void pause_accepting(struct door *d, int err)
{
    const struct timeval pause = {.tv_usec = ACCEPT_PAUSE_US};
    struct http_thread *t = d->thread;
    log_warn("http", "accept_paused thread=%u reason=\"%s\"", t->loop.thread, strerror(err));
    if (t->spare_fd >= 0 && (err == EMFILE || err == ENFILE)) {
        close(t->spare_fd);
        int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            close(fd);
        t->spare_fd = spare_fd();
    }
    for (int i = 0; i < DOORS; i++)
        if (t->door[i].fd >= 0)
            event_del(&t->door[i].accept);
    event_add(&t->resume, &pause);
}

/* false: nothing more to accept for now. Everything that is about one viewer only is passed over:
 * accept(2) lists what a pending connection may report. */
static bool accept_goes_on(struct door *d, int err)
{
    switch (err) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        pause_accepting(d, err);
        return false;
    default:
        return true;
    }
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    struct door *d = arg;
    struct http_thread *t = d->thread;
    (void)what;
    begin(t, "accepting");
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        int s = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (s < 0) {
            if (!accept_goes_on(d, errno))
                return;
            continue;
        }
        struct in6_addr peer = peer_of(&from);
        int rc = d->secure ? conn_open_secure(&t->loop, s, &peer) : conn_open(&t->loop, s, &peer);
        if (rc)
            log_warn("http", "accept_failed thread=%u reason=\"%s\"", t->loop.thread,
                     strerror(-rc));
    }
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct http_thread *t = arg;
    (void)fd;
    (void)what;
    for (int i = 0; i < DOORS; i++)
        if (t->door[i].fd >= 0)
            event_add(&t->door[i].accept, NULL);
}

/* Ticks only while there is a deadline to watch: an idle server sleeps. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct http_thread *t = arg;
    (void)fd;
    (void)what;
    begin(t, "closing what is late");
    t->loop.now_us = clock_mono_us();
    deadline_run(&t->loop.wheel, t->loop.now_us, conn_expire, &t->loop);
}

void http_thread_set_access(struct http_thread *t, const struct access *a)
{
    struct access *old = t->access;
    t->live.access = t->access = access_ref(a);
    access_unref(&old);
}

void http_thread_set_viewer_key(struct http_thread *t, const struct siphash_key *key)
{
    t->live.viewer_key = key;
}

static void take_post(void *arg, struct post *p)
{
    struct http_thread *t = arg;
    struct ring *waiters;
    int rc = 0;
    switch (p->kind) {
    case POST_VIEW:
        if (shown_view(t->shown, p->name, strlen(p->name), &waiters))
            conn_wake(&t->loop, waiters);
        rc = shown_set_view(t->shown, p->name, p->view);
        break;
    case POST_TEXT:
        rc = shown_set_text(t->shown, p->name, p->body);
        break;
    case POST_ACCESS:
        http_thread_set_access(t, p->access);
        break;
    case POST_HUSH:
        conn_hush(&t->loop);
        break;
    case POST_ANSWER:
        conn_answer(&t->loop, &p->token, p->status, p->body);
        break;
    case POST_LISTEN:
        t->loop.now_us = clock_mono_us();
        conn_listen(&t->loop, &p->token, p->body);
        break;
    case POST_NEWS:
        conn_tell(&t->loop, p->body);
        break;
    case POST_TLS:
        http_loop_set_tls(&t->loop, p->tls);
        break;
    case POST_NUDGE:
        break;
    }
    if (rc)
        log_error("http", "not_shown name=%s reason=\"%s\"", p->name, strerror(-rc));
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    struct http_thread *t = arg;
    (void)fd;
    (void)what;
    begin(t, "taking news");
    postbox_take(t->post, take_post, t);
}

/* Called while a request is handled: taking news only shows, queues and wakes, it runs no other
 * connection. */
static void refresh(void *ctx, bool parked)
{
    struct http_thread *t = ctx;
    if (parked && !t->listens) {
        t->listens = true;
        postbox_listen(t->post, true);
    }
    if (postbox_has_mail(t->post))
        postbox_take(t->post, take_post, t);
}

/* With nobody waiting, news may be left until somebody asks. */
static void stop_listening(struct http_thread *t)
{
    if (!t->listens || atomic_load_explicit(&t->loop.tally.holding, memory_order_relaxed) > 0)
        return;
    t->listens = false;
    postbox_listen(t->post, false);
}

static void shut_doors(struct http_thread *t)
{
    for (struct door *d = t->door; d < t->door + DOORS; d++) {
        if (d->fd < 0)
            continue;
        if (event_initialized(&d->accept))
            event_del(&d->accept);
        close(d->fd);
        d->fd = -1;
    }
}

static void begin_drain(struct http_thread *t)
{
    event_del(&t->resume);
    shut_doors(t);
    t->loop.now_us = clock_mono_us();
    t->loop.heir = atomic_load(&t->heir);
    conn_drain_all(&t->loop);
}

/* Is there a reason to go round once more? */
static bool goes_on(struct http_thread *t)
{
    int64_t stop_us = atomic_load_explicit(&t->stop_us, memory_order_acquire);
    if (!stop_us)
        return true;
    if (!t->loop.draining)
        begin_drain(t);
    if (t->loop.conn_count > 0 && clock_mono_us() < stop_us)
        return true;
    conn_close_all(&t->loop);
    return false;
}

static void *run_thread(void *arg)
{
    struct http_thread *t = arg;
    const struct timeval tick = {.tv_usec = DEADLINE_TICK_US};
    while (goes_on(t)) {
        /* While draining, the tick also brings us back to look at the deadline. */
        if ((t->loop.wheel.count > 0 || t->loop.draining) &&
            !event_pending(&t->tick, EV_TIMEOUT, NULL))
            event_add(&t->tick, &tick);
        int more = ring_is_empty(&t->loop.ready) ? 0 : EVLOOP_NONBLOCK;
        tally_add(&t->rounds, 1);
        atomic_store_explicit(&t->ticking, t->loop.wheel.count > 0, memory_order_relaxed);
        begin(t, "serving viewers");
        event_base_loop(t->loop.base, EVLOOP_ONCE | more);
        conn_run_ready(&t->loop);
        stop_listening(t);
    }
    return NULL;
}

static int open_door(struct door *d)
{
    struct event_base *base = d->thread->loop.base;
    event_assign(&d->accept, base, d->fd, EV_READ | EV_PERSIST, on_accept, d);
    return event_add(&d->accept, NULL) == 0 ? 0 : -ENOMEM;
}

static int add_events(struct http_thread *t)
{
    struct event_base *base = t->loop.base;
    event_assign(&t->mail, base, postbox_fd(t->post), EV_READ | EV_PERSIST, on_mail, t);
    evtimer_assign(&t->resume, base, on_resume, t);
    evtimer_assign(&t->tick, base, on_tick, t);
    t->events = true;
    return event_add(&t->mail, NULL) == 0 ? open_door(&t->door[0]) : -ENOMEM;
}

int http_thread_new(struct http_thread **out, const struct config *config, struct gate *gate,
                    uint32_t index, int listen_fd, const struct route *routes, size_t n)
{
    struct http_thread *t = *out = calloc(1, sizeof *t);
    if (!t) {
        close(listen_fd);
        return -ENOMEM;
    }
    t->door[0] = (struct door){.thread = t, .fd = listen_fd};
    t->door[1] = (struct door){.thread = t, .fd = -1, .secure = true};
    t->spare_fd = spare_fd();
    atomic_init(&t->heir, -1);
    begin(t, "starting");
    int rc = http_loop_init(&t->loop, config, gate, index);
    if (rc == 0)
        rc = shown_new(&t->shown);
    if (rc == 0)
        rc = postbox_new(&t->post);
    if (rc == 0)
        rc = add_events(t);
    if (rc) {
        http_thread_free(out);
        return rc;
    }
    t->live = (struct live){.shown = t->shown,
                            .tally = &t->loop.tally,
                            .refresh = refresh,
                            .refresh_ctx = t,
                            .gate = gate,
                            .now_us = &t->loop.now_us,
                            .thread = index};
    t->router = (struct router){routes, n, &t->live};
    t->loop.handle = route_request;
    t->loop.handle_ctx = &t->router;
    return 0;
}

int http_thread_secure(struct http_thread *t, int listen_fd, struct tls_context *tls,
                       struct gate *handshakes)
{
    assert(!t->started && t->door[1].fd < 0);
    t->door[1].fd = listen_fd;
    http_loop_set_tls(&t->loop, tls);
    int rc = http_loop_secure(&t->loop, handshakes);
    return rc ? rc : open_door(&t->door[1]);
}

int http_thread_start(struct http_thread *t)
{
    char name[16];
    assert(!t->started);
    snprintf(name, sizeof name, "http-%u", t->loop.thread);
    int rc = thread_start(&t->id, name, run_thread, t);
    t->started = rc == 0;
    return rc;
}

void http_thread_stop(struct http_thread *t, int64_t deadline_mono_us)
{
    atomic_store_explicit(&t->stop_us, deadline_mono_us > 0 ? deadline_mono_us : 1,
                          memory_order_release);
    postbox_nudge(t->post);
}

void http_thread_hand_on(struct http_thread *t, int heir, int64_t deadline_mono_us)
{
    atomic_store(&t->heir, heir);
    http_thread_stop(t, deadline_mono_us);
}

int http_thread_expect(struct http_thread *t, int fd)
{
    assert(!t->started && !t->heritage);
    return heritage_new(&t->heritage, &t->loop, fd);
}

void http_thread_join(struct http_thread *t)
{
    if (t->started)
        pthread_join(t->id, NULL);
    t->started = false;
}

void http_thread_free(struct http_thread **tp)
{
    struct http_thread *t = *tp;
    *tp = NULL;
    if (!t)
        return;
    assert(!t->started);
    if (t->events) {
        event_del(&t->mail);
        event_del(&t->resume);
        event_del(&t->tick);
    }
    heritage_free(&t->heritage);
    shut_doors(t);
    if (t->spare_fd >= 0)
        close(t->spare_fd);
    postbox_free(&t->post);
    shown_free(&t->shown);
    access_unref(&t->access);
    http_loop_fini(&t->loop);
    free(t);
}

void http_thread_post(struct http_thread *t, struct post *p)
{
    postbox_put(t->post, p);
}

void http_thread_leave(struct http_thread *t, struct post *p)
{
    postbox_leave(t->post, p);
}

void http_thread_ring(struct http_thread *t, bool anyway)
{
    postbox_ring(t->post, anyway);
}

const struct tally *http_thread_tally(const struct http_thread *t)
{
    return &t->loop.tally;
}

bool http_thread_owes(const struct http_thread *t, uint64_t *rounds)
{
    *rounds = atomic_load_explicit(&t->rounds, memory_order_relaxed);
    return t->started &&
           (atomic_load_explicit(&t->ticking, memory_order_relaxed) || postbox_is_waiting(t->post));
}

const char *http_thread_doing(const struct http_thread *t)
{
    return atomic_load_explicit(&t->doing, memory_order_relaxed);
}

uint64_t http_thread_late_posts(const struct http_thread *t)
{
    return postbox_late(t->post);
}
