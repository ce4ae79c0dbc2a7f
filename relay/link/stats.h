/* What a worker counts, of each feed and of itself, and tells the front once a second. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any, they are values. Life: a message. Fails: never. */
#ifndef RELAY_LINK_STATS_H
#define RELAY_LINK_STATS_H

#include <stdint.h>

/* Counters of one feed since it opened, and its gauges now. */
struct link_feed_stats {
    uint64_t bytes, packets;               /* SRT payload received */
    uint64_t lost, retransmitted, dropped; /* SRT packets: missed, seen again, given up */
    uint64_t duplicated, undecrypted;
    uint64_t rtt_us, bitrate_bps;  /* now */
    uint64_t receive_buffer_bytes; /* now */
    uint64_t access_units_in;      /* whole ones libavformat gave */
    uint64_t access_units_out;     /* written into segments */
    uint64_t access_units_early;   /* left out: before the first IDR */
    uint64_t access_units_corrupt, access_units_oversize;
    uint64_t access_units_missing; /* between those that came, because packets were lost */
    uint64_t timestamps_repaired;  /* DTS or PTS moved by a tick to be legal */
    uint64_t ts_errors;            /* sync, continuity, transport error, CRC */
    uint64_t ts_ignored;           /* packets of PIDs nobody asked for */
    uint64_t gop_90k;              /* the last IDR distance */
    uint64_t tracks_left_out;      /* streams of its program that are not carried */
};

struct link_worker_stats {
    uint64_t accepted, refused_key, refused_name, refused_conflict, refused_version;
    uint64_t refused_rate, refused_passphrase, refused_full, refused_other;
    uint64_t cpu_us, rss_bytes, ticks, late_ticks; /* a late tick: over 4 x tick_ms */
    uint64_t udp_dropped;                          /* by the socket's receive buffer */
    uint64_t log_dropped;
    uint64_t pid, threads, fds; /* gauges, as rss_bytes is */
};

#endif
