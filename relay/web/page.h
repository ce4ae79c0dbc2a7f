/* The pages viewers and organizers open, and the assets they load. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   one body per embedded file, and the routes that answer with them.
 * Thread: page_new and page_free from one; the handlers from any, nothing changes in between.
 * Life:   page_new before server_new, page_free after server_free.
 * Fails:  -ENOMEM; -EINVAL when c->srt.listen has no port, which configuration forbids.
 *
 *   /                  the wall
 *   /watch/ROOM        the player; a name that no room can have: 404 with the page that says so
 *   /watch/~TOKEN/ROOM the same of a room that only a signed link opens: the page is everybody's,
 *                      what it asks for below /live/ is not
 *   /embed/ROOM        the same for an iframe anywhere
 *   /console           for organizers: this machine alone, until page_guard says otherwise
 *   /assets/NAME-HASH  scripts, style, icon: kept for a year, the hash is of the content
 *   /robots.txt
 *
 * Pages carry a Content-Security-Policy without 'unsafe-inline': no script or style in the markup.
 */
#ifndef RELAY_WEB_PAGE_H
#define RELAY_WEB_PAGE_H

#include "config/config.h"
#include "relay/web/server.h"

#include <stdbool.h>
#include <stddef.h>

struct page;

__attribute__((warn_unused_result)) int page_new(struct page **out, const struct config *c);
void page_free(struct page **p);
/* The API asks for tokens now, or no longer: then its console may be opened from anywhere. Any
 * thread. */
void page_guard(struct page *p, bool guarded);
/* *n routes for server_new; they stay p's. */
const struct route *page_routes(const struct page *p, size_t *n);

#endif
