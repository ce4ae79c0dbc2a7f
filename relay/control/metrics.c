/* /metrics: everything the front counts, as Prometheus text. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/metrics.h"

#include "relay/base/log.h"
#include "relay/control/hook_page.h"
#include "relay/room/diagnosis.h"
#include "relay/room/feed_fields.h"
#include "relay/room/pictures.h"
#include "relay/room/worker_entry.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* What all families are rendered from; the sums are made once. */
struct sums {
    const struct source *src;
    struct rooms_facts rooms;
    struct link_worker_stats workers;
    struct pictures_facts pictures;
};

static void head(struct text *t, const char *name, const char *type, const char *help)
{
    text_printf(t, "# HELP roomcast_%s %s\n# TYPE roomcast_%s %s\n", name, help, name, type);
}

static void plain(struct text *t, const char *name, uint64_t value)
{
    text_printf(t, "roomcast_%s %" PRIu64 "\n", name, value);
}

static void labelled(struct text *t, const char *name, const char *label, const char *word,
                     uint64_t value)
{
    text_printf(t, "roomcast_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, word, value);
}

static void rooms_by_state(struct text *t, const char *name, const struct sums *s)
{
    for (enum room_state i = ROOM_LIVE; i < ROOM_GONE; i++)
        labelled(t, name, "state", room_state_word(i), s->rooms.by_state[i]);
}

/* Refused at the handshake by a worker, or at the door of the room by the front. */
static void refused(struct text *t, const char *name, const struct sums *s)
{
    const struct link_worker_stats *w = &s->workers;
    labelled(t, name, "reason", "key", w->refused_key);
    labelled(t, name, "reason", "name", w->refused_name + s->rooms.refused_name);
    labelled(t, name, "reason", "conflict", w->refused_conflict + s->rooms.refused_conflict);
    labelled(t, name, "reason", "version", w->refused_version);
    labelled(t, name, "reason", "rate", w->refused_rate);
    labelled(t, name, "reason", "passphrase", w->refused_passphrase);
    labelled(t, name, "reason", "full", w->refused_full + s->rooms.refused_full);
    labelled(t, name, "reason", "memory", s->rooms.refused_memory);
    labelled(t, name, "reason", "other", w->refused_other + s->rooms.refused_other);
}

static void shed(struct text *t, const char *name, const struct sums *s)
{
    labelled(t, name, "from", "retained", s->rooms.media.shed_retained);
    labelled(t, name, "from", "listed", s->rooms.media.shed_listed);
    labelled(t, name, "from", "others", s->rooms.media.given_up);
}

static void requests(struct text *t, const char *name, const struct sums *s)
{
    const size_t codes = sizeof(s->src->web->by_code) / sizeof(s->src->web->by_code[0]);
    for (size_t code = 0; code < codes; code++)
        if (s->src->web->by_code[code] > 0)
            text_printf(t, "roomcast_%s{code=\"%zu\"} %" PRIu64 "\n", name, code,
                        s->src->web->by_code[code]);
}

static void timeouts(struct text *t, const char *name, const struct sums *s)
{
    labelled(t, name, "phase", "head", s->src->web->timeouts_head);
    labelled(t, name, "phase", "idle", s->src->web->timeouts_idle);
    labelled(t, name, "phase", "send", s->src->web->timeouts_send);
}

static void blocked(struct text *t, const char *name, const struct sums *s)
{
    labelled(t, name, "outcome", "answered", s->src->web->blocked_answered);
    labelled(t, name, "outcome", "refused", s->src->web->blocked_refused);
    labelled(t, name, "outcome", "timeout", s->src->web->blocked_timeouts);
}

static void access_refused(struct text *t, const char *name, const struct sums *s)
{
    for (int i = ACCESS_GRANTED + 1; i < ACCESS_VERDICTS; i++)
        labelled(t, name, "reason", access_word((enum access_verdict)i),
                 s->src->web->access_refused[i]);
}

static void pinned_bytes(struct text *t, const char *name, const struct sums *s)
{
    (void)s;
    plain(t, name, blob_bytes());
}

static void pinned_blobs(struct text *t, const char *name, const struct sums *s)
{
    (void)s;
    plain(t, name, blob_count());
}

static void log_lines(struct text *t, const char *name, const struct sums *s)
{
    labelled(t, name, "process", "front", log_dropped());
    labelled(t, name, "process", "workers", s->workers.log_dropped);
}

static void front_fds(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, s->src->self ? s->src->self->fds : 0);
}

