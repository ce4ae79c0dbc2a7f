/* HTTP dates, formatted once per second of interest instead of once per reply. */
/* SPDX-License-Identifier: MIT */
/* Owns: its strings. Thread: one. Life: all zero is ready; no end. Fails: never. */
#ifndef RELAY_WEB_HTTP_DATE_H
#define RELAY_WEB_HTTP_DATE_H

#include <stdint.h>

enum { HTTP_DATE_SLOTS = 64 };

struct http_date_slot {
    int64_t second;
    char text[32];
};

/* Playlists were all changed within the last seconds, so a slot per second meets nearly always. */
struct http_date {
    struct http_date_slot slots[HTTP_DATE_SLOTS], now;
    int64_t next_us; /* until when, monotonic, `now` is right */
};

/* IMF-fixdate of a wall time, RFC 9110 section 5.6.7; good until the next call of the same. */
const char *http_date_text(struct http_date *d, int64_t wall_us);
/* The same of now; reads the wall clock once a second. */
const char *http_date_now(struct http_date *d, int64_t now_mono_us);

#endif
