/* Takes what feeds carry beside their tracks into the room: captions, splice points, tags. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: pure functions over a presentation.
 * Fails: what cannot be taken is logged and left out; the presentation stays legal.
 */
#ifndef RELAY_ROOM_BESIDE_H
#define RELAY_ROOM_BESIDE_H

#include "relay/room/presentation.h"

#include <stdbool.h>

/* m: LINK_EVENT or LINK_CAPTIONS; ctx is what log lines begin with. True: playlists have news. */
bool beside_take(struct presentation *p, const struct link_message *m, const char *ctx);
/* After a segment was listed: dates what waited for the room's clock, drops what is over. */
void beside_slide(struct presentation *p);

#endif