static void front_threads(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, s->src->self ? s->src->self->threads : 0);
}

static void front_memory(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, s->src->self ? s->src->self->rss_bytes : 0);
}

static void feeds_ended(struct text *t, const char *name, const struct sums *s)
{
    for (size_t i = 0; i < ENDINGS; i++)
        labelled(t, name, "reason", ending_word((uint32_t)i), s->rooms.ended[i]);
}

static void room_memory(struct text *t, const char *name, const struct sums *s)
{
    struct room_facts r;
    for (size_t i = 0; i < rooms_count(s->src->rooms); i++) {
        room_facts(rooms_at(s->src->rooms, i), &r);
        labelled(t, name, "room", r.name, r.bytes);
    }
}

static void room_shed(struct text *t, const char *name, const struct sums *s)
{
    struct room_facts r;
    for (size_t i = 0; i < rooms_count(s->src->rooms); i++) {
        room_facts(rooms_at(s->src->rooms, i), &r);
        labelled(t, name, "room", r.name,
                 r.presentation->counters.shed_retained + r.presentation->counters.shed_listed +
                     r.presentation->counters.given_up);
    }
}

static void room_viewers(struct text *t, const char *name, const struct sums *s)
{
    struct room_facts r;
    for (size_t i = 0; i < rooms_count(s->src->rooms); i++) {
        room_facts(rooms_at(s->src->rooms, i), &r);
        labelled(t, name, "room", r.name, r.viewers);
    }
}

static void room_bytes_out(struct text *t, const char *name, const struct sums *s)
{
    struct room_facts r;
    for (size_t i = 0; i < rooms_count(s->src->rooms); i++) {
        room_facts(rooms_at(s->src->rooms, i), &r);
        labelled(t, name, "room", r.name, r.bytes_out);
    }
}

/* Has viewers, or had them a moment ago, and nothing to show. */
static void room_silent(struct text *t, const char *name, const struct sums *s)
{
    struct room_facts r;
    for (size_t i = 0; i < rooms_count(s->src->rooms); i++) {
        room_facts(rooms_at(s->src->rooms, i), &r);
        labelled(t, name, "room", r.name, r.state == ROOM_STALE || r.state == ROOM_WAITING);
    }
}

static void memory_budget(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, rooms_pressure(s->src->rooms)->budget_bytes);
}

static void memory_used(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, rooms_pressure(s->src->rooms)->used_bytes);
}

static void memory_needed(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, rooms_pressure(s->src->rooms)->needed_bytes);
}

static void memory_refusing(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, rooms_pressure(s->src->rooms)->refusing);
}

static void rooms_by_health(struct text *t, const char *name, const struct sums *s)
{
    uint64_t count[DOCTOR_LIGHTS] = {0};
    struct room_facts r;
    for (size_t i = 0; i < rooms_count(s->src->rooms); i++) {
        enum doctor_light light;
        room_facts(rooms_at(s->src->rooms, i), &r);
        if (diagnosis_light(&r, &light))
            count[light]++;
    }
    for (enum doctor_light i = DOCTOR_GREEN; i < DOCTOR_LIGHTS; i++)
        labelled(t, name, "light", doctor_light_word(i), count[i]);
}

static void room_findings(struct text *t, const char *name, const struct sums *s)
{
    struct room_facts r;
    for (size_t i = 0; i < rooms_count(s->src->rooms); i++) {
        room_facts(rooms_at(s->src->rooms, i), &r);
        for (enum doctor_light k = DOCTOR_AMBER; k < DOCTOR_LIGHTS; k++)
            text_printf(t, "roomcast_%s{room=\"%s\",severity=\"%s\"} %" PRIu64 "\n", name, r.name,
                        doctor_light_word(k), diagnosis_count(&r, k));
    }
}

