/* Where HTTP threads leave questions that only the control thread can answer. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/desk.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mailbox.h"
#include "relay/base/text.h"
#include "relay/control/agency_edit.h"
#include "relay/control/api.h"
#include "relay/control/asks.h"
#include "relay/control/bearer.h"
#include "relay/control/events.h"
#include "relay/control/health.h"
#include "relay/control/metrics.h"
#include "relay/control/problem.h"
#include "relay/control/query.h"
#include "relay/control/room_edit.h"
#include "relay/control/source.h"
#include "relay/control/usage.h"
#include "relay/control/writes.h"
#include "relay/web/asker.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DESK_QUESTIONS = 1024,      /* waiting at once */
    DESK_DEADLINE_US = 2000000, /* a question that waits longer is answered with 503 ... */
    DESK_ACT_US = 1900000,      /* ... and not acted on any more, with time for the way back */
    DESK_PATH = 128,            /* no page of ours has a longer path */
    DESK_TOKEN = 132,           /* one byte more than any token: what is cut is wrong */
    DESK_PEER = 48,
    /* what the store is asked for may wait for a disk: web/ gives up after writes.h does */
    DESK_STORE_US = WRITES_PATIENCE_US + DESK_DEADLINE_US,
};

/* Renders the page that was asked for into t; returns the status. head: set where it differs from
 * the page's own. */
typedef int page_render(struct text *t, const struct source *src, const struct asked *q,
                        struct page_head *head);

struct page {
    const char *path, *type;
    bool open; /* to everybody */
    unsigned methods;
    page_render *render;
};

static int render_ready(struct text *t, const struct source *src, const struct asked *q,
                        struct page_head *head)
{
    (void)q;
    (void)head;
    return health_render_ready(t, src);
}

static int render_metrics(struct text *t, const struct source *src, const struct asked *q,
                          struct page_head *head)
{
    struct bearer_verdict v = bearer_judge(src->bearers, src->config, q, src->now_us);
    head->extra = v.extra;
    if (v.status)
        return problem_answer(t, head, v.status, v.detail);
    if (v.agency)
        return problem_answer(t, head, 403, "This is the organizer's to see, not an agency's.");
    metrics_render(t, src);
    return 200;
}

static const struct page pages[] = {
    {"/readyz", HEALTH_TYPE, true, 1u << HTTP_GET, render_ready},
    {"/metrics", METRICS_TYPE, false, 1u << HTTP_GET, render_metrics},
    {"/api/v1/", API_TYPE, false,
     1u << HTTP_GET | 1u << HTTP_POST | 1u << HTTP_PATCH | 1u << HTTP_DELETE, api_render},
};
enum { PAGES = sizeof(pages) / sizeof(pages[0]) };

struct desk {
    struct mailbox *questions;
    struct clerk {
        struct desk *desk;
        const struct page *page;
    } clerks[PAGES]; /* a route's ctx */
    struct route routes[PAGES + 1];
    struct bearers bearers;
    struct events events;
    struct writes writes;
    struct hook_watch *hooks;
    struct asks asks;
    struct usage usage;
    _Atomic bool guarded; /* as the configuration says; a reload moves it */
    bool left;            /* another desk has the rooms */
};

struct question {
    const struct page *page;
    struct request_token token;
    enum http_method method;
    int64_t due_us; /* nothing is done for it after this: nobody would hear of it */
    bool local, has_bearer, body_too_long;
    char path[DESK_PATH], query[QUERY_MAX + 1], bearer[DESK_TOKEN], peer[DESK_PEER],
        host[WRITES_HOST];
    size_t body_len;
    char body[]; /* NUL-terminated */
};

/* It may have held a token. */
static void question_free(void *question)
{
    struct question *q = question;
    explicit_bzero(q->bearer, sizeof(q->bearer));
    free(q);
}

/* "/healthz" says that HTTP is served; the thread that was asked knows that best. */
static void handle_health(void *ctx, struct request *r)
{
    (void)ctx;
    reply_status(r, 200, 0, "serving");
}

