/* What holds for a room: its own value where it is listed with one, else the global one. */
/* SPDX-License-Identifier: MIT */
#include "config/room_values.h"

#include "config/config.h"
#include "config/duration.h"

#include <string.h>

bool config_low_latency(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    if (!r || r->low_latency == ROOM_SWITCH_GLOBAL)
        return c->hls.low_latency;
    return r->low_latency == ROOM_SWITCH_ON;
}

uint32_t config_part_ms(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    uint32_t ms = r && r->part_ms > 0 ? r->part_ms : c->hls.part_ms;
    return ms > c->hls.segment_ms ? c->hls.segment_ms : ms;
}

/* As the file says it; without a time of its own, about what its number of segments comes to. */
static uint32_t wanted_window_ms(const struct config *c, const char *room, uint32_t *about_ms)
{
    const struct config_room *r = config_find_room(c, room);
    const char *window = r && r->window ? r->window : c->hls.window;
    uint32_t seconds;
    if (!window || duration_parse(window, strlen(window), &seconds) < 0)
        seconds = 0;
    *about_ms = seconds ? seconds * 1000 /* some hours at most: config/keys.c */
                        : c->hls.window_segments * c->hls.segment_ms;
    return seconds * 1000;
}

uint32_t config_window_ms(const struct config *c, const char *room)
{
    uint32_t about_ms, ms = wanted_window_ms(c, room, &about_ms),
                       most_ms = config_agency_window_ms(config_agency_of(c, room));
    return most_ms && about_ms > most_ms ? most_ms : ms;
}

uint32_t config_feed_mbps(const struct config *c, const char *room)
{
    const struct config_agency *a = config_agency_of(c, room);
    uint32_t most = c->limits.feed_mbps;
    return a && a->room_mbps && a->room_mbps < most ? a->room_mbps : most;
}

enum rooms_fill config_fill(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    return r && r->fill != ROOM_FILL_GLOBAL ? (enum rooms_fill)(r->fill - 1) : c->rooms.fill;
}

const char *config_slate(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    const char *slate = r && r->slate ? r->slate : c->rooms.slate;
    return slate ? slate : "";
}

uint32_t config_resume_s(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    return r && r->resume_s > 0 ? r->resume_s : c->rooms.resume_s;
}

bool config_is_signed(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    if (!r && config_awaits_store(c) && c->stored->refused)
        return true;
    int access = r && r->access != ROOM_ACCESS_GLOBAL ? r->access - 1 : (int)c->rooms.access;
    return access == ACCESS_SIGNED;
}

bool config_wants_ts(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    return r && r->ts;
}

bool config_refuses_takeover(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    if (!r || r->takeover == ROOM_TAKEOVER_GLOBAL)
        return c->rooms.takeover == TAKEOVER_REFUSE;
    return r->takeover == ROOM_TAKEOVER_REFUSE;
}

bool config_waits_for_green(const struct config *c, const char *room)
{
    const struct config_room *r = config_find_room(c, room);
    if (!r || r->go_public == ROOM_GO_PUBLIC_GLOBAL)
        return c->rooms.go_public == GO_PUBLIC_GREEN;
    return r->go_public == ROOM_GO_PUBLIC_GREEN;
}
