/* JSON objects and their description from one table: what is answered is what is documented. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/schema.h"

#include "relay/base/clock.h"
#include "relay/control/schema_vitals.h"
#include "relay/room/diagnosis.h"
#include "relay/room/feed_fields.h"
#include "relay/room/pair.h"
#include "relay/room/rooms.h"

#include <inttypes.h>

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
/* One function a member: `expr` sees the subject as `s`. */
#define PUT(fn, subject_type, call)                                                                \
    static void fn(struct text *t, const void *subject)                                            \
    {                                                                                              \
        const subject_type *s = subject;                                                           \
        call;                                                                                      \
    }
#define PUT_U64(fn, subject_type, expr)                                                            \
    PUT(fn, subject_type, text_printf(t, "%" PRIu64, (uint64_t)(expr)))
#define PUT_STRING(fn, subject_type, expr) PUT(fn, subject_type, text_json(t, expr))
#define PUT_BOOL(fn, subject_type, expr)   PUT(fn, subject_type, put_bool(t, expr))
#define PUT_TIME(fn, subject_type, expr)   PUT(fn, subject_type, put_time(t, expr))

static void put_bool(struct text *t, bool value)
{
    text_puts(t, value ? "true" : "false");
}

static void put_time(struct text *t, int64_t wall_us)
{
    char when[32];
    clock_format(wall_us, when);
    text_printf(t, "\"%s\"", when);
}

static void put_time_or_null(struct text *t, int64_t wall_us)
{
    if (wall_us)
        put_time(t, wall_us);
    else
        text_puts(t, "null");
}

static void put_milli(struct text *t, uint64_t milli)
{
    text_printf(t, "%" PRIu64 ".%03" PRIu64, milli / 1000, milli % 1000);
}

PUT_U64(feed_id, struct session, s->feed)
PUT_U64(feed_worker, struct session, s->worker)
PUT_STRING(feed_role, struct session, s->role)
PUT_STRING(feed_peer, struct session, s->peer)
PUT_STRING(feed_user, struct session, s->user)
PUT_U64(feed_latency, struct session, s->latency_ms)
PUT_BOOL(feed_encrypted, struct session, s->encrypted)
PUT_BOOL(feed_classic, struct session, s->classic)
PUT_TIME(feed_opened, struct session, s->opened_wall_us)
PUT_STRING(feed_left_out, struct session, s->left_out)
PUT(feed_stats, struct session, schema_put_stats(t, &s->stats))
PUT(feed_vitals, struct session, schema_put(t, &schema_vitals, s))

static const struct schema_field feed_members[] = {
    {"id", SCHEMA_INTEGER, "Unique while the relay runs.", feed_id},
    {"worker", SCHEMA_INTEGER, "The worker that receives it.", feed_worker},
    {"role", SCHEMA_STRING, "What its stream id asked to be.", feed_role},
    {"peer", SCHEMA_STRING, "The publisher's address and port.", feed_peer},
    {"user", SCHEMA_STRING, "The user its stream id named.", feed_user},
    {"latency_ms", SCHEMA_INTEGER, "SRT latency agreed on.", feed_latency},
    {"encrypted", SCHEMA_BOOLEAN, "SRT encryption is on.", feed_encrypted},
    {"classic", SCHEMA_BOOLEAN, "SRT's own pacing is on.", feed_classic},
    {"opened", SCHEMA_TIME, "When it was let in.", feed_opened},
    {"left_out", SCHEMA_STRING, "Streams it sends that HLS cannot carry.", feed_left_out},
    {"stats", REF("FeedStats"), "Counters since then, and gauges now.", feed_stats},
    {"vitals", REF("Vitals"), "What is measured of it.", feed_vitals},
};

PUT_STRING(rendition_name, struct rendition, s->name)
static const char *kind_word(enum codec_kind kind)
{
    return kind == CODEC_KIND_VIDEO ? "video" : kind == CODEC_KIND_AUDIO ? "audio" : "ts";
}

PUT_STRING(rendition_kind, struct rendition, kind_word(s->kind))
PUT_STRING(rendition_codec, struct rendition, codec_name(s->params.codec))
PUT_STRING(rendition_rfc6381, struct rendition, s->params.rfc6381)
PUT_STRING(rendition_language, struct rendition, s->language[0] ? s->language : "und")
PUT_U64(rendition_width, struct rendition, s->params.width)
PUT_U64(rendition_height, struct rendition, s->params.height)
PUT(rendition_fps, struct rendition, put_milli(t, s->fps_milli))
PUT_U64(rendition_rate, struct rendition, s->params.sample_rate)
PUT_U64(rendition_channels, struct rendition, s->params.channels)
PUT_BOOL(rendition_live, struct rendition, s->delivered)
PUT_U64(rendition_segments, struct rendition, window_listed(&s->window))
PUT(rendition_duration, struct rendition,
    put_milli(t, (uint64_t)window_duration_90k(&s->window) / 90))
