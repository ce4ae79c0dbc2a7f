/* The worker's loop: link messages, a tick for all publishers, a second for the numbers. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/worker.h"

#include "config/passed.h"
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/oom_score.h"
#include "relay/base/pulse.h"
#include "relay/base/sandbox.h"
#include "relay/base/self_stat.h"
#include "relay/ingest/admission.h"
#include "relay/ingest/fillers.h"
#include "relay/ingest/listener.h"
#include "relay/ingest/publisher.h"
#include "relay/ingest/spare_memory.h"
#include "relay/ingest/ts_demux.h"
#include "relay/link/link.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    LINK_BURST = 256,
    LATE_TICKS = 4,
    ACCEPT_TICKS = 4, /* how often the listener is asked, and how long a tick is with nobody here */
};

struct worker {
    uint32_t index;
    char log_name[24];
    struct config *config;
    int link;
    struct link_outbox *outbox;
    struct admission *admission;
    struct listener *listener;
    struct publisher **publishers;
    struct fillers *fillers;
    size_t count, size;
    uint64_t next_feed, tick, accept_due;
    int64_t tick_us, stride, step_us, next_second_us; /* stride: ticks that one step takes */
    struct link_worker_stats stats;
    bool stopping, lost;         /* lost: the front is gone or hopelessly behind */
    struct config_stored stored; /* what w->config points to, and those before it */
    bool retiring;               /* another worker follows once nobody publishes here */
};

static void send_message(void *ctx, const struct link_message *m, int fd)
{
    struct worker *w = ctx;
    int rc = link_outbox_send(w->outbox, m, fd);

    if (rc && !w->lost) {
        w->lost = true;
        log_warn(w->log_name, "front_lost error=%d", -rc);
    }
}

static void on_refuse(void *ctx, enum admission_verdict verdict, const char *room, const char *peer,
                      const char *text)
{
    struct worker *w = ctx;
    struct link_worker_stats *s = &w->stats;
    uint64_t *counters[ADMISSION_VERDICTS] = {
        [ADMISSION_BAD_REQUEST] = &s->refused_name, [ADMISSION_BAD_MODE] = &s->refused_name,
        [ADMISSION_NOT_FOUND] = &s->refused_name,   [ADMISSION_REPEAT] = &s->refused_conflict,
        [ADMISSION_UNAUTHORIZED] = &s->refused_key, [ADMISSION_CONFLICT] = &s->refused_conflict,
        [ADMISSION_FULL] = &s->refused_full,        [ADMISSION_RATE] = &s->refused_rate,
        [ADMISSION_VERSION] = &s->refused_version,  [ADMISSION_ENCRYPTION] = &s->refused_passphrase,
    };
    char name[LINK_NAME + 8], safe[LINK_NAME * 4];

    ++*(counters[verdict] ? counters[verdict] : &s->refused_other);
    log_safe(room, strlen(room), safe, sizeof(safe));
    snprintf(name, sizeof(name), "room/%s", room_name_is_valid(room, strlen(room)) ? room : "?");
    log_warn(name, "publisher_refused code=%d from=%s why=\"%s\" asked=\"%s\"",
             admission_reject_code(verdict), peer, text, safe);
}

static bool make_place(struct worker *w)
{
    size_t size = w->size ? w->size * 2 : 64;
    struct publisher **all;

    if (w->count < w->size)
        return true;
    all = realloc(w->publishers, size * sizeof(struct publisher *));
    if (!all)
        return false;
    w->publishers = all;
    w->size = size;
    return true;
}

/* Between its handshake and now another list may have come. */
static bool knows_key(const struct config *c, const struct stream_id *id)
{
    const struct stored_room *s = config_find_stored(c, id->room);

    return !s || publish_key_is(&s->key, id->key);
}

static void on_accept(void *ctx, const struct listener_peer *peer)
{
    struct worker *w = ctx;
    struct feed_out out = {.ctx = w, .send = send_message};
    struct publisher *p;

    if (publisher_new(&p, peer, w->config, &w->next_feed, w->index, &out, clock_mono_us()))
        return;
    if (!knows_key(w->config, &peer->stream)) {
        publisher_end(p, LINK_CLOSE_STOPPED, "its key was changed this moment");
        publisher_free(&p);
        return;
    }
    if (!make_place(w)) {
        publisher_end(p, LINK_CLOSE_LIMIT, "the worker has no memory left");
        publisher_free(&p);
        return;
    }
    w->publishers[w->count++] = p;
    w->stats.accepted++;
    log_info(feed_log_name(publisher_feed(p)),
             "publisher_accepted from=%s latency_ms=%u encrypted=%d play_out=%s", peer->address,
             peer->latency_ms, peer->encrypted, peer->classic ? "classic" : "auto");
}

