/* What is measured of a feed, now and over the last hour, as JSON and its description. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/schema_vitals.h"

#include "relay/room/history.h"
#include "relay/room/room.h"

#include <inttypes.h>

#define NUMBER(fn, expr)                                                                           \
    static void fn(struct text *t, const void *subject)                                            \
    {                                                                                              \
        const struct session *s = subject;                                                         \
        text_printf(t, "%" PRId64, (int64_t)(expr));                                               \
    }
#define MILLI(fn, expr)                                                                            \
    static void fn(struct text *t, const void *subject)                                            \
    {                                                                                              \
        const struct session *s = subject;                                                         \
        put_milli(t, expr);                                                                        \
    }

static void put_milli(struct text *t, uint64_t milli)
{
    text_printf(t, "%" PRIu64 ".%03" PRIu64, milli / 1000, milli % 1000);
}

/* As the doctor counts: of what was sent, each packet that was missed once. */
static uint64_t loss_milli_percent(const struct link_vitals *v)
{
    uint64_t sent = (uint64_t)v->packets + v->dropped;
    return sent ? (uint64_t)v->lost * 100000 / sent : 0;
}

NUMBER(vitals_watched, s->vitals.watched_s)
NUMBER(vitals_bitrate, s->vitals.bitrate_bps)
MILLI(vitals_fps, s->vitals.fps_milli)
MILLI(vitals_declared_fps, s->vitals.declared_fps_milli)
NUMBER(vitals_gop, s->vitals.gop_last_ms)
NUMBER(vitals_gop_longest, s->vitals.gop_longest_ms)
NUMBER(vitals_open_gops, s->vitals.open_gops)
NUMBER(vitals_b_frames, s->vitals.b_frames)
NUMBER(vitals_reorder, s->vitals.reorder)
NUMBER(vitals_width, s->vitals.width)
NUMBER(vitals_height, s->vitals.height)
NUMBER(vitals_rtt, s->stats.rtt_us / 1000)
NUMBER(vitals_buffer, s->stats.receive_buffer_bytes)
MILLI(vitals_loss, loss_milli_percent(&s->vitals))
NUMBER(vitals_packets, s->vitals.packets)
NUMBER(vitals_lost, s->vitals.lost)
NUMBER(vitals_retransmitted, s->vitals.retransmitted)
NUMBER(vitals_dropped, s->vitals.dropped)
NUMBER(vitals_dts_back, s->vitals.dts_back)
NUMBER(vitals_pcr, s->vitals.pcr_longest_ms)
NUMBER(vitals_ts_errors, s->vitals.ts_errors)

static void vitals_interlaced(struct text *t, const void *subject)
{
    const struct session *s = subject;
    text_puts(t, s->vitals.interlaced ? "true" : "false");
}

static void vitals_skew(struct text *t, const void *subject)
{
    const struct session *s = subject;
    if (s->vitals.skew_known)
        text_printf(t, "%" PRId32, s->vitals.skew_ms);
    else
        text_puts(t, "null");
}

static const struct schema_field vitals_members[] = {
    {"watched_s", SCHEMA_INTEGER, "Seconds with packets so far; 0: nothing is known.",
     vitals_watched},
    {"bitrate_bps", SCHEMA_INTEGER, "Mean bit rate.", vitals_bitrate},
    {"fps", SCHEMA_NUMBER, "Pictures a second, by their time stamps.", vitals_fps},
    {"declared_fps", SCHEMA_NUMBER, "The same by the parameter sets; 0: not said.",
     vitals_declared_fps},
    {"gop_ms", SCHEMA_INTEGER, "Between the last two keyframes.", vitals_gop},
    {"gop_longest_ms", SCHEMA_INTEGER, "The longest distance of keyframes.", vitals_gop_longest},
    {"open_gops", SCHEMA_INTEGER, "Keyframes that lean on what is before them.", vitals_open_gops},
    {"b_frames", SCHEMA_INTEGER, "Most B pictures in a row.", vitals_b_frames},
    {"reorder", SCHEMA_INTEGER, "Pictures that decoders hold back.", vitals_reorder},
    {"interlaced", SCHEMA_BOOLEAN, "Pictures are fields.", vitals_interlaced},
    {"width", SCHEMA_INTEGER, "As coded; 0: not known.", vitals_width},
    {"height", SCHEMA_INTEGER, "As coded; 0: not known.", vitals_height},
    {"skew_ms", "{\"type\":[\"integer\",\"null\"]}", "The sound is so far ahead of the picture.",
     vitals_skew},
    {"rtt_ms", SCHEMA_INTEGER, "Round-trip time to the publisher now.", vitals_rtt},
    {"receive_buffer_bytes", SCHEMA_INTEGER, "In SRT's receive buffer now.", vitals_buffer},
    {"loss_percent", SCHEMA_NUMBER, "Of its packets, missed at first.", vitals_loss},
    {"packets", SCHEMA_INTEGER, "SRT packets received.", vitals_packets},
    {"lost", SCHEMA_INTEGER, "SRT packets found missing, sent again or not.", vitals_lost},
    {"retransmitted", SCHEMA_INTEGER, "SRT packets received again.", vitals_retransmitted},
    {"dropped", SCHEMA_INTEGER, "SRT packets given up for good.", vitals_dropped},
    {"dts_back", SCHEMA_INTEGER, "Access units whose DTS does not rise.", vitals_dts_back},
    {"pcr_longest_ms", SCHEMA_INTEGER, "The longest distance of clock references.", vitals_pcr},
    {"ts_errors", SCHEMA_INTEGER, "Transport stream errors.", vitals_ts_errors},
};
const struct schema schema_vitals = {
    "Vitals", "What is measured of a feed, over its last ten seconds where nothing else is said.",
    vitals_members, sizeof(vitals_members) / sizeof(vitals_members[0])};

