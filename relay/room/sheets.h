/* All media playlists of a presentation: what each must say, rendered when it changed. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; the sheets are the renditions'. Thread: control. Life: pure functions.
 * Fails: -ENOMEM: what was served before stays, the next call tries again.
 */
#ifndef RELAY_ROOM_SHEETS_H
#define RELAY_ROOM_SHEETS_H

#include "relay/room/presentation.h"

#include <stdbool.h>
#include <stdint.h>

/* What r's playlist, or the list of its I-frames, shows now. */
struct playlist sheets_playlist(const struct presentation *p, const struct rendition *r,
                                bool iframes);
/* Renders them all as of this moment, if any of them would change; *changed is then set. */
__attribute__((warn_unused_result)) int sheets_render(struct presentation *p, int64_t now_us,
                                                      int64_t wall_us, bool *changed);

#endif
