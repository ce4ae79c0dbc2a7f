/* What the front knows of a worker: is it up, how often it came back, what it counted. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/worker_entry.h"

#include <string.h>

/* Every field is a uint64_t; those of copy_gauges alone are no counts. */
_Static_assert(sizeof(struct link_worker_stats) % sizeof(uint64_t) == 0, "only uint64_t fields");

void worker_stats_add(struct link_worker_stats *sum, const struct link_worker_stats *s)
{
    uint64_t a[sizeof(*sum) / sizeof(uint64_t)], b[sizeof(*sum) / sizeof(uint64_t)];
    memcpy(a, sum, sizeof(*sum));
    memcpy(b, s, sizeof(*s));
    for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++)
        a[i] += b[i];
    memcpy(sum, a, sizeof(*sum));
}

/* What is of now and not added up over its lives. */
static void copy_gauges(struct link_worker_stats *to, const struct link_worker_stats *from)
{
    to->rss_bytes = from->rss_bytes;
    to->pid = from->pid;
    to->threads = from->threads;
    to->fds = from->fds;
}

void worker_entry_ready(struct worker_entry *w)
{
    if (w->ever && !w->up)
        w->restarts++;
    w->up = w->ever = true;
}

void worker_entry_lost(struct worker_entry *w)
{
    const struct link_worker_stats none = {0};
    w->up = false;
    copy_gauges(&w->now, &none);
    worker_stats_add(&w->before, &w->now);
    memset(&w->now, 0, sizeof(w->now));
}

void worker_entry_stats(struct worker_entry *w, const struct link_worker_stats *s)
{
    w->now = *s;
}

void worker_entry_sum(const struct worker_entry *w, struct link_worker_stats *out)
{
    *out = w->before;
    worker_stats_add(out, &w->now);
    copy_gauges(out, &w->now);
}