/* Columns, not rows: a third of the bytes. Every value is an integer. */
#define COLUMN(fn, expr)                                                                           \
    static int64_t fn(const struct history_sample *s)                                              \
    {                                                                                              \
        return (int64_t)(expr);                                                                    \
    }
COLUMN(at_of, s->at_s)
COLUMN(bitrate_of, (uint64_t)s->bitrate_kbps * 1000)
COLUMN(viewers_of, s->viewers)
COLUMN(fps_of, s->fps_centi * 10)
COLUMN(gop_of, s->gop_cs * 10)
COLUMN(rtt_of, s->rtt_100us * 100)
COLUMN(buffer_of, (uint64_t)s->buffer_kib * 1024)
COLUMN(lost_of, s->lost)
COLUMN(retransmitted_of, s->retransmitted)
COLUMN(dropped_of, s->dropped)
COLUMN(skew_of, s->skew_ms)

static void put_column(struct text *t, const void *facts,
                       int64_t (*value)(const struct history_sample *s))
{
    const struct history *h = ((const struct room_facts *)facts)->history;
    text_puts(t, "[");
    for (size_t i = 0; i < h->count; i++)
        text_printf(t, "%s%" PRId64, i > 0 ? "," : "", value(history_at(h, i)));
    text_puts(t, "]");
}

#define PUT_COLUMN(name)                                                                           \
    static void put_##name(struct text *t, const void *facts)                                      \
    {                                                                                              \
        put_column(t, facts, name##_of);                                                           \
    }
PUT_COLUMN(at)
PUT_COLUMN(bitrate)
PUT_COLUMN(viewers)
PUT_COLUMN(fps)
PUT_COLUMN(gop)
PUT_COLUMN(rtt)
PUT_COLUMN(buffer)
PUT_COLUMN(lost)
PUT_COLUMN(retransmitted)
PUT_COLUMN(dropped)
PUT_COLUMN(skew)

static void put_interval(struct text *t, const void *facts)
{
    (void)facts;
    text_printf(t, "%d", HISTORY_INTERVAL_S);
}

#define COLUMN_TYPE "{\"type\":\"array\",\"items\":" SCHEMA_INTEGER "}"
static const struct schema_field history_members[] = {
    {"interval_s", SCHEMA_INTEGER, "Between two samples while a feed is on air.", put_interval},
    {"at", COLUMN_TYPE, "When each was taken, in Unix time, the oldest first.", put_at},
    {"bitrate_bps", COLUMN_TYPE, "Bit rate.", put_bitrate},
    {"viewers", COLUMN_TYPE, "Who watched.", put_viewers},
    {"fps_milli", COLUMN_TYPE, "Frames in 1000 s.", put_fps},
    {"gop_ms", COLUMN_TYPE, "Distance of keyframes.", put_gop},
    {"rtt_us", COLUMN_TYPE, "Round-trip time.", put_rtt},
    {"receive_buffer_bytes", COLUMN_TYPE, "In SRT's receive buffer.", put_buffer},
    {"lost", COLUMN_TYPE, "Packets missed since the sample before.", put_lost},
    {"retransmitted", COLUMN_TYPE, "Packets sent again since then.", put_retransmitted},
    {"dropped", COLUMN_TYPE, "Packets given up since then.", put_dropped},
    {"skew_ms", COLUMN_TYPE, "The sound is so far ahead; 0: not known.", put_skew},
};
const struct schema schema_history = {
    "History", "The last hour of the feeds that were on air, a column for each figure.",
    history_members, sizeof(history_members) / sizeof(history_members[0])};