static void remove_publisher(struct worker *w, size_t i)
{
    publisher_free(&w->publishers[i]);
    w->publishers[i] = w->publishers[--w->count];
}

static size_t find_feed(const struct worker *w, uint64_t id)
{
    size_t i = 0;

    while (i < w->count && feed_id(publisher_feed(w->publishers[i])) != id)
        i++;
    return i;
}

/* A whole new configuration as YAML in a memfd; the feeds on air keep what they started with. */
static void take_config(struct worker *w, int fd)
{
    struct config *c;

    if (config_take(&c, "reload", fd, stderr))
        return;
    c->stored = w->config->stored;
    /* the old one stays: publishers on air point into it, and reloads are rare */
    w->config = c;
    admission_set_config(w->admission, c);
    listener_set_config(w->listener, c);
    log_info(w->log_name, "configuration_reloaded");
}

/* Feeds whose room was closed, made anew or got another key are over. */
static void end_strangers(struct worker *w)
{
    for (size_t i = w->count; i-- > 0;) {
        if (feed_may_stay(publisher_feed(w->publishers[i])))
            continue;
        publisher_end(w->publishers[i], LINK_CLOSE_STOPPED,
                      "an organizer closed its room, or gave it another key");
        remove_publisher(w, i);
    }
}

/* A list that is not newer changes nothing. */
static bool put_rooms(struct worker *w, int fd)
{
    struct stored_rooms *next, *before = w->stored.rooms;
    int rc = stored_rooms_take(&next, fd);

    if (rc) {
        log_error(w->log_name, "rooms_refused why=\"%s\" what=\"the list before stays\"",
                  strerror(-rc));
        return false;
    }
    if (!before || stored_rooms_version(next) > stored_rooms_version(before))
        next = admission_set_stored(w->admission, &w->stored, next);
    stored_rooms_free(&next);
    return true;
}

static void take_rooms(struct worker *w, int fd)
{
    struct link_message taken = {.type = LINK_ROOMS_TAKEN, .worker = w->index};

    if (!w->config->stored || !put_rooms(w, fd))
        return;
    end_strangers(w);
    taken.feed = stored_rooms_version(w->stored.rooms);
    send_message(w, &taken, -1);
}

/* The front died and another one asks: publishers notice nothing. */
static void announce_again(struct worker *w)
{
    admission_forget_rooms(w->admission);
    fillers_clear(w->fillers);
    for (size_t i = w->count; i-- > 0;) {
        if (publisher_is_parked(w->publishers[i]) || /* it has no feed until it sends again */
            feed_again(publisher_feed(w->publishers[i]), w->next_feed++) == 0)
            continue;
        publisher_end(w->publishers[i], LINK_CLOSE_LIMIT, "the worker has no memory left");
        remove_publisher(w, i);
    }
    log_info(w->log_name, "announced_again publishers=%zu", w->count);
}

/* A feed that was never let in has nothing that another one could have got. */
static void stop_feed(struct worker *w, size_t i, const char *text)
{
    const struct feed *f = publisher_feed(w->publishers[i]);

    if (feed_is_open(f))
        admission_note_ended(w->admission, feed_peer(f), feed_stream(f), clock_mono_us());
    publisher_stop(w->publishers[i], text, clock_mono_us(), clock_wall_us());
    remove_publisher(w, i);
}

