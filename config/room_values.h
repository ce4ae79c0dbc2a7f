/* What holds for a room: its own value where it is listed with one, else the global one. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; strings are the configuration's. Thread: any. Life: values. Fails: never. */
#ifndef CONFIG_ROOM_VALUES_H
#define CONFIG_ROOM_VALUES_H

#include <stdbool.h>
#include <stdint.h>

struct config;

/* While no feed is live. */
enum rooms_fill { ROOM_FILL_GAP, ROOM_FILL_SLATE, ROOM_FILL_HOLD };
enum { ROOM_FILL_GLOBAL = 0 }; /* config_room.fill: this, or 1 + enum rooms_fill */

/* Who may watch. */
enum rooms_access { ACCESS_OPEN, ACCESS_SIGNED };
enum { ROOM_ACCESS_GLOBAL = 0 }; /* config_room.access: this, or 1 + enum rooms_access */

/* Who is told of what happens. */
struct config_hooks {
    char *url, *secret, *events; /* hook_list.h; url "": nobody */
    char *ca;                    /* a file; "": the system's */
    uint32_t timeout_ms, give_up_s, queue, quiet_s;
};

/* Of live rooms, for the wall. */
struct config_pictures {
    bool enabled;
    uint32_t interval_s;  /* a room's turn, at the soonest */
    uint32_t cpu_percent; /* of one core, for all of them */
};

bool config_low_latency(const struct config *c, const char *room);
uint32_t config_part_ms(const struct config *c, const char *room);   /* never above segment_ms */
uint32_t config_window_ms(const struct config *c, const char *room); /* 0: by window_segments */
/* The most that one feed of it may bring: limits.feed_mbps, or its agency's room_mbps. */
uint32_t config_feed_mbps(const struct config *c, const char *room);
bool config_wants_ts(const struct config *c, const char *room);
/* The first publisher of a role keeps it; a silent one does not. */
bool config_refuses_takeover(const struct config *c, const char *room);
/* While no feed is live: what is listed, and how long. */
enum rooms_fill config_fill(const struct config *c, const char *room);
const char *config_slate(const struct config *c, const char *room); /* a file; "": none */
uint32_t config_resume_s(const struct config *c, const char *room);
/* Viewers do not see it before its feed is found to be well. */
bool config_waits_for_green(const struct config *c, const char *room);
bool config_is_signed(const struct config *c, const char *room); /* only for who has a link */

#endif
