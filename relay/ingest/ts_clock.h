/* How far apart a program's clock references are. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: the worker's loop. Life: a value, zero to begin with. Fails: never. */
#ifndef RELAY_INGEST_TS_CLOCK_H
#define RELAY_INGEST_TS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct ts_clock {
    uint64_t last_90k; /* 33 bit */
    bool known;
    uint32_t count, longest_90k; /* since they were taken */
};

/* A packet of the PCR's PID, with an adaptation field. */
void ts_clock_take(struct ts_clock *c, const uint8_t *packet);
/* Packets are missing: the next one is no neighbour of the last. */
void ts_clock_break(struct ts_clock *c);

#endif