static struct question *question_of(const struct request *r)
{
    bool too_long;
    size_t len;
    const char *bearer = asker_token(r), *host = request_header(r, "host"),
               *body = request_body(r, &len, &too_long);
    struct question *q = calloc(1, sizeof(*q) + len + 1);
    if (!q)
        return NULL;
    q->method = request_method(r) == HTTP_HEAD ? HTTP_GET : request_method(r);
    q->local = asker_is_here(r);
    q->has_bearer = bearer != NULL;
    q->body_too_long = too_long;
    q->body_len = len;
    memcpy(q->body, body, len);
    snprintf(q->path, sizeof(q->path), "%s", request_path(r));
    snprintf(q->query, sizeof(q->query), "%s", request_query(r));
    snprintf(q->bearer, sizeof(q->bearer), "%s", bearer ? bearer : "");
    snprintf(q->peer, sizeof(q->peer), "%s", request_peer(r));
    snprintf(q->host, sizeof(q->host), "%s", host ? host : "");
    return q;
}

/* Whom no token has to be looked up for is answered here: strangers do not queue for the control
 * thread. */
static bool is_sent_away(const struct clerk *c, struct request *r)
{
    if (c->page->open)
        return false;
    struct bearer_verdict v = bearer_glance(atomic_load(&c->desk->guarded), asker_token(r) != NULL,
                                            asker_is_here(r), request_method(r) > HTTP_HEAD);
    if (v.status)
        problem_reply(r, v.status, v.detail, v.extra);
    return v.status != 0;
}

static void handle_question(void *ctx, struct request *r)
{
    const struct clerk *c = ctx;
    if (is_sent_away(c, r))
        return;
    if (strlen(request_path(r)) >= DESK_PATH) {
        problem_reply(r, 404, "There is nothing at this path.", NULL);
        return;
    }
    struct question *q = question_of(r);
    if (!q) {
        reply_status(r, 503, 0, "out of memory");
        return;
    }
    q->page = c->page;
    int64_t now_us = clock_mono_us();
    q->due_us = now_us + DESK_ACT_US;
    q->token = request_hold(
        r, now_us + (api_may_wait(q->method, q->path) ? DESK_STORE_US : DESK_DEADLINE_US));
    /* who is told to ask again must not find it done */
    if (!request_is_named(q->token) || mailbox_post(c->desk->questions, q) < 0)
        question_free(q);
}

int desk_new(struct desk **out)
{
    struct desk *d = calloc(1, sizeof(*d));
    *out = NULL;
    if (!d)
        return -ENOMEM;
    int err = mailbox_new(&d->questions, DESK_QUESTIONS, question_free);
    if (err < 0) {
        free(d);
        return err;
    }
    for (size_t i = 0; i < PAGES; i++) {
        d->clerks[i] = (struct clerk){.desk = d, .page = &pages[i]};
        d->routes[i] = (struct route){.path = pages[i].path,
                                      .handle = handle_question,
                                      .ctx = &d->clerks[i],
                                      .methods = pages[i].methods};
    }
    d->routes[PAGES] =
        (struct route){.path = "/healthz", .handle = handle_health, .methods = 1u << HTTP_GET};
    writes_init(&d->writes);
    asks_init(&d->asks);
    usage_init(&d->usage);
    *out = d;
    return 0;
}

void desk_free(struct desk **d)
{
    if (!*d)
        return;
    mailbox_free(&(*d)->questions);
    events_fini(&(*d)->events);
    writes_fini(&(*d)->writes);
    usage_fini(&(*d)->usage);
    free(*d);
    *d = NULL;
}

const struct route *desk_routes(const struct desk *d, size_t *count)
{
    *count = PAGES + 1;
    return d->routes;
}

void desk_guard(struct desk *d, bool guarded)
{
    atomic_store(&d->guarded, guarded);
}

void desk_leave(struct desk *d)
{
    d->left = true;
}

