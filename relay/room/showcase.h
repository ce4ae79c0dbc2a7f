/* What viewers see of a room now: its rendered texts, and when to render and show them again. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on its bodies. Thread: control. Life: zero to begin with; showcase_fini.
 * Fails:  -ENOMEM: the last view stays, the next call tries again.
 */
#ifndef RELAY_ROOM_SHOWCASE_H
#define RELAY_ROOM_SHOWCASE_H

#include "relay/room/room.h"

#include <stdbool.h>
#include <stdint.h>

struct showcase {
    struct body *multivariant; /* NULL: nothing to play yet */
    struct body *status;
    struct blob *picture;      /* NULL: none */
    struct audience *audience; /* from the first view on; NULL: nobody counts */
    int64_t picture_wall_us;   /* when its turn began */
    int64_t status_us;         /* when status was last rendered: once a second at most */
    bool touched;              /* something changed since the last view */
};

void showcase_fini(struct showcase *s);
/* The room changed: the next showcase_show makes a new view. */
void showcase_touch(struct showcase *s);
/* Renders what must be and shows a new view when it differs from the last one. */
__attribute__((warn_unused_result)) int showcase_show(struct showcase *s,
                                                      const struct rooms_out *out,
                                                      struct room_facts *f, struct presentation *p,
                                                      int64_t now_us, int64_t wall_us);

#endif