static void pictures(struct text *t, const char *name, const struct sums *s)
{
    labelled(t, name, "result", "made", s->pictures.made);
    labelled(t, name, "result", "failed", s->pictures.failed);
    labelled(t, name, "result", "died", s->pictures.died);
    labelled(t, name, "result", "skipped", s->pictures.skipped);
}

static void picture_cpu(struct text *t, const char *name, const struct sums *s)
{
    text_printf(t, "roomcast_%s %.6f\n", name, (double)s->pictures.cpu_us * 1e-6);
}

static void picture_rooms(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, s->pictures.shown);
}

static void picture_bytes(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, s->pictures.bytes);
}

static void picture_age(struct text *t, const char *name, const struct sums *s)
{
    plain(t, name, s->pictures.oldest_s);
}

/* A sum, by its place in one of the structs. */
enum origin { FROM_ROOMS, FROM_WEB };

struct single {
    const char *name, *type, *help;
    enum origin origin;
    size_t offset;
};

#define ROOMS(name, type, field, help)                                                             \
    {                                                                                              \
        name, type, help, FROM_ROOMS, offsetof(struct rooms_facts, field)                          \
    }
#define WEB(name, type, field, help)                                                               \
    {                                                                                              \
        name, type, help, FROM_WEB, offsetof(struct server_stats, field)                           \
    }

static const struct single singles[] = {
    ROOMS("feeds", "gauge", feeds, "Publishers connected."),
    ROOMS("feeds_opened_total", "counter", feeds_opened, "Publishers let into a room."),
    ROOMS("takeovers_total", "counter", takeovers, "Publishers replaced by a newer one."),
    ROOMS("on_air_switches_total", "counter", switches, "Changes between main and backup."),
    ROOMS("worker_faults_total", "counter", faults, "Messages that no worker should send."),
    ROOMS("segments_total", "counter", media.segments, "Segments listed."),
    ROOMS("segment_bytes_total", "counter", media.bytes, "Bytes of the segments listed."),
    ROOMS("segment_gaps_total", "counter", media.gaps, "EXT-X-GAP entries listed."),
    ROOMS("segments_late_total", "counter", media.late, "Segments that came after their gap."),
    ROOMS("segments_over_target_total", "counter", media.over_target,
          "Segments longer than the target duration of their room."),
    WEB("http_connections_total", "counter", connections, "Connections accepted."),
    WEB("http_connections", "gauge", connections_open, "Connections open."),
    WEB("http_connections_refused_total", "counter", refused_full, "Refused: too many."),
    WEB("http_sent_bytes_total", "counter", bytes_out, "Bytes of heads and bodies sent."),
    WEB("http_holding_requests", "gauge", holding, "Requests that wait for an answer."),
    WEB("http_listeners", "gauge", listeners, "Consoles that hear of every change."),
    WEB("http_listeners_cut_total", "counter", listeners_cut, "Consoles that were too slow to."),
    WEB("http_bad_requests_total", "counter", bad_requests, "What was not HTTP, or over a limit."),
    WEB("https_certificate_ends_seconds", "gauge", tls_until_s, "When, since 1970; 0: no HTTPS."),
    WEB("https_handshakes_total", "counter", tls_handshakes, "TLS handshakes finished."),
    WEB("https_resumed_total", "counter", tls_resumed, "Of these with a ticket."),
    WEB("https_failed_total", "counter", tls_failed, "TLS handshakes that failed."),
    WEB("https_refused_total", "counter", tls_refused, "TLS handshakes over the limit."),
    WEB("http2_connections_total", "counter", h2_connections, "Connections that spoke HTTP/2."),
    WEB("http2_streams_total", "counter", h2_streams, "Requests begun on them."),
    WEB("http2_resets_total", "counter", h2_resets, "Of these taken back by viewers."),
    WEB("http2_floods_total", "counter", h2_floods, "HTTP/2 connections ended for floods."),
    WEB("http2_refused_total", "counter", h2_refused,
        "Requests on HTTP/2 connections of which too much waited."),
    WEB("http_late_posts_total", "counter", late_posts, "News that met a busy HTTP thread."),
};

