/* The web hooks for the API and /metrics: how far each one is, and a test of all. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/hook_page.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/control/hook_watch.h"
#include "relay/control/schema.h"

#include <inttypes.h>
#include <stddef.h>

const char hook_page_schema[] =
    "{\"type\":\"object\",\"properties\":{\"hooks\":{\"type\":\"array\",\"items\":{\"type\":"
    "\"object\",\"properties\":{\"number\":" SCHEMA_INTEGER ",\"url\":" SCHEMA_STRING
    ",\"sent\":" SCHEMA_INTEGER ",\"failed\":" SCHEMA_INTEGER ",\"dropped\":" SCHEMA_INTEGER
    ",\"queued\":" SCHEMA_INTEGER ",\"tries\":" SCHEMA_INTEGER ",\"failing_s\":" SCHEMA_INTEGER
    ",\"last\":{\"type\":[\"object\",\"null\"],\"properties\":{\"at\":" SCHEMA_STRING
    ",\"status\":{\"type\":[\"integer\",\"null\"]},\"text\":" SCHEMA_STRING
    "}}},\"required\":[\"number\",\"url\",\"sent\",\"failed\",\"dropped\",\"queued\",\"tries\","
    "\"failing_s\",\"last\"]}}},\"required\":[\"hooks\"]}";

static int targets_of(const struct source *src, struct hook_target out[static HOOKS_MAX])
{
    char why[HOOK_WHY_SIZE];
    int n = src->hooks ? hook_list_targets(src->config->hooks.url, out, why) : 0;
    return n > 0 ? n : 0;
}

/* One that has not begun to send has sent nothing. */
static struct hook_facts seat_of(const struct source *src, int number)
{
    struct hook_facts seat;
    if (!hook_watch_look(src->hooks, (uint32_t)number, &seat))
        return (struct hook_facts){.number = (uint32_t)number};
    return seat;
}

static int64_t failing_s(const struct source *src, const struct hook_facts *seat)
{
    bool failing = seat->failed_us > 0 && seat->failed_us <= src->now_us;
    return failing ? 1 + (src->now_us - seat->failed_us) / 1000000 : 0;
}

static void put_last(struct text *t, const struct hook_facts *seat)
{
    char at[32];
    if (seat->answer_wall_us == 0) {
        text_puts(t, "null");
        return;
    }
    clock_format(seat->answer_wall_us, at);
    text_printf(t, "{\"at\":\"%s\",\"status\":", at);
    if (seat->status)
        text_printf(t, "%" PRIu32, seat->status);
    else
        text_puts(t, "null");
    text_puts(t, ",\"text\":");
    text_json(t, seat->answer);
    text_puts(t, "}");
}

void hook_page_put(struct text *t, const struct source *src)
{
    struct hook_target targets[HOOKS_MAX];
    int n = targets_of(src, targets);
    text_puts(t, "{\"hooks\":[");
    for (int i = 0; i < n; i++) {
        struct hook_facts seat = seat_of(src, i + 1);
        text_printf(t, "%s\n{\"number\":%d,\"url\":", i ? "," : "", i + 1);
        text_json(t, targets[i].shown);
        text_printf(
            t,
            ",\"sent\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"dropped\":%" PRIu64
            ",\"queued\":%" PRIu64 ",\"tries\":%" PRIu64 ",\"failing_s\":%" PRId64 ",\"last\":",
            seat.sent, seat.failed, seat.dropped, seat.queued, seat.tries, failing_s(src, &seat));
        put_last(t, &seat);
        text_puts(t, "}");
    }
    text_puts(t, "\n]}\n");
}

int hook_page_test(struct text *t, const struct source *src, const char *who)
{
    struct hook_target targets[HOOKS_MAX];
    char id[37];
    if (targets_of(src, targets) == 0)
        return 404;
    if (hook_watch_ping(src->hooks, src->now_us, src->wall_us, id))
        return 503;
    log_info("hooks", "test id=%s by=%s", id, who);
    text_printf(t, "{\"id\":\"%s\"}\n", id);
    return 200;
}

static const struct family {
    const char *name, *type, *help;
    size_t offset; /* of a uint64_t in struct hook_facts */
} families[] = {
    {"hooks_sent_total", "counter", "Events that a web hook's receiver has taken.",
     offsetof(struct hook_facts, sent)},
    {"hooks_failed_total", "counter", "Events that were refused, or given up after many tries.",
     offsetof(struct hook_facts, failed)},
    {"hooks_dropped_total", "counter", "Events that fell out of a queue that was full.",
     offsetof(struct hook_facts, dropped)},
    {"hooks_tries_total", "counter", "Attempts to deliver an event.",
     offsetof(struct hook_facts, tries)},
    {"hooks_queued", "gauge", "Events that wait for a receiver, or are under way.",
     offsetof(struct hook_facts, queued)},
};

static void head(struct text *t, const char *name, const char *type, const char *help)
{
    text_printf(t, "# HELP roomcast_%s %s\n# TYPE roomcast_%s %s\n", name, help, name, type);
}

void hook_page_metrics(struct text *t, const struct source *src)
{
    struct hook_target targets[HOOKS_MAX];
    struct hook_facts seats[HOOKS_MAX];
    int n = targets_of(src, targets);
    for (int i = 0; i < n; i++)
        seats[i] = seat_of(src, i + 1);
    for (size_t k = 0; k < sizeof(families) / sizeof(families[0]); k++) {
        head(t, families[k].name, families[k].type, families[k].help);
        for (int i = 0; i < n; i++)
            text_printf(t, "roomcast_%s{hook=\"%d\"} %" PRIu64 "\n", families[k].name, i + 1,
                        *(const uint64_t *)((const char *)&seats[i] + families[k].offset));
    }
    head(t, "hooks_failing_seconds", "gauge", "How long nothing has arrived; 0: it does.");
    for (int i = 0; i < n; i++)
        text_printf(t, "roomcast_hooks_failing_seconds{hook=\"%d\"} %" PRId64 "\n", i + 1,
                    failing_s(src, &seats[i]));
}
