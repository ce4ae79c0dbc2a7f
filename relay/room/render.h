/* Turns a presentation into the immutable view that viewers are served from. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: a pure function. Fails: -ENOMEM; *out is then NULL.
 */
#ifndef RELAY_ROOM_RENDER_H
#define RELAY_ROOM_RENDER_H

#include "relay/room/presentation.h"
#include "relay/room/view.h"

#include <stdint.h>

/* Takes its own references on the bodies (multivariant and status may be NULL) and on the blobs.
 * The playlists must have been rendered; shelves are renewed here. */
__attribute__((warn_unused_result)) int render_view(struct room_view **out, const char *room,
                                                    struct presentation *p,
                                                    const struct body *multivariant,
                                                    const struct body *status, int64_t now_us);
/* Of a room that is not public yet: its status and nothing else. */
__attribute__((warn_unused_result)) int render_closed(struct room_view **out, const char *room,
                                                      const struct body *status);

#endif