/* A family with labels, or from elsewhere. */
struct family {
    const char *name, *type, *help;
    void (*render)(struct text *t, const char *name, const struct sums *s);
};

static const struct family families[] = {
    {"rooms", "gauge", "Rooms by what they are doing.", rooms_by_state},
    {"publishers_refused_total", "counter", "Publishers refused, by reason.", refused},
    {"segments_shed_total", "counter",
     "Segments dropped early to keep within the room's budget, or all rooms' (others).", shed},
    {"http_requests_total", "counter", "Requests answered, by status code.", requests},
    {"http_blocked_total", "counter",
     "Requests for what is yet to come: waited and answered, refused, in vain.", blocked},
    {"access_refused_total", "counter",
     "Requests refused for their link, by what is wrong with it.", access_refused},
    {"http_timeouts_total", "counter", "Connections cut by a deadline.", timeouts},
    {"pinned_bytes", "gauge", "Bytes of segments in memory.", pinned_bytes},
    {"pinned_blobs", "gauge", "Segments and init segments in memory.", pinned_blobs},
    {"feeds_ended_total", "counter", "Feeds that ended, by reason; limit: see the log.",
     feeds_ended},
    {"memory_budget_bytes", "gauge", "What all rooms may hold; 0: no limit.", memory_budget},
    {"memory_used_bytes", "gauge", "What all rooms hold.", memory_used},
    {"memory_needed_bytes", "gauge", "What their live lists cannot do without.", memory_needed},
    {"memory_refusing", "gauge", "1: new rooms are refused for it.", memory_refusing},
    {"room_silent", "gauge", "1: the room waits for a publisher that fell silent or left.",
     room_silent},
    {"room_memory_bytes", "gauge", "Of limits.room_bytes, what the room holds.", room_memory},
    {"room_segments_shed_total", "counter", "Segments the room gave up early.", room_shed},
    {"room_viewers", "gauge", "Who watch the room now.", room_viewers},
    {"room_bytes_out_total", "counter", "Content sent to the room's viewers, without heads.",
     room_bytes_out},
    {"rooms_health", "gauge", "Rooms with a feed, by the worst that the doctor finds.",
     rooms_by_health},
    {"room_findings", "gauge", "What the doctor finds wrong with the room's feeds.", room_findings},
    {"pictures_total", "counter",
     "Pictures of rooms: made, failed, died (the helper did), skipped (its link was full).",
     pictures},
    {"picture_cpu_seconds_total", "counter", "CPU time of the helper that makes them.",
     picture_cpu},
    {"picture_rooms", "gauge", "Rooms that show a picture.", picture_rooms},
    {"picture_bytes", "gauge", "Bytes of these pictures.", picture_bytes},
    {"picture_age_seconds", "gauge", "The oldest one of a room with a feed.", picture_age},
    {"front_open_fds", "gauge", "Open descriptors of the front.", front_fds},
    {"front_threads", "gauge", "Threads of the front.", front_threads},
    {"front_resident_memory_bytes", "gauge", "Resident memory of the front.", front_memory},
    {"log_lines_dropped_total", "counter", "Log lines suppressed or lost.", log_lines},
};

/* One series for each worker. */
struct worker_metric {
    const char *name, *type, *help;
    size_t offset; /* in struct worker_facts; a uint64_t, but for `up` */
    double scale;
};

#define WORKER(field) offsetof(struct worker_facts, field)
static const struct worker_metric worker_metrics[] = {
    {"worker_restarts_total", "counter", "Times a worker came back after it had died.",
     WORKER(restarts), 1},
    {"worker_cpu_seconds_total", "counter", "CPU time used.", WORKER(stats.cpu_us), 1e-6},
    {"worker_resident_memory_bytes", "gauge", "Resident memory.", WORKER(stats.rss_bytes), 1},
    {"worker_threads", "gauge", "Threads.", WORKER(stats.threads), 1},
    {"worker_open_fds", "gauge", "Open descriptors.", WORKER(stats.fds), 1},
    {"worker_ticks_total", "counter", "Rounds of its loop.", WORKER(stats.ticks), 1},
    {"worker_late_ticks_total", "counter", "Rounds that came late.", WORKER(stats.late_ticks), 1},
    {"worker_udp_dropped_total", "counter", "Datagrams that its socket had no room for.",
     WORKER(stats.udp_dropped), 1},
    {"worker_accepted_total", "counter", "SRT connections accepted.", WORKER(stats.accepted), 1},
};