PUT_U64(rendition_first, struct rendition,
        window_first(&s->window) ? window_first(&s->window)->msn : 0)
PUT_U64(rendition_last, struct rendition,
        window_last(&s->window) ? window_last(&s->window)->msn : 0)
PUT_U64(rendition_bytes, struct rendition, s->window.bytes)
PUT_U64(rendition_peak, struct rendition, s->bandwidth.peak_bps)
PUT_U64(rendition_average, struct rendition, s->bandwidth.average_bps)

static const struct schema_field rendition_members[] = {
    {"name", SCHEMA_STRING, "Its playlist is NAME.m3u8.", rendition_name},
    {"kind", SCHEMA_STRING, "video, audio or ts.", rendition_kind},
    {"codec", SCHEMA_STRING, "The codec's usual name.", rendition_codec},
    {"rfc6381", SCHEMA_STRING, "The codec as CODECS names it.", rendition_rfc6381},
    {"language", SCHEMA_STRING, "RFC 5646; und: not known.", rendition_language},
    {"width", SCHEMA_INTEGER, "Luma samples; 0 for audio.", rendition_width},
    {"height", SCHEMA_INTEGER, "Luma samples; 0 for audio.", rendition_height},
    {"fps", SCHEMA_NUMBER, "Frames per second; 0: not known.", rendition_fps},
    {"sample_rate", SCHEMA_INTEGER, "Hz; 0 for video.", rendition_rate},
    {"channels", SCHEMA_INTEGER, "Audio channels; 0 for video.", rendition_channels},
    {"delivered", SCHEMA_BOOLEAN, "The present or last feed has it.", rendition_live},
    {"segments", SCHEMA_INTEGER, "Segments listed.", rendition_segments},
    {"duration_s", SCHEMA_NUMBER, "How long the list is.", rendition_duration},
    {"first_msn", SCHEMA_INTEGER, "Media sequence number of the first.", rendition_first},
    {"last_msn", SCHEMA_INTEGER, "Media sequence number of the last.", rendition_last},
    {"bytes", SCHEMA_INTEGER, "Bytes in memory, listed or not.", rendition_bytes},
    {"peak_bps", SCHEMA_INTEGER, "BANDWIDTH as declared.", rendition_peak},
    {"average_bps", SCHEMA_INTEGER, "AVERAGE-BANDWIDTH as declared.", rendition_average},
};

static void put_feed(struct text *t, const struct session *s)
{
    if (s)
        schema_put(t, &schema_feed, s);
    else
        text_puts(t, "null");
}

static void put_renditions(struct text *t, const struct presentation *p)
{
    text_puts(t, "[");
    for (size_t i = 0; i < p->count; i++) {
        text_puts(t, i > 0 ? "," : "");
        schema_put(t, &schema_rendition, p->renditions[i]);
    }
    text_puts(t, "]");
}

PUT_STRING(room_of_name, struct room_facts, s->name)
PUT_STRING(room_title, struct room_facts, s->title)
static void put_agency(struct text *t, const struct config_agency *a)
{
    if (a)
        text_json(t, a->name);
    else
        text_puts(t, "null");
}

PUT(room_agency, struct room_facts, put_agency(t, s->agency))
PUT_STRING(room_of_state, struct room_facts, room_state_word(s->state))
PUT_TIME(room_since, struct room_facts, s->since_wall_us)
PUT_BOOL(room_playable, struct room_facts, s->playable)
PUT_BOOL(room_public, struct room_facts, s->is_public)
PUT_BOOL(room_classic, struct room_facts, s->classic)
PUT_U64(room_sessions, struct room_facts, s->sessions)
PUT_U64(room_bytes, struct room_facts, s->bytes)
PUT_U64(room_viewers, struct room_facts, s->viewers)
PUT_U64(room_peak, struct room_facts, s->viewers_peak)
PUT_U64(room_bytes_out, struct room_facts, s->bytes_out)
PUT_U64(room_target, struct room_facts, s->presentation->target_duration_s)
PUT(room_of_feed, struct room_facts, put_feed(t, s->session))
PUT(room_on_air, struct room_facts, pair_put(t, s->pair, s->session))
PUT(room_standby, struct room_facts, put_feed(t, pair_standby(s->pair)))
PUT(room_of_roles, struct room_facts, roles_put(t, s->roles))
static void put_light(struct text *t, const struct room_facts *f)
{
    enum doctor_light light;
    if (diagnosis_light(f, &light))
        text_printf(t, "\"%s\"", doctor_light_word(light));
    else
        text_puts(t, "null");
}

