/* The counters of all rooms and the processes' share of the machine, as one object. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/debug.h"

#include <inttypes.h>
#include <stdio.h>

struct debug_facts {
    const struct source *src;
    struct rooms_facts rooms;
};

struct process {
    char name[24];
    struct self_stat stat;
};

#define NUMBER(fn, subject_type, expr)                                                             \
    static void fn(struct text *t, const void *subject)                                            \
    {                                                                                              \
        const subject_type *s = subject;                                                           \
        (void)s;                                                                                   \
        text_printf(t, "%" PRIu64, (uint64_t)(expr));                                              \
    }

NUMBER(process_pid, struct process, s->stat.pid)
NUMBER(process_threads, struct process, s->stat.threads)
NUMBER(process_fds, struct process, s->stat.fds)
NUMBER(process_rss, struct process, s->stat.rss_bytes)

static void process_name(struct text *t, const void *subject)
{
    text_json(t, ((const struct process *)subject)->name);
}

static const struct schema_field process_members[] = {
    {"name", SCHEMA_STRING, "front, or worker/ and its number.", process_name},
    {"pid", SCHEMA_INTEGER, "0: a worker that has not reported yet.", process_pid},
    {"threads", SCHEMA_INTEGER, "Its threads.", process_threads},
    {"open_fds", SCHEMA_INTEGER, "Its open descriptors.", process_fds},
    {"rss_bytes", SCHEMA_INTEGER, "Its resident memory.", process_rss},
};

static void put_processes(struct text *t, const void *subject)
{
    const struct debug_facts *s = subject;
    struct process p = {.name = "front"};

    if (s->src->self)
        p.stat = *s->src->self;
    text_puts(t, "[");
    schema_put(t, &schema_process, &p);
    for (uint32_t i = 0; i < rooms_workers(s->src->rooms); i++) {
        struct worker_facts w;

        rooms_worker_facts(s->src->rooms, i, &w);
        snprintf(p.name, sizeof(p.name), "worker/%" PRIu32, i);
        p.stat = (struct self_stat){.pid = w.stats.pid,
                                    .rss_bytes = w.stats.rss_bytes,
                                    .threads = w.stats.threads,
                                    .fds = w.stats.fds};
        text_puts(t, ",");
        schema_put(t, &schema_process, &p);
    }
    text_puts(t, "]");
}

NUMBER(units_in, struct debug_facts, s->rooms.feed.access_units_in)
NUMBER(units_out, struct debug_facts, s->rooms.feed.access_units_out)
NUMBER(units_early, struct debug_facts, s->rooms.feed.access_units_early)
NUMBER(units_corrupt, struct debug_facts, s->rooms.feed.access_units_corrupt)
NUMBER(units_missing, struct debug_facts, s->rooms.feed.access_units_missing)
NUMBER(units_oversize, struct debug_facts, s->rooms.feed.access_units_oversize)
NUMBER(rooms_now, struct debug_facts, rooms_count(s->src->rooms))
NUMBER(feeds_now, struct debug_facts, s->rooms.feeds)
NUMBER(bytes_pinned, struct debug_facts, blob_bytes())
NUMBER(files_pinned, struct debug_facts, blob_count())
NUMBER(memory_budget, struct debug_facts, rooms_pressure(s->src->rooms)->budget_bytes)
NUMBER(memory_used, struct debug_facts, rooms_pressure(s->src->rooms)->used_bytes)
NUMBER(memory_needed, struct debug_facts, rooms_pressure(s->src->rooms)->needed_bytes)
NUMBER(waiters, struct debug_facts, s->src->web->holding)
NUMBER(connections, struct debug_facts, s->src->web->connections_open)

static void memory_refusing(struct text *t, const void *subject)
{
    const struct debug_facts *s = subject;

    text_puts(t, rooms_pressure(s->src->rooms)->refusing ? "true" : "false");
}

static const struct schema_field debug_members[] = {
    {"access_units_in", SCHEMA_INTEGER, "Whole ones received, by all feeds ever.", units_in},
    {"access_units_out", SCHEMA_INTEGER, "Of these, written into segments.", units_out},
    {"access_units_early", SCHEMA_INTEGER, "Left out before the first IDR.", units_early},
    {"access_units_corrupt", SCHEMA_INTEGER, "Hurt by packet loss.", units_corrupt},
    {"access_units_missing", SCHEMA_INTEGER, "Did not come whole, by their distance.",
     units_missing},
    {"access_units_oversize", SCHEMA_INTEGER, "Over limits.access_unit_bytes.", units_oversize},
    {"rooms", SCHEMA_INTEGER, "Rooms now.", rooms_now},
    {"feeds", SCHEMA_INTEGER, "Publishers now.", feeds_now},
    {"bytes_pinned", SCHEMA_INTEGER, "Bytes of segments in memory.", bytes_pinned},
    {"files_pinned", SCHEMA_INTEGER, "Segments and init segments in memory.", files_pinned},
    {"memory_budget", SCHEMA_INTEGER, "Bytes all rooms may hold; 0: no limit.", memory_budget},
    {"memory_used", SCHEMA_INTEGER, "Bytes all rooms hold.", memory_used},
    {"memory_needed", SCHEMA_INTEGER, "Bytes live lists need; above it nobody is let in.",
     memory_needed},
    {"memory_refusing", SCHEMA_BOOLEAN, "New rooms are refused for it.", memory_refusing},
    {"waiters", SCHEMA_INTEGER, "Requests that wait for an answer, this one too.", waiters},
    {"connections", SCHEMA_INTEGER, "HTTP connections open.", connections},
    {"processes", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Process\"}}",
     "What each process takes; a worker's figures are at most a second old.", put_processes},
};

#define SCHEMA(name, help, members)                                                                \
    {                                                                                              \
        name, help, members, sizeof(members) / sizeof((members)[0])                                \
    }
const struct schema schema_debug = SCHEMA("Debug", "What must be back afterwards.", debug_members);
const struct schema schema_process = SCHEMA("Process", "A child process.", process_members);

void debug_put(struct text *t, const struct source *src)
{
    struct debug_facts s = {.src = src};

    rooms_facts(src->rooms, &s.rooms);
    schema_put(t, &schema_debug, &s);
    text_puts(t, "\n");
}
