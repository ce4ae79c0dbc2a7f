/* What a rendition declares as BANDWIDTH: measured on its segments, held steady in coarse steps. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: control. Life: a value, zero to begin with. Fails: never.
 */
#ifndef RELAY_ROOM_BANDWIDTH_H
#define RELAY_ROOM_BANDWIDTH_H

#include "relay/room/window.h"

#include <stdbool.h>
#include <stdint.h>

struct bandwidth {
    uint64_t peak_bps;    /* declared; never below what the listed segments measure */
    uint64_t average_bps; /* declared */
};

/* The largest bit rate of any run of listed segments that lasts 0.5 to 1.5 target durations
 * (draft-pantos-hls-rfc8216bis section 4.1); of everything when no run is that long. Whole segments
 * only. */
uint64_t bandwidth_peak(const struct window *w, uint32_t target_duration_s, bool iframes);
uint64_t bandwidth_average(const struct window *w, bool iframes);
/* Follows the window: up at once and with headroom, down only after a fall by a third. iframes: of
 * the I-frames alone, which stand for their segments' time. */
void bandwidth_update(struct bandwidth *b, const struct window *w, uint32_t target_duration_s,
                      bool iframes);
/* Two significant digits, upwards: 5340001 -> 5400000. */
uint64_t bandwidth_coarse(uint64_t bps);

#endif
