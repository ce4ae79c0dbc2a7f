/* What one HTTP thread shows now: views by room, texts by path. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   one reference on each view and text, and copies of the names.
 * Thread: one. Life: shown_new/shown_free. Fails: -ENOMEM; then the old one stays shown.
 */
#ifndef RELAY_WEB_SHOWN_H
#define RELAY_WEB_SHOWN_H

#include "relay/room/body.h"
#include "relay/room/view.h"
#include "relay/web/ring.h"

#include <stddef.h>

struct shown;

__attribute__((warn_unused_result)) int shown_new(struct shown **out);
void shown_free(struct shown **s);

/* The room's newest view; NULL takes the room away. Takes its own reference. */
__attribute__((warn_unused_result)) int shown_set_view(struct shown *s, const char *room,
                                                       const struct room_view *v);
/* The text at an exact path; NULL takes it away. Takes its own reference. */
__attribute__((warn_unused_result)) int shown_set_text(struct shown *s, const char *path,
                                                       const struct body *b);
/* NULL when there is none. Names need no NUL; what is returned stays the table's. waiters (may be
 * NULL): those that wait for the room's next view, as long as it is shown. Whoever sets the view
 * wakes them first: a room is never taken away while somebody waits for it. */
const struct room_view *shown_view(const struct shown *s, const char *room, size_t len,
                                   struct ring **waiters);
const struct body *shown_text(const struct shown *s, const char *path, size_t len);

#endif
