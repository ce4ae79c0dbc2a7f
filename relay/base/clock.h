/* The two clocks, read in one place; logic takes `now_us` as a parameter. */
/* SPDX-License-Identifier: MIT */
#ifndef RELAY_BASE_CLOCK_H
#define RELAY_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Microseconds that never step; the origin is arbitrary but common to all processes of one boot. */
int64_t clock_mono_us(void);
/* The same, but as fast as the wall clock is made to run: for what follows media, not for what
 * guards processes and connections. */
int64_t clock_room_us(void);
/* Microseconds since 1970-01-01T00:00:00Z; may step. */
int64_t clock_wall_us(void);
/* For tests that play days in minutes: room and wall clock run `scale` (1 to 1000, as text) times
 * as fast from now on. Before any fork and thread. The scale in force. */
unsigned clock_set_scale(const char *scale);
/* ISO 8601 with milliseconds and Z, "2026-11-22T21:18:03.123Z" (24 bytes and NUL). */
void clock_format(int64_t wall_us, char out[static 32]);
/* RFC 9110 section 5.6.7 IMF-fixdate, "Sun, 22 Nov 2026 21:18:03 GMT" (29 bytes and NUL). */
void clock_http_date(int64_t wall_us, char out[static 32]);

#endif