static void on_message(struct worker *w, const struct link_message *m, int fd)
{
    size_t i = find_feed(w, m->feed);

    switch ((enum link_type)m->type) {
    case LINK_FEED_GO:
        if (i < w->count)
            feed_go(publisher_feed(w->publishers[i]), &m->u.go, clock_mono_us());
        break;
    case LINK_FEED_REST:
        if (i < w->count)
            feed_rest(publisher_feed(w->publishers[i]), m->u.rest.goes_on, clock_mono_us());
        break;
    case LINK_FEED_COMPARE:
        if (i < w->count)
            feed_compare(publisher_feed(w->publishers[i]));
        break;
    case LINK_FEED_STOP:
        if (i < w->count)
            stop_feed(w, i, m->u.stop.text);
        break;
    case LINK_ROOM_STATE:
        admission_set_room(w->admission, m->u.room.room, (enum link_room_state)m->u.room.state,
                           m->u.room.classic, m->u.room.full);
        break;
    case LINK_FILL:
        fillers_message(w->fillers, w->config, m, fd, clock_mono_us(), clock_wall_us());
        break;
    case LINK_CONFIG:
        take_config(w, fd);
        break;
    case LINK_ROOMS:
        take_rooms(w, fd);
        break;
    case LINK_STOP:
        w->stopping = true;
        break;
    case LINK_AGAIN:
        announce_again(w);
        break;
    case LINK_RETIRE:
        w->retiring = true;
        break;
    default:
        log_error(w->log_name, "unexpected_message type=%u", m->type);
    }
}

static void read_link(struct worker *w)
{
    struct link_message m;
    int fd, rc = 0;

    pulse_doing("the front's messages", NULL);
    for (int i = 0; i < LINK_BURST && (rc = link_receive(w->link, &m, &fd)) == 1; i++) {
        on_message(w, &m, fd);
        if (fd >= 0)
            close(fd);
    }
    if (rc == 0 || rc == -EPROTO)
        w->lost = true;
    if (link_outbox_flush(w->outbox))
        w->lost = true;
}

static void tick_publishers(struct worker *w, int64_t now_us)
{
    int64_t wall_us = clock_wall_us();
    enum link_close_reason reason;
    char text[LINK_TEXT];

    for (size_t i = 0; i < w->count;) {
        pulse_doing("serving", feed_room(publisher_feed(w->publishers[i])));
        if (publisher_tick(w->publishers[i], w->tick, now_us, wall_us, &reason, text)) {
            i++;
            continue;
        }
        publisher_end(w->publishers[i], reason, text);
        remove_publisher(w, i);
    }
}

