/* A feed's counters as a table: for sums over feeds, the API, its documentation and the metrics. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/feed_fields.h"

#include <string.h>

#define COUNT(field, metric, help)                                                                 \
    {                                                                                              \
#field, offsetof(struct link_feed_stats, field), false, metric, 1, help                    \
    }
#define GAUGE(field, metric, scale, help)                                                          \
    {                                                                                              \
#field, offsetof(struct link_feed_stats, field), true, metric, scale, help                 \
    }

const struct feed_field feed_fields[] = {
    COUNT(bytes, "srt_bytes_received_total", "SRT payload received."),
    COUNT(packets, "srt_packets_received_total", "SRT data packets received."),
    COUNT(lost, "srt_packets_lost_total", "SRT packets found missing, sent again or not."),
    COUNT(retransmitted, "srt_packets_retransmitted_total", "SRT packets received again."),
    COUNT(dropped, "srt_packets_dropped_total", "SRT packets given up for good."),
    COUNT(duplicated, "srt_packets_duplicated_total", "SRT packets that were here already."),
    COUNT(undecrypted, "srt_packets_undecrypted_total", "SRT packets that could not be decrypted."),
    GAUGE(rtt_us, "rtt_seconds", 1e-6, "Round-trip time to the publisher."),
    GAUGE(bitrate_bps, "receive_bytes_per_second", 1.0 / 8, "Rate received now."),
    GAUGE(receive_buffer_bytes, "receive_buffer_bytes", 1, "Bytes in the SRT receive buffer."),
    COUNT(access_units_in, "access_units_received_total", "Whole access units received."),
    COUNT(access_units_out, "access_units_written_total", "Access units written into segments."),
    COUNT(access_units_early, "access_units_early_total", "Left out: before the first IDR."),
    COUNT(access_units_corrupt, "access_units_corrupt_total", "Access units hurt by packet loss."),
    COUNT(access_units_oversize, "access_units_oversize_total", "Left out: over the limit."),
    COUNT(access_units_missing, "access_units_missing_total",
          "Access units that did not come whole, by the distance of those that did."),
    COUNT(timestamps_repaired, "timestamps_repaired_total", "DTS or PTS moved to be legal."),
    COUNT(ts_errors, "ts_errors_total", "Transport stream errors: sync, continuity, flags, CRC."),
    COUNT(ts_ignored, "ts_packets_ignored_total", "TS packets of PIDs that nobody asked for."),
    GAUGE(gop_90k, "gop_seconds", 1.0 / 90000, "Distance between the last two IDRs."),
    GAUGE(tracks_left_out, "tracks_left_out", 1, "Streams of its program that HLS cannot carry."),
};
const size_t feed_field_count = sizeof(feed_fields) / sizeof(feed_fields[0]);

_Static_assert(sizeof(feed_fields) / sizeof(feed_fields[0]) ==
                   sizeof(struct link_feed_stats) / sizeof(uint64_t),
               "every field of link_feed_stats stands in the table");

uint64_t feed_field_value(const struct link_feed_stats *s, const struct feed_field *f)
{
    uint64_t value;
    memcpy(&value, (const char *)s + f->offset, sizeof(value));
    return value;
}

void feed_fields_add(struct link_feed_stats *sum, const struct link_feed_stats *s)
{
    for (size_t i = 0; i < feed_field_count; i++) {
        const struct feed_field *f = &feed_fields[i];
        if (f->gauge)
            continue;
        uint64_t value = feed_field_value(sum, f) + feed_field_value(s, f);
        memcpy((char *)sum + f->offset, &value, sizeof(value));
    }
}
