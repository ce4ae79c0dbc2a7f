/* What a page of control/ is rendered from: the front's state at one moment. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: one desk_drain. Fails: never.
 */
#ifndef RELAY_CONTROL_SOURCE_H
#define RELAY_CONTROL_SOURCE_H

#include "relay/base/self_stat.h"
#include "relay/room/rooms.h"
#include "relay/web/server.h"

#include <stdint.h>

struct source {
    const struct rooms *rooms;
    const struct server_stats *web;
    const struct self_stat *self; /* the front's own; NULL: not known */
    int64_t now_us, wall_us;
};

#endif