int desk_fd(const struct desk *d)
{
    return mailbox_fd(d->questions);
}

struct drain {
    struct desk *desk;
    struct server *server;
    struct source source;
};

static int render(const struct question *q, struct text *t, const struct source *src,
                  struct page_head *head)
{
    *head = (struct page_head){.type = q->page->type};
    if (q->method != HTTP_GET && src->left) {
        head->extra = RETRY_SOON;
        return problem_answer(t, head, 503, "Another process is taking over; please ask again.");
    }
    const struct asked asked = {
        .method = q->method,
        .path = q->path,
        .query = q->query,
        .bearer = q->has_bearer ? q->bearer : NULL,
        .peer = q->peer,
        .host = q->host,
        .local = q->local,
        .body = q->body,
        .body_len = q->body_len,
        .body_too_long = q->body_too_long,
    };
    return q->page->render(t, src, &asked, head);
}

static void answer(void *ctx, void *item)
{
    struct drain *d = ctx;
    struct question *q = item;
    struct page_head head;
    struct text t;
    struct body *body;
    if (clock_mono_us() >= q->due_us) {
        question_free(q);
        return;
    }
    text_init(&t);
    int status = render(q, &t, &d->source, &head);
    if (status == 0) { /* the store's answer is this one's */
        writes_bind(&d->desk->writes, head.pending, q->token);
        asks_bind(&d->desk->asks, head.pending, q->token);
        text_fini(&t);
        question_free(q);
        return;
    }
    /* Without memory for an answer the request runs into its deadline. */
    if (!text_failed(&t) &&
        body_new(&body, head.type, t.data, t.len, true, 0, d->source.wall_us) == 0) {
        body->extra_headers = head.extra;
        body->audience = head.audience;
        if (strcmp(head.type, EVENTS_TYPE) == 0 && q->method == HTTP_GET)
            server_listen(d->server, q->token, body);
        else
            server_answer(d->server, q->token, status, body);
        body_unref(&body);
    } else {
        log_warn("http", "not_answered path=%s out of memory", q->page->path);
    }
    text_fini(&t);
    question_free(q);
}

size_t desk_drain(struct desk *d, struct server *s, struct rooms *rooms,
                  const struct config *config, int64_t now_us, int64_t wall_us)
{
    struct server_stats web;
    struct self_stat self;
    struct drain drain = {.desk = d,
                          .server = s,
                          .source = {.rooms = rooms,
                                     .web = &web,
                                     .self = &self,
                                     .config = config,
                                     .bearers = &d->bearers,
                                     .events = &d->events,
                                     .writes = &d->writes,
                                     .hooks = d->hooks,
                                     .asks = &d->asks,
                                     .left = d->left,
                                     .now_us = now_us,
                                     .wall_us = wall_us}};
    server_stats(s, &web);
    self_stat_read(&self);
    return mailbox_drain(d->questions, answer, &drain);
}

/* Ends a write with what t says. */
static void end_write(struct server *s, struct write *w, int status, const struct text *t,
                      const struct page_head *head, int64_t wall_us)
{
    struct body *body;
    if (text_failed(t) || body_new(&body, head->type, t->data, t->len, true, 0, wall_us) != 0) {
        log_warn("http", "not_answered path=/api/v1/ out of memory");
    } else {
        body->extra_headers = head->extra;
        if (request_is_named(w->asker))
            server_answer(s, w->asker, status, body);
        body_unref(&body);
    }
    writes_end(w);
}

static void end_refused(struct server *s, struct write *w, int status, const char *why,
                        int64_t wall_us)
{
    struct page_head head = {.extra = status == 503 ? RETRY_SOON : NULL};
    struct text t;
    text_init(&t);
    end_write(s, w, problem_answer(&t, &head, status, why), &t, &head, wall_us);
    text_fini(&t);
}

void desk_set_store(struct desk *d, int end)
{
    d->writes.store = d->asks.store = end;
    usage_set_store(&d->usage, end);
}

