/* Where HTTP threads leave questions that only the control thread can answer. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/desk.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mailbox.h"
#include "relay/base/text.h"
#include "relay/control/api.h"
#include "relay/control/health.h"
#include "relay/control/metrics.h"
#include "relay/control/problem.h"
#include "relay/control/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DESK_QUESTIONS = 1024,      /* waiting at once */
    DESK_DEADLINE_US = 2000000, /* a question that waits longer is answered with 503 */
    DESK_PATH = 128,            /* no page of ours has a longer path */
};

/* Renders the page at path into t; returns the status. *type: set when it is another than the
 * page's own. */
typedef int page_render(struct text *t, const struct source *src, const char *path,
                        const char **type);

struct page {
    const char *path, *type;
    bool local_only; /* no tokens exist yet: organizers' pages are for this machine alone */
    page_render *render;
};

static int render_ready(struct text *t, const struct source *src, const char *path,
                        const char **type)
{
    (void)path;
    (void)type;
    return health_render_ready(t, src);
}

static int render_metrics(struct text *t, const struct source *src, const char *path,
                          const char **type)
{
    (void)path;
    (void)type;
    metrics_render(t, src);
    return 200;
}

static const struct page pages[] = {
    {"/readyz", HEALTH_TYPE, false, render_ready},
    {"/metrics", METRICS_TYPE, false, render_metrics},
    {"/api/v1/", API_TYPE, true, api_render},
};
enum { PAGES = sizeof(pages) / sizeof(pages[0]) };

struct desk {
    struct mailbox *questions;
    struct clerk {
        struct desk *desk;
        const struct page *page;
    } clerks[PAGES]; /* a route's ctx */
    struct route routes[PAGES + 1];
};

struct question {
    const struct page *page;
    struct request_token token;
    char path[DESK_PATH];
};

/* "/healthz" says that HTTP is served; the thread that was asked knows that best. */
static void handle_health(void *ctx, struct request *r)
{
    (void)ctx;
    reply_status(r, 200, 0, "serving");
}

/* From this machine, and neither by way of a proxy on it that speaks for somebody else nor by a
 * page of another site in a browser on it (Fetch standard: only such requests say their Origin). */
static bool is_from_here(const struct request *r)
{
    return request_is_local(r) && !request_header(r, "x-forwarded-for") &&
           !request_header(r, "forwarded") && !request_header(r, "origin");
}

static void handle_question(void *ctx, struct request *r)
{
    const struct clerk *c = ctx;
    const char *path = request_path(r);
    if (c->page->local_only && !is_from_here(r)) {
        problem_reply(r, 403, "The API answers to this machine only while no tokens are set.");
        return;
    }
    if (strlen(path) >= DESK_PATH) {
        problem_reply(r, 404, "There is nothing at this path.");
        return;
    }
    struct question *q = calloc(1, sizeof(*q));
    if (!q) {
        reply_status(r, 503, 0, "out of memory");
        return;
    }
    q->page = c->page;
    snprintf(q->path, sizeof(q->path), "%s", path);
    q->token = request_hold(r, clock_mono_us() + DESK_DEADLINE_US);
    if (mailbox_post(c->desk->questions, q) < 0)
        free(q);
}

int desk_new(struct desk **out)
{
    struct desk *d = calloc(1, sizeof(*d));
    *out = NULL;
    if (!d)
        return -ENOMEM;
    int err = mailbox_new(&d->questions, DESK_QUESTIONS, free);
    if (err < 0) {
        free(d);
        return err;
    }
    for (size_t i = 0; i < PAGES; i++) {
        d->clerks[i] = (struct clerk){.desk = d, .page = &pages[i]};
        d->routes[i] = (struct route){.path = pages[i].path,
                                      .handle = handle_question,
                                      .ctx = &d->clerks[i],
                                      .methods = 1u << HTTP_GET};
    }
    d->routes[PAGES] =
        (struct route){.path = "/healthz", .handle = handle_health, .methods = 1u << HTTP_GET};
    *out = d;
    return 0;
}

void desk_free(struct desk **d)
{
    if (!*d)
        return;
    mailbox_free(&(*d)->questions);
    free(*d);
    *d = NULL;
}

const struct route *desk_routes(const struct desk *d, size_t *count)
{
    *count = PAGES + 1;
    return d->routes;
}

int desk_fd(const struct desk *d)
{
    return mailbox_fd(d->questions);
}

struct drain {
    struct server *server;
    struct source source;
};

static void answer(void *ctx, void *item)
{
    struct drain *d = ctx;
    struct question *q = item;
    struct text t;
    struct body *body;
    const char *type = q->page->type;
    text_init(&t);
    int status = q->page->render(&t, &d->source, q->path, &type);
    /* Without memory for an answer the request runs into its deadline. */
    if (!text_failed(&t) && body_new(&body, type, t.data, t.len, true, 0, d->source.wall_us) == 0) {
        server_answer(d->server, q->token, status, body);
        body_unref(&body);
    } else {
        log_warn("http", "not_answered path=%s out of memory", q->page->path);
    }
    text_fini(&t);
    free(q);
}

size_t desk_drain(struct desk *d, struct server *s, const struct rooms *rooms, int64_t now_us,
                  int64_t wall_us)
{
    struct server_stats web;
    struct self_stat self;
    struct drain drain = {
        .server = s,
        .source = {
            .rooms = rooms, .web = &web, .self = &self, .now_us = now_us, .wall_us = wall_us}};
    server_stats(s, &web);
    self_stat_read(&self);
    return mailbox_drain(d->questions, answer, &drain);
}
