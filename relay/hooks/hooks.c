/* The web hooks' process: its loop, and what becomes of each answer. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hooks.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/oom_score.h"
#include "relay/base/pulse.h"
#include "relay/base/text.h"
#include "relay/hooks/hook_body.h"
#include "relay/hooks/hook_client.h"
#include "relay/hooks/hook_queue.h"
#include "relay/hooks/hook_retry.h"
#include "relay/hooks/hook_seats.h"
#include "relay/hooks/hook_sign.h"
#include "relay/hooks/hooks_cell.h"
#include "relay/link/link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define CTX "hooks"

enum {
    ROUND_MS = 100,          /* how late an event may be seen */
    ROUND_BUSY_MS = 5,       /* there is more to begin */
    LEAVE_US = 2000000,      /* what is ready is still sent when the relay stops */
    FILES_US = 10000000,     /* how often the resolver's files are looked at */
    LOST_EVERY_US = 1000000, /* that events were dropped is said so often at most */
};

struct hook {
    struct hook_target target;
    struct hook_seat *seat;
    struct hook_queue queue;
    uint64_t loaded;  /* the newest event that was looked at */
    uint32_t busy;    /* attempts under way */
    int64_t hold_us;  /* nothing is begun before: it asked for that */
    uint64_t dropped; /* not said in the log yet */
    int64_t say_lost_us;
};

struct hooks {
    const struct config *config;
    struct hook list[HOOKS_MAX];
    int count;
    struct hook_secret secrets[HOOK_SECRETS_MAX];
    int secret_count;
    struct hook_ring *ring;
    struct hook_seats *seats;
    struct hook_client *client;
    struct hooks_cell cell;
    int64_t look_us; /* the next look at its files */
    int control;
    bool stopping;
};

static int number_of(const struct hooks *s, const struct hook *h)
{
    return (int)(h - s->list) + 1;
}

/* ---- what there is to send */

/* The place may be a newer event's by now. */
static void mark(struct hook_seat *t, uint64_t seq)
{
    if (t->done[seq % HOOK_SLOTS] < seq)
        t->done[seq % HOOK_SLOTS] = seq;
}

static void drop(struct hook *h, uint64_t seq)
{
    mark(h->seat, seq);
    h->seat->facts.dropped++;
    h->dropped++;
}

static void load(struct hooks *s, struct hook *h, int64_t now_us)
{
    uint64_t head = hook_ring_head(s->ring);
    struct hook_event e;
    while (h->loaded < head) {
        uint64_t seq = ++h->loaded, gone = 0;
        if (hook_seat_has(h->seat, seq))
            continue;
        if (hook_ring_read(s->ring, seq, &e))
            gone = hook_queue_add(&h->queue, seq, hook_queue_room(e.room),
                                  e.mono_us < now_us ? e.mono_us : now_us);
        else
            gone = seq;
        if (gone)
            drop(h, gone);
    }
}

/* It is done with all that are older than what waits. */
static void settle(struct hook *h)
{
    uint64_t oldest = hook_queue_oldest(&h->queue);
    h->seat->facts.floor = oldest ? oldest - 1 : h->loaded;
    h->seat->facts.queued = h->queue.count;
}

static void say_lost(struct hooks *s, struct hook *h, int64_t now_us)
{
    if (!h->dropped || now_us < h->say_lost_us)
        return;
    h->say_lost_us = now_us + LOST_EVERY_US;
    log_warn(CTX,
             "dropped hook=%d to=%s events=%" PRIu64 " what=\"more than hooks.queue waited: it is "
             "too slow, or does not answer\"",
             number_of(s, h), h->target.shown, h->dropped);
    h->dropped = 0;
}

/* ---- sending */

static int post(struct hooks *s, struct hook *h, const struct hook_event *e)
{
    char id[HOOK_ID], signature[HOOK_SIGNATURE];
    int64_t wall_s = clock_wall_us() / 1000000;
    struct text body;
    int rc = -ENOMEM;
    text_init(&body);
    hook_id(e, id);
    hook_body(&body, e, h->seat->facts.dropped - h->seat->facts.dropped_said);
    if (!text_failed(&body)) {
        hook_sign(s->secrets, s->secret_count, number_of(s, h), id, wall_s, body.data, body.len,
                  signature);
        const struct hook_post p = {.url = h->target.url,
                                    .id = id,
                                    .signature = signature,
                                    .body = body.data,
                                    .len = body.len,
                                    .timestamp = wall_s,
                                    .timeout_ms = s->config->hooks.timeout_ms,
                                    .hook = (uint32_t)(h - s->list),
                                    .seq = e->seq};
        rc = hook_client_post(s->client, &p);
    }
    text_fini(&body);
    return rc;
}