static uint64_t value_at(const void *base, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)base + offset, sizeof(value));
    return value;
}

static void render_workers(struct text *t, const struct sums *s)
{
    const struct rooms *rooms = s->src->rooms;
    struct worker_facts w;
    head(t, "worker_up", "gauge", "Does the worker take publishers?");
    for (uint32_t i = 0; i < rooms_workers(rooms); i++) {
        rooms_worker_facts(rooms, i, &w);
        text_printf(t, "roomcast_worker_up{worker=\"%" PRIu32 "\"} %d\n", i, w.up);
    }
    for (size_t k = 0; k < sizeof(worker_metrics) / sizeof(worker_metrics[0]); k++) {
        const struct worker_metric *m = &worker_metrics[k];
        head(t, m->name, m->type, m->help);
        for (uint32_t i = 0; i < rooms_workers(rooms); i++) {
            rooms_worker_facts(rooms, i, &w);
            text_printf(t, "roomcast_%s{worker=\"%" PRIu32 "\"} %.15g\n", m->name, i,
                        (double)value_at(&w, m->offset) * m->scale);
        }
    }
}

/* What the feeds count: in all, and for each room what tells a sick feed from a sound one. */
static void render_feeds(struct text *t, const struct sums *s)
{
    for (size_t i = 0; i < feed_field_count; i++) {
        const struct feed_field *f = &feed_fields[i];
        if (f->gauge)
            continue;
        head(t, f->metric, "counter", f->help);
        plain(t, f->metric, feed_field_value(&s->rooms.feed, f));
    }
}

static void render_room_series(struct text *t, const struct rooms *rooms,
                               const struct feed_field *f)
{
    text_printf(t, "# HELP roomcast_room_%s %s\n# TYPE roomcast_room_%s %s\n", f->metric, f->help,
                f->metric, f->gauge ? "gauge" : "counter");
    for (size_t i = 0; i < rooms_count(rooms); i++) {
        struct room_facts r;
        room_facts(rooms_at(rooms, i), &r);
        text_printf(t, "roomcast_room_%s{room=\"%s\"} %.15g\n", f->metric, r.name,
                    (double)feed_field_value(&r.totals, f) * f->scale);
    }
}

static void render_rooms(struct text *t, const struct rooms *rooms)
{
    static const char *const counts[] = {"bytes",
                                         "lost",
                                         "retransmitted",
                                         "dropped",
                                         "access_units_corrupt",
                                         "access_units_missing"};
    for (size_t i = 0; i < feed_field_count; i++) {
        bool wanted = feed_fields[i].gauge;
        for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++)
            wanted |= strcmp(feed_fields[i].name, counts[k]) == 0;
        if (wanted)
            render_room_series(t, rooms, &feed_fields[i]);
    }
}

static void sum_up(struct sums *s, const struct source *src)
{
    memset(s, 0, sizeof(*s));
    s->src = src;
    rooms_facts(src->rooms, &s->rooms);
    pictures_facts(src->rooms, src->wall_us, &s->pictures);
    for (uint32_t i = 0; i < rooms_workers(src->rooms); i++) {
        struct worker_facts w;
        rooms_worker_facts(src->rooms, i, &w);
        worker_stats_add(&s->workers, &w.stats);
    }
}

void metrics_render(struct text *t, const struct source *src)
{
    struct sums s;
    sum_up(&s, src);
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        const struct single *m = &singles[i];
        const void *base = m->origin == FROM_ROOMS ? (const void *)&s.rooms : src->web;
        head(t, m->name, m->type, m->help);
        plain(t, m->name, value_at(base, m->offset));
    }
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        head(t, families[i].name, families[i].type, families[i].help);
        families[i].render(t, families[i].name, &s);
    }
    hook_page_metrics(t, src);
    render_feeds(t, &s);
    render_workers(t, &s);
    render_rooms(t, src->rooms);
}
