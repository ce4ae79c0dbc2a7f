/* Where HTTP threads leave questions that only the control thread can answer. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the questions until they are answered. A handler parks its request and posts a question;
 *         the control thread drains them, renders the page and answers.
 * Thread: the routes' handlers: HTTP threads; the rest: control.
 * Life:   desk_new before server_new (which keeps the routes), desk_free after server_free.
 * Fails:  -ENOMEM, -EMFILE; a full desk lets the request run into its deadline (503).
 */
#ifndef RELAY_CONTROL_DESK_H
#define RELAY_CONTROL_DESK_H

#include "relay/room/rooms.h"
#include "relay/web/server.h"

#include <stddef.h>
#include <stdint.h>

struct desk;
struct hook_watch;

__attribute__((warn_unused_result)) int desk_new(struct desk **out);
void desk_free(struct desk **d);
/* "/healthz", "/readyz", "/metrics", "/api/v1/"; the array lives as long as the desk. */
const struct route *desk_routes(const struct desk *d, size_t *count);
/* Are tokens configured? Any thread; after desk_new: no. */
void desk_guard(struct desk *d, bool guarded);
/* Where the store is asked, and hears; -1, as after desk_new: there is none. */
void desk_set_store(struct desk *d, int end);
/* What knows of the web hooks, which stays the caller's; NULL: nothing does. */
void desk_set_hooks(struct desk *d, struct hook_watch *w);
/* When it is readable. */
void desk_hear_store(struct desk *d, struct server *s, int64_t wall_us);
/* The list of stored rooms of that version, and all before, hold everywhere: who waited for it is
 * answered. */
void desk_rooms_in_force(struct desk *d, struct server *s, const struct config *c, uint64_t version,
                         int64_t wall_us);
/* state.usage_days, at the start (behind the store) and with each configuration. */
void desk_set_usage(struct desk *d, uint32_t days);
/* Usage has been counted by another front so far; will be from now on. */
void desk_take_usage(struct desk *d, const struct rooms *rooms, int64_t now_us, int64_t wall_us);
void desk_give_usage(struct desk *d, const struct rooms *rooms, int64_t now_us, int64_t wall_us);
/* Another process has the rooms from now on: nothing is done to them here any more (503). */
void desk_leave(struct desk *d);
/* Readable when there are questions. */
int desk_fd(const struct desk *d);
/* Answers all of them. Returns how many. */
size_t desk_drain(struct desk *d, struct server *s, struct rooms *rooms,
                  const struct config *config, int64_t now_us, int64_t wall_us);

/* At every tick of the control thread: whoever listens hears what has changed. */
void desk_tick(struct desk *d, struct server *s, const struct rooms *rooms,
               const struct config *config, int64_t now_us, int64_t wall_us);

#endif