/* True: there is more that could be begun. */
static bool begin(struct hooks *s, struct hook *h, int64_t now_us)
{
    uint32_t most = h->seat->facts.failed_us ? 1 : HOOK_AT_ONCE;
    struct hook_wait *w;
    struct hook_event e;
    while (h->busy < most && now_us >= h->hold_us && (w = hook_queue_next(&h->queue, now_us))) {
        if (!hook_ring_read(s->ring, w->seq, &e)) {
            drop(h, w->seq);
            hook_queue_remove(&h->queue, w);
            continue;
        }
        pulse_doing("a web hook for", e.room);
        if (post(s, h, &e))
            return true;
        w->busy = true;
        w->dropped = h->seat->facts.dropped;
        h->busy++;
        h->seat->facts.tries++;
    }
    return false;
}

/* ---- answers */

static void note(struct hook_facts *t, const struct hook_answer *a)
{
    t->status = (uint32_t)a->status;
    t->answer_wall_us = clock_wall_us();
    if (a->status)
        snprintf(t->answer, sizeof(t->answer), "answered %ld", a->status);
    else
        snprintf(t->answer, sizeof(t->answer), "%s", a->why);
}

static void say_refused(struct hooks *s, struct hook *h, const struct hook_event *e,
                        const struct hook_answer *a)
{
    const char *what = a->status < 400 ? "it sends us elsewhere, and nobody is followed: "
                                         "put the last address into hooks.url"
                       : a->status == 401 || a->status == 403
                           ? "it does not accept the signature or our address: compare hooks.secret"
                       : a->status == 404 || a->status == 410
                           ? "there is nothing at that address: correct or remove it in hooks.url"
                           : "it refuses such events, and the same again would be refused too";
    log_warn(CTX, "refused hook=%d to=%s event=%s room=%s status=%ld what=\"%s\"", number_of(s, h),
             h->target.shown, hook_type_word(e->type), e->room, a->status, what);
}

/* From now on nothing arrives, or it does again: one line each. */
static void say_failing(struct hooks *s, struct hook *h, bool failing, int64_t now_us)
{
    if (failing == (h->seat->facts.failed_us != 0))
        return;
    if (failing)
        log_warn(CTX, "failing hook=%d to=%s why=\"%s\" what=\"tried again for %" PRIu32 " s\"",
                 number_of(s, h), h->target.shown, h->seat->facts.answer,
                 s->config->hooks.give_up_s);
    else
        log_info(CTX, "well hook=%d to=%s after_s=%" PRId64, number_of(s, h), h->target.shown,
                 (now_us - h->seat->facts.failed_us) / 1000000);
    h->seat->facts.failed_us = failing ? now_us : 0;
}

static void finish(struct hook *h, struct hook_wait *w)
{
    mark(h->seat, w->seq);
    hook_queue_remove(&h->queue, w);
}

static uint32_t any(void)
{
    uint32_t n = 0;
    return getrandom(&n, sizeof(n), GRND_NONBLOCK) == (ssize_t)sizeof(n) ? n : 0;
}

static void try_again(struct hooks *s, struct hook *h, struct hook_wait *w,
                      const struct hook_event *e, const struct hook_answer *a, int64_t now_us)
{
    if (now_us - w->born_us > (int64_t)s->config->hooks.give_up_s * 1000000) {
        log_error(CTX,
                  "given_up hook=%d to=%s event=%s room=%s tries=%" PRIu32 " why=\"%s\" what=\"see "
                  "what is wrong at the address, then POST /api/v1/hooks/test\"",
                  number_of(s, h), h->target.shown, hook_type_word(e->type), e->room, w->tries + 1,
                  h->seat->facts.answer);
        h->seat->facts.failed++;
        finish(h, w);
        return;
    }
    w->tries++;
    w->due_us = now_us + hook_retry_delay_us(w->tries, a->after_s, any());
    if (a->after_s > 0) /* it speaks for all that waits for it */
        h->hold_us = w->due_us;
}

static void take(struct hooks *s, const struct hook_answer *a, int64_t now_us)
{
    struct hook *h = &s->list[a->hook];
    struct hook_wait *w = hook_queue_find(&h->queue, a->seq);
    enum hook_verdict verdict = hook_retry_judge(a->status);
    struct hook_event e = {.type = HOOK_TYPES};
    h->busy--;
    note(&h->seat->facts, a);
    say_failing(s, h, verdict == HOOK_AGAIN, now_us);
    if (!w)
        return;
    w->busy = false;
    (void)hook_ring_read(s->ring, a->seq, &e);
    if (verdict == HOOK_AGAIN) {
        try_again(s, h, w, &e, a, now_us);
        return;
    }
    if (verdict == HOOK_REFUSED) {
        h->seat->facts.failed++;
        say_refused(s, h, &e, a);
    } else {
        h->seat->facts.sent++;
        if (w->dropped > h->seat->facts.dropped_said)
            h->seat->facts.dropped_said = w->dropped;
    }
    finish(h, w);
}

