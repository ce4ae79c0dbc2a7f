/* Tables and PES packets into transport stream packets, damaged where asked. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: any. Life: caller's memory, zeroed but for out, ctx and random.
 * Fails:  never.
 */
#ifndef TESTS_FAULTS_LIB_TS_WRITER_H
#define TESTS_FAULTS_LIB_TS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TS_BYTES = 188, TS_PMT_PID = 4096, TS_STREAMS = 4 };

enum ts_damage {
    TS_WHOLE,
    TS_FLIP,  /* one bit of one packet, anywhere */
    TS_DROP,  /* one packet does not come */
    TS_COUNT, /* one packet's continuity counter is wrong */
    TS_ERROR, /* one packet has transport_error_indicator */
};

struct ts_writer {
    uint8_t counters[8192];
    uint64_t *random;
    void *ctx;
    void (*out)(void *ctx, const uint8_t packet[static TS_BYTES]);
};

struct ts_stream {
    uint16_t pid;
    uint8_t type;
};

struct ts_tables {
    uint8_t version;
    uint16_t pcr_pid;
    struct ts_stream streams[TS_STREAMS];
    size_t count;
};

struct ts_unit {
    uint16_t pid;
    uint8_t stream_id;
    uint64_t pts, dts, pcr; /* 90 kHz, any bits; written modulo 2^33 */
    bool has_pcr;
    const uint8_t *data;
    size_t len;
    enum ts_damage damage;
};

void ts_write_tables(struct ts_writer *w, const struct ts_tables *t);
void ts_write_unit(struct ts_writer *w, const struct ts_unit *u);
/* A packet of noise on some PID. */
void ts_write_noise(struct ts_writer *w, uint16_t pid);

#endif