PUT(room_light, struct room_facts, put_light(t, s))
PUT(room_health, struct room_facts, diagnosis_put(t, s))
PUT(room_totals, struct room_facts, schema_put_stats(t, &s->totals))
PUT(room_renditions, struct room_facts, put_renditions(t, s->presentation))
PUT_U64(room_segments, struct room_facts, s->presentation->counters.segments)
PUT_U64(room_gaps, struct room_facts, s->presentation->counters.gaps)
PUT_U64(room_late, struct room_facts, s->presentation->counters.late)
PUT_U64(room_over, struct room_facts, s->presentation->counters.over_target)
PUT_U64(room_shed, struct room_facts, s->presentation->counters.shed_listed)
PUT_U64(room_given_up, struct room_facts, s->presentation->counters.given_up)
PUT(room_of_picture, struct room_facts, put_time_or_null(t, s->picture_wall_us))
PUT_STRING(room_peer, struct room_facts, s->session ? s->session->peer : "")
PUT_U64(room_bitrate, struct room_facts, s->session ? s->session->stats.bitrate_bps : 0)
PUT_STRING(room_side, struct room_facts, s->session ? on_air_word(s->pair->on_air.side) : "")
PUT_STRING(room_chosen, struct room_facts, on_air_choice_word(s->pair->on_air.choice))
PUT_U64(room_findings, struct room_facts,
        diagnosis_count(s, DOCTOR_AMBER) + diagnosis_count(s, DOCTOR_RED))
PUT_U64(room_lost, struct room_facts, s->totals.lost)

#define ROOM_HEAD                                                                                  \
    {"name", SCHEMA_STRING, "Its name in every URL.", room_of_name},                               \
        {"title", SCHEMA_STRING, "What viewers read.", room_title},                                \
        {"agency", "{\"type\":[\"string\",\"null\"]}", "Whose it is; null: the organizer's.",      \
         room_agency},                                                                             \
        {"state", SCHEMA_STRING, "live, stale, waiting or ended.", room_of_state},                 \
        {"since", SCHEMA_TIME, "When what it plays began.", room_since},                           \
        {"playable", SCHEMA_BOOLEAN, "It has a multivariant playlist.", room_playable},            \
        {"public", SCHEMA_BOOLEAN, "Viewers may see it (rooms.go_public).", room_public},          \
        {"sessions", SCHEMA_INTEGER, "Feeds it has had.", room_sessions},                          \
        {"viewers", SCHEMA_INTEGER, "Who watch now: exact up to 4096.", room_viewers},             \
        {"viewers_peak", SCHEMA_INTEGER, "The most at once since then.", room_peak},               \
        {"bytes_out", SCHEMA_INTEGER, "Content sent to viewers, without heads.", room_bytes_out},  \
        {"picture", "{\"anyOf\":[" SCHEMA_TIME ",{\"type\":\"null\"}]}",                           \
         "When /live/NAME/picture.jpg was taken; null: there is none.", room_of_picture},          \
    {                                                                                              \
        "bytes", SCHEMA_INTEGER, "Bytes its segments take in memory.", room_bytes                  \
    }

#define LIGHT      "{\"enum\":[\"green\",\"amber\",\"red\",null]}"
#define STRUCT(of) "{\"type\":\"object\",\"properties\":{" of "}"
#define TEXTS      STRUCT("\"en\":" SCHEMA_STRING ",\"zh\":" SCHEMA_STRING) "}"
#define FINDING                                                                                    \
    STRUCT("\"id\":" SCHEMA_STRING                                                                 \
           ",\"severity\":{\"enum\":[\"amber\",\"red\"]},\"role\":" SCHEMA_STRING                  \
           ",\"since\":" SCHEMA_TIME ",\"text\":" TEXTS)                                           \
    ",\"required\":[\"id\",\"severity\",\"role\",\"since\",\"text\"]}"
#define HEALTH                                                                                     \
    STRUCT("\"light\":" LIGHT ",\"checked\":" SCHEMA_BOOLEAN                                       \
           ",\"findings\":{\"type\":\"array\",\"items\":" FINDING "}")                             \
    ",\"required\":[\"light\",\"checked\",\"findings\"]}"