/* ---- the process */

static void take_orders(struct hooks *s)
{
    struct link_message m;
    int fd, rc;
    while ((rc = link_receive(s->control, &m, &fd)) == 1) {
        if (fd >= 0)
            close(fd);
        s->stopping |= m.type == LINK_STOP;
    }
    s->stopping |= rc == 0;
}

/* True: nothing is under way, and nothing is ready. */
static bool turn(struct hooks *s, int wait_ms, bool *more)
{
    struct hook_answer a;
    bool idle = true;
    hook_client_step(s->client, s->stopping ? -1 : s->control, *more ? ROUND_BUSY_MS : wait_ms);
    int64_t now_us = clock_mono_us();
    while (hook_client_take(s->client, &a))
        take(s, &a, now_us);
    *more = false;
    for (int i = 0; i < s->count; i++) {
        struct hook *h = &s->list[i];
        load(s, h, now_us);
        *more |= begin(s, h, now_us);
        settle(h);
        say_lost(s, h, now_us);
        idle &= h->busy == 0;
    }
    return idle && !*more;
}

static void look_at_files(struct hooks *s, int64_t now_us)
{
    if (now_us < s->look_us)
        return;
    s->look_us = now_us + FILES_US;
    if (!hooks_cell_is_stale(&s->cell))
        return;
    log_info(CTX,
             "starting_anew why=\"a file of the resolver, or the roots of TLS, was replaced\"");
    s->stopping = true;
}

static void loop(struct hooks *s)
{
    int64_t leave_us = 0;
    bool more = false, idle = false;
    while (!s->stopping || (!idle && clock_mono_us() < leave_us)) {
        pulse_beat();
        pulse_doing("web hooks", NULL);
        idle = turn(s, ROUND_MS, &more);
        if (s->stopping)
            continue;
        take_orders(s);
        look_at_files(s, clock_mono_us());
        if (s->stopping) {
            leave_us = clock_mono_us() + LEAVE_US;
            idle = false; /* one more look at what came last */
        }
    }
}

static int make(struct hooks *s, const struct hooks_options *o)
{
    struct hook_target targets[HOOKS_MAX];
    char why[HOOK_WHY_SIZE];
    s->count = hook_list_targets(o->config->hooks.url, targets, why);
    s->secret_count = hook_list_secrets(o->config->hooks.secret, s->secrets, why);
    if (s->count <= 0 || s->secret_count <= 0)
        return -EINVAL;
    int rc = hook_ring_map(&s->ring, o->ring, false);
    if (!rc)
        rc = hook_seats_map(&s->seats, o->seats, true);
    if (rc)
        return rc;
    uint64_t head = hook_ring_head(s->ring);
    hook_seats_begin(s->seats, hook_ring_epoch(s->ring));
    for (int i = 0; i < s->count && !rc; i++) {
        struct hook *h = &s->list[i];
        uint8_t key[HOOK_KEY];
        h->target = targets[i];
        hook_sign_key(h->target.url, key);
        h->seat = hook_seats_take(s->seats, key, (uint32_t)i + 1, head);
        rc = h->seat ? hook_queue_init(&h->queue, o->config->hooks.queue) : -ENOSPC;
        h->loaded = h->seat ? h->seat->facts.floor : 0;
    }
    hook_seats_settle(s->seats);
    return rc;
}

static void make_cell(struct hooks *s)
{
    struct hook_target targets[HOOKS_MAX];
    for (int i = 0; i < s->count; i++)
        targets[i] = s->list[i].target;
    hooks_cell_enter(&s->cell, s->config->isolation.sandbox, s->config->hooks.ca, targets,
                     s->count);
}

static void say_ready(const struct hooks *s)
{
    log_info(CTX, "ready pid=%d hooks=%d", (int)getpid(), s->count);
    for (int i = 0; i < s->count; i++)
        if (!s->list[i].target.https && !s->list[i].target.loopback)
            log_warn(CTX,
                     "plain hook=%d to=%s what=\"http:// can be read and delayed on its way; "
                     "the signature only shows that nobody has changed it\"",
                     i + 1, s->list[i].target.shown);
}

int hooks_run(const struct hooks_options *o)
{
    struct hooks s = {.config = o->config, .control = o->control};
    char why[HOOK_CLIENT_WHY] = "no memory";
    int rc = make(&s, o);
    oom_score_raise(OOM_SCORE_PICTURE);
    if (rc)
        snprintf(why, sizeof(why), "%s", strerror(-rc));
    else
        rc = hook_client_open(&s.client, o->config->hooks.ca, why);
    if (rc) {
        log_error(CTX, "cannot_start why=\"%s\" what=\"no web hooks until it can\"", why);
        return 1;
    }
    make_cell(&s);
    say_ready(&s);
    loop(&s);
    hook_client_close(&s.client);
    log_info(CTX, "stopped");
    return 0;
}
