/* The pages viewers and organizers open, and the assets they load. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/page.h"

#include "config/origins.h"
#include "relay/base/clock.h"
#include "relay/base/text.h"
#include "relay/web/admit.h"
#include "relay/web/asker.h"
#include "relay/web/page_assets.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 9111 section 5.2.2.1; a year is what "for ever" is in HTTP. */
enum { ASSET_AGE_S = 365 * 24 * 3600, ROBOTS_AGE_S = 3600 };
enum { ROUTE_COUNT = 6 };

/* Content Security Policy Level 3; blob: is how hls.js hands media and its worker to the browser.
 */
#define NOSNIFF  "X-Content-Type-Options: nosniff\r\n"
#define REFERRER "Referrer-Policy: same-origin\r\n"
#define POLICY                                                                                     \
    "Content-Security-Policy: default-src 'self'; img-src 'self' data:; "                          \
    "media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; "     \
    "base-uri 'none'; form-action 'none'"

static const char asset_headers[] = NOSNIFF;
static const char page_headers[] = POLICY "; frame-ancestors 'self'\r\n" NOSNIFF REFERRER;
/* From everywhere; or, with FRAME_FORM, from ourselves and those who are named. */
static const char frame_headers[] = POLICY "\r\n" NOSNIFF REFERRER;
#define FRAME_FORM POLICY "; frame-ancestors 'self' %s\r\n" NOSNIFF REFERRER
enum { HEADERS_SIZE = 1024 };

_Static_assert(sizeof page_headers <= HEADERS_SIZE, "more headers than struct body promises");
_Static_assert(sizeof FRAME_FORM + EMBED_FROM_MAX <= HEADERS_SIZE,
               "more headers than struct body promises");

/* Below one prefix every room has the same page. */
struct room_page {
    size_t prefix_len;
    const struct body *room, *no_room;
};

struct page {
    struct body **bodies; /* one per page_assets[i] */
    struct room_page watch, embed;
    struct route routes[ROUTE_COUNT];
    char embed_headers[HEADERS_SIZE];
    _Atomic bool guarded;
};

static size_t asset_index(const char *name)
{
    for (size_t i = 0; i < page_asset_count; i++)
        if (strcmp(page_assets[i].name, name) == 0)
            return i;
    assert(!"a page that page.c serves was not embedded");
    return 0;
}

static const struct body *page_body(const struct page *p, const char *name)
{
    return p->bodies[asset_index(name)];
}

/* ---- handlers */

static void answer_wall(void *ctx, struct request *r)
{
    const struct page *p = ctx;
    reply_body(r, 200, page_body(p, "wall.html"));
}

static void answer_console(void *ctx, struct request *r)
{
    const struct page *p = ctx;
    if (atomic_load(&p->guarded) || asker_is_here(r))
        reply_body(r, 200, page_body(p, "console.html"));
    else
        reply_status(r, 403, 0,
                     "The console answers to its own machine only while no tokens are set; "
                     "access.organizer_token in the configuration opens it.");
}

static void answer_robots(void *ctx, struct request *r)
{
    const struct page *p = ctx;
    reply_body(r, 200, page_body(p, "robots.txt"));
}

static void answer_room(void *ctx, struct request *r)
{
    const struct room_page *page = ctx;
    const char *room = request_path(r) + page->prefix_len;
    room += admit_token_len(room, strlen(room)); /* its playlists are asked for with it */
    if (room_name_is_valid(room, strlen(room)))
        reply_body(r, 200, page->room);
    else
        reply_body(r, 404, page->no_room);
}

static void answer_asset(void *ctx, struct request *r)
{
    const struct page *p = ctx;
    const char *path = request_path(r);
    for (size_t i = 0; i < page_asset_count; i++) {
        if (strcmp(page_assets[i].address, path) == 0) {
            reply_body(r, 200, p->bodies[i]);
            return;
        }
    }
    reply_status(r, 404, 0, "There is no such file; reload the page.");
}