void desk_set_usage(struct desk *d, uint32_t days)
{
    usage_set_days(&d->usage, days);
}

void desk_take_usage(struct desk *d, const struct rooms *rooms, int64_t now_us, int64_t wall_us)
{
    usage_take_over(&d->usage, rooms, now_us, wall_us);
}

void desk_give_usage(struct desk *d, const struct rooms *rooms, int64_t now_us, int64_t wall_us)
{
    usage_hand_over(&d->usage, rooms, now_us, wall_us);
}

struct hearing {
    struct desk *desk;
    struct server *server;
    int64_t wall_us;
};

/* What the store says beside its answers to writes. */
static void hear_ledger(void *ctx, const struct parcel *p)
{
    struct hearing *h = ctx;
    if (p->kind == STORE_LEDGER_TAKEN)
        usage_taken(&h->desk->usage, p, clock_room_us());
    else if (p->kind == STORE_ANSWER)
        asks_answer(&h->desk->asks, h->server, p, h->wall_us);
}

void desk_set_hooks(struct desk *d, struct hook_watch *w)
{
    d->hooks = w;
}

void desk_hear_store(struct desk *d, struct server *s, int64_t wall_us)
{
    struct hearing hearing = {.desk = d, .server = s, .wall_us = wall_us};
    struct store_reply r;
    struct write *w;
    char why[ACTION_WORDS];
    d->writes.other = hear_ledger;
    d->writes.ctx = &hearing;
    while (writes_hear(&d->writes, &r, &w))
        if (!w->done)
            end_refused(s, w,
                        store_act_is_agency(w->act) ? agency_edit_refused(&r, why)
                                                    : room_edit_refused(&r, why),
                        why, wall_us);
    d->writes.other = NULL;
}

void desk_rooms_in_force(struct desk *d, struct server *s, const struct config *c, uint64_t version,
                         int64_t wall_us)
{
    struct write *w;
    while ((w = writes_in_force(&d->writes, version))) {
        const struct page_head head = {.type = API_TYPE};
        struct text t;
        text_init(&t);
        int status =
            store_act_is_agency(w->act) ? agency_edit_done(&t, w, c) : room_edit_done(&t, w, c);
        end_write(s, w, status, &t, &head, wall_us);
        if (t.data)
            explicit_bzero(t.data, t.len);
        text_fini(&t);
    }
}

static void end_late(struct desk *d, struct server *s, int64_t wall_us)
{
    struct write *w;
    while ((w = writes_late(&d->writes, clock_mono_us())))
        end_refused(s, w, 503,
                    w->done ? "It is kept, but was not in force everywhere in time: look again."
                            : "The store did not answer in time. It may have been done: look "
                              "before you ask again.",
                    wall_us);
}

static bool tell(struct server *s, const struct listener_group *a, int64_t wall_us)
{
    struct body *news;
    if (body_new(&news, EVENTS_TYPE, a->text.data, a->text.len, false, 0, wall_us) != 0)
        return false;
    news->audience = a->id;
    int rc = server_tell(s, news);
    body_unref(&news);
    return rc == 0;
}

void desk_tick(struct desk *d, struct server *s, const struct rooms *rooms,
               const struct config *config, int64_t now_us, int64_t wall_us)
{
    end_late(d, s, wall_us);
    asks_late(&d->asks, s, clock_mono_us(), wall_us);
    usage_tick(&d->usage, rooms, now_us, wall_us);
    for (struct listener_group *a = NULL; (a = events_next(&d->events, a));)
        a->listened = server_listeners(s, a->id % BODY_AUDIENCES) > 0;
    bool told = events_tick(&d->events, rooms, config, now_us);
    for (struct listener_group *a = NULL; told && (a = events_next(&d->events, a));) {
        told = !text_failed(&a->text) && (a->text.len == 0 || tell(s, a, wall_us));
        text_fini(&a->text);
    }
    if (told)
        return;
    log_warn("http", "events_lost out of memory: who listens begins anew");
    events_forget(&d->events);
    server_hush(s);
}