static void second(struct worker *w, int64_t now_us)
{
    struct link_message m = {.type = LINK_WORKER_STATS, .worker = w->index};
    struct self_stat self;
    struct rusage u;
    uint32_t starved;

    pulse_doing("counting", NULL);
    for (size_t i = 0; i < w->count; i++)
        publisher_second(w->publishers[i], now_us);
    starved = spare_memory_refill();
    if (starved)
        log_warn(w->log_name, "no_memory what=\"libsrt had to wait for it\" times=%u", starved);
    getrusage(RUSAGE_SELF, &u);
    w->stats.cpu_us = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
                      (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    self_stat_read(&self);
    w->stats.pid = self.pid;
    w->stats.rss_bytes = self.rss_bytes;
    w->stats.threads = self.threads;
    w->stats.fds = self.fds;
    w->stats.udp_dropped = listener_udp_dropped(w->listener);
    w->stats.log_dropped = log_dropped() + admission_events_lost(w->admission);
    m.u.worker_stats = w->stats;
    send_message(w, &m, -1);
}

static void tick(struct worker *w, int64_t now_us)
{
    pulse_beat();
    pulse_doing("accepting", NULL);
    w->tick += (uint64_t)w->stride;
    w->stats.ticks++;
    if (now_us - w->tick_us > LATE_TICKS * w->step_us)
        w->stats.late_ticks++;
    w->tick_us = now_us;
    if (w->tick >= w->accept_due) {
        w->accept_due = w->tick + ACCEPT_TICKS;
        listener_tick(w->listener, now_us);
    }
    tick_publishers(w, now_us);
    fillers_tick(w->fillers, now_us, clock_wall_us());
    if (now_us >= w->next_second_us) {
        w->next_second_us = now_us + 1000000;
        second(w, now_us);
    }
    if (link_outbox_flush(w->outbox))
        w->lost = true;
    w->stopping = w->stopping || (w->retiring && !w->count);
}

/* Waking up for nobody is what a worker with quiet feeds would do most. */
static int64_t ticks_to_sleep(const struct worker *w)
{
    uint64_t due = w->accept_due;

    if (!w->count)
        return ACCEPT_TICKS;
    for (size_t i = 0; i < w->count; i++)
        if (publisher_due(w->publishers[i]) < due)
            due = publisher_due(w->publishers[i]);
    return due > w->tick ? (int64_t)(due - w->tick) : 1;
}

static void loop(struct worker *w)
{
    int64_t next_us = clock_mono_us();

    w->tick_us = next_us;
    w->stride = 1;
    w->step_us = (int64_t)w->config->srt.tick_ms * 1000;
    while (!w->stopping && !w->lost) {
        int64_t now_us = clock_mono_us();
        struct pollfd link = {.fd = w->link, .events = POLLIN};
        struct timespec wait = {0};

        if (now_us < next_us)
            wait.tv_nsec = (next_us - now_us) * 1000;
        if (ppoll(&link, 1, &wait, NULL) > 0)
            read_link(w);
        now_us = clock_mono_us();
        if (now_us < next_us)
            continue;
        tick(w, now_us);
        w->stride = ticks_to_sleep(w);
        w->step_us = (int64_t)w->config->srt.tick_ms * 1000 * w->stride;
        next_us += w->step_us;
        if (next_us < now_us) /* behind: skip, never pile up */
            next_us = now_us;
    }
}

static int start(struct worker *w, const struct worker_options *options)
{
    struct link_message ready = {.type = LINK_WORKER_READY, .worker = w->index};
    struct link_message taken = {.type = LINK_ROOMS_TAKEN, .worker = w->index};
    struct listener_options o = {
        .udp_fd = options->udp_fd,
        .log_name = w->log_name,
        .ctx = w,
        .accept = on_accept,
        .refuse = on_refuse,
        .config = w->config,
    };

    struct feed_out out = {.ctx = w, .send = send_message};

    if (link_outbox_new(&w->outbox, w->link) || fillers_new(&w->fillers, w->index, &out) ||
        admission_new(&w->admission, w->config))
        return -ENOMEM;
    o.admission = w->admission;
    if (options->rooms >= 0 && put_rooms(w, options->rooms))
        taken.feed = stored_rooms_version(w->stored.rooms);
    if (listener_new(&w->listener, &o))
        return -EIO;
    send_message(w, &ready, -1);
    if (taken.feed)
        send_message(w, &taken, -1);
    return 0;
}

/* Nothing that a worker needs: see front_config.c. */
static void forget_keys(struct config *c)
{
    char *const keys[] = {c->rooms.sign_keys, c->access.organizer_token, c->access.reader_token,
                          c->hooks.secret, c->hooks.url};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i])
            explicit_bzero(keys[i], strlen(keys[i]));
    config_agencies_forget(c);
}

int worker_run(const struct worker_options *o)
{
    struct config *c = o->config;
    struct worker w = {.index = o->index, .config = c, .link = o->link_fd};

    c->stored = o->has_store ? &w.stored : NULL;
    snprintf(w.log_name, sizeof(w.log_name), "worker/%u", w.index);
    /* unique in the festival's life: worker, its generation, a counter */
    w.next_feed = (uint64_t)(w.index + 1) << 48 | (uint64_t)(o->generation & 0xffff) << 32 | 1;
    ts_demux_setup_log();
    forget_keys(c);
    if (!spare_memory_init())
        log_warn(w.log_name, "no_new_handler what=\"without memory libsrt will end the worker\"");
    self_stat_open();
    oom_score_raise(OOM_SCORE_WORKER);
    sandbox_prepare(c->isolation.sandbox);
    if (start(&w, o))
        return 1;
    sandbox_enter(SANDBOX_WORKER, w.log_name);
    log_info(w.log_name, "ready pid=%d", (int)getpid());
    loop(&w);
    while (w.count) {
        publisher_stop(w.publishers[0], "the relay is stopping", clock_mono_us(), clock_wall_us());
        remove_publisher(&w, 0);
    }
    for (int i = 0; i < 100 && !w.lost && link_outbox_queued(w.outbox); i++) {
        struct pollfd link = {.fd = w.link, .events = POLLOUT};

        poll(&link, 1, 10);
        if (link_outbox_flush(w.outbox))
            break;
    }
    log_info(w.log_name, "stopped");
    close(w.link);
    /* srt_cleanup waits for its garbage collector for seconds; everything worth keeping is sent */
    _exit(w.stopping ? 0 : 1);
}