/* ---- making */

/* Content Security Policy Level 3 section 6.4.2.1. */
static void say_who_may_frame(char out[static HEADERS_SIZE], const char *from)
{
    if (strcmp(from, "any") == 0)
        memcpy(out, frame_headers, sizeof frame_headers);
    else
        snprintf(out, HEADERS_SIZE, FRAME_FORM, strcmp(from, "self") == 0 ? "" : from);
}

static const char *asset_extra_headers(const struct page *p, const struct page_asset *a)
{
    if (strcmp(a->name, "embed.html") == 0)
        return p->embed_headers;
    return strstr(a->name, ".html") ? page_headers : asset_headers;
}

static uint32_t asset_age_s(const struct page_asset *a)
{
    if (a->address[0] != '\0')
        return ASSET_AGE_S;
    return strstr(a->name, ".html") ? 0 : ROBOTS_AGE_S;
}

/* a's bytes with each {{srt-port}} replaced: what the wall tells hosts to type into OBS. */
static void asset_fill(struct text *out, const struct page_asset *a, const char *srt_port)
{
    static const char mark[] = "{{srt-port}}";
    const char *at = a->bytes, *found;
    while ((found = strstr(at, mark)) != NULL) {
        text_add(out, at, (size_t)(found - at));
        text_puts(out, srt_port);
        at = found + sizeof mark - 1;
    }
    text_add(out, at, a->len - (size_t)(at - a->bytes));
}

static int asset_body(const struct page *p, struct body **out, const struct page_asset *a,
                      const char *srt_port)
{
    struct text filled;
    text_init(&filled);
    asset_fill(&filled, a, srt_port);
    int err = text_failed(&filled) ? -ENOMEM
                                   : body_new(out, a->type, filled.data, filled.len, true,
                                              asset_age_s(a), clock_wall_us());
    if (err == 0)
        (*out)->extra_headers = asset_extra_headers(p, a);
    text_fini(&filled);
    return err;
}

static void page_route(struct page *p)
{
    const unsigned get = 1u << HTTP_GET;
    const struct body *no_room = page_body(p, "notfound.html");
    p->watch = (struct room_page){strlen("/watch/"), page_body(p, "watch.html"), no_room};
    p->embed = (struct room_page){strlen("/embed/"), page_body(p, "embed.html"), no_room};
    const struct route routes[ROUTE_COUNT] = {
        {"/", answer_wall, p, get},
        {"/watch/", answer_room, &p->watch, get},
        {"/embed/", answer_room, &p->embed, get},
        {"/console", answer_console, p, get},
        {"/assets/", answer_asset, p, get},
        {"/robots.txt", answer_robots, p, get},
    };
    memcpy(p->routes, routes, sizeof routes);
}

int page_new(struct page **out, const struct config *c)
{
    *out = NULL;
    const char *colon = strrchr(c->srt.listen, ':');
    if (!colon)
        return -EINVAL;
    struct page *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    p->bodies = calloc(page_asset_count, sizeof *p->bodies);
    int err = p->bodies ? 0 : -ENOMEM;
    say_who_may_frame(p->embed_headers, c->http.embed_from);
    for (size_t i = 0; err == 0 && i < page_asset_count; i++)
        err = asset_body(p, &p->bodies[i], &page_assets[i], colon + 1);
    if (err < 0) {
        page_free(&p);
        return err;
    }
    page_route(p);
    *out = p;
    return 0;
}

void page_free(struct page **p)
{
    if (!*p)
        return;
    for (size_t i = 0; (*p)->bodies && i < page_asset_count; i++)
        body_unref(&(*p)->bodies[i]);
    free((*p)->bodies);
    free(*p);
    *p = NULL;
}

void page_guard(struct page *p, bool guarded)
{
    atomic_store(&p->guarded, guarded);
}

const struct route *page_routes(const struct page *p, size_t *n)
{
    *n = ROUTE_COUNT;
    return p->routes;
}