static const struct schema_field room_members[] = {
    ROOM_HEAD,
    {"classic", SCHEMA_BOOLEAN, "A feed was wedged: SRT's own pacing from now on.", room_classic},
    {"target_duration_s", SCHEMA_INTEGER, "0 until its first segment.", room_target},
    {"feed", "{\"anyOf\":[" REF("Feed") ",{\"type\":\"null\"}]}", "Who publishes.", room_of_feed},
    {"on_air", "{\"type\":\"object\"}",
     "Which of main and backup viewers see: role, why, chosen, alike, takeovers, switches, "
     "standby.",
     room_on_air},
    {"standby", "{\"anyOf\":[" REF("Feed") ",{\"type\":\"null\"}]}",
     "The other one of main and backup.", room_standby},
    {"roles", "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}",
     "Feeds beside it: role, state (waiting, checking, joined, left), rendition, why.",
     room_of_roles},
    {"health", HEALTH,
     "What is wrong with its feeds, the worst first, and what to set in OBS. checked: the feed on "
     "air was watched for ten seconds.",
     room_health},
    {"totals", REF("FeedStats"), "Counters of all its feeds; gauges now.", room_totals},
    {"renditions", "{\"type\":\"array\",\"items\":" REF("Rendition") "}", "Its media playlists.",
     room_renditions},
    {"segments_listed", SCHEMA_INTEGER, "Segments ever listed.", room_segments},
    {"segments_gap", SCHEMA_INTEGER, "Gaps ever listed.", room_gaps},
    {"segments_late", SCHEMA_INTEGER, "Segments that came after their gap.", room_late},
    {"segments_over_target", SCHEMA_INTEGER, "Segments that were too long.", room_over},
    {"segments_shed", SCHEMA_INTEGER, "Listed ones dropped for the budget.", room_shed},
    {"segments_given_up", SCHEMA_INTEGER, "Dropped early for limits.memory_mb.", room_given_up},
};

static const struct schema_field summary_members[] = {
    ROOM_HEAD,
    {"peer", SCHEMA_STRING, "The publisher's address; empty: nobody.", room_peer},
    {"bitrate_bps", SCHEMA_INTEGER, "Bit rate received now.", room_bitrate},
    {"light", LIGHT, "The worst that is wrong with its feeds; null: no feed.", room_light},
    {"findings", SCHEMA_INTEGER, "How many things are wrong.", room_findings},
    {"on_air", SCHEMA_STRING, "main or backup; empty: nobody.", room_side},
    {"chosen", SCHEMA_STRING, "By hand: main or backup; else auto.", room_chosen},
    {"lost", SCHEMA_INTEGER, "SRT packets lost by all its feeds.", room_lost},
};

#define SCHEMA(name, help, members)                                                                \
    {                                                                                              \
        name, help, members, sizeof(members) / sizeof((members)[0])                                \
    }
const struct schema schema_feed = SCHEMA("Feed", "A publisher's connection.", feed_members);
const struct schema schema_rendition =
    SCHEMA("Rendition", "What one media playlist carries.", rendition_members);
const struct schema schema_room = SCHEMA("Room", "A room in full.", room_members);
const struct schema schema_summary = SCHEMA("RoomSummary", "A room in a list.", summary_members);

void schema_put(struct text *t, const struct schema *s, const void *subject)
{
    for (size_t i = 0; i < s->count; i++) {
        text_printf(t, "%s\"%s\":", i > 0 ? "," : "{", s->fields[i].name);
        s->fields[i].put(t, subject);
    }
    text_puts(t, "}");
}

/* JSON Schema 2020-12: siblings of $ref are allowed, so that each member has its sentence. */
static void describe_member(struct text *t, const char *name, const char *type, const char *help)
{
    text_printf(t, "\"%s\":{\"allOf\":[%s],\"description\":", name, type);
    text_json(t, help);
    text_puts(t, "}");
}

static void describe_required(struct text *t)
{
    text_puts(t, "},\"required\":[");
}

void schema_describe(struct text *t, const struct schema *s)
{
    text_printf(t, "\"%s\":{\"type\":\"object\",\"description\":", s->name);
    text_json(t, s->help);
    text_puts(t, ",\"properties\":{");
    for (size_t i = 0; i < s->count; i++) {
        text_puts(t, i > 0 ? "," : "");
        describe_member(t, s->fields[i].name, s->fields[i].type, s->fields[i].help);
    }
    describe_required(t);
    for (size_t i = 0; i < s->count; i++)
        text_printf(t, "%s\"%s\"", i > 0 ? "," : "", s->fields[i].name);
    text_puts(t, "]}");
}

void schema_put_stats(struct text *t, const void *link_feed_stats)
{
    for (size_t i = 0; i < feed_field_count; i++)
        text_printf(t, "%s\"%s\":%" PRIu64, i > 0 ? "," : "{", feed_fields[i].name,
                    feed_field_value(link_feed_stats, &feed_fields[i]));
    text_puts(t, "}");
}

void schema_describe_stats(struct text *t)
{
    text_puts(t, "\"FeedStats\":{\"type\":\"object\",\"description\":\"What a feed counts.\","
                 "\"properties\":{");
    for (size_t i = 0; i < feed_field_count; i++) {
        text_puts(t, i > 0 ? "," : "");
        describe_member(t, feed_fields[i].name, SCHEMA_INTEGER, feed_fields[i].help);
    }
    describe_required(t);
    for (size_t i = 0; i < feed_field_count; i++)
        text_printf(t, "%s\"%s\"", i > 0 ? "," : "", feed_fields[i].name);
    text_puts(t, "]}");
}
