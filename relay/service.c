/* Compares what was said with what is, and says the difference. */
/* SPDX-License-Identifier: MIT */
#include "relay/service.h"

#include "relay/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void service_init(struct service *s)
{
    memset(s, 0, sizeof(*s));
    (void)notify_take(&s->manager); /* it has said why; the relay goes on without */
}

static bool all_up(const struct service_view *v)
{
    return v->front_up && v->workers_up == v->workers;
}

/* Once ready, always ready: what is restarted is told in words. */
static enum service_phase phase_of(const struct service *s, const struct service_view *v)
{
    if (v->stopping)
        return SERVICE_STOPPING;
    if (s->said == SERVICE_STARTING)
        return all_up(v) ? SERVICE_SERVING : SERVICE_STARTING;
    return v->reloading || v->upgrading ? SERVICE_CHANGING : SERVICE_SERVING;
}

static void put_status(const struct service_view *v, enum service_phase phase, char *out,
                       size_t size)
{
    char https[24] = "";

    if (v->https_port)
        snprintf(https, sizeof(https), ", HTTPS on %u", v->https_port);
    if (phase == SERVICE_STOPPING)
        snprintf(out, size, "Stopping: what is under way may end");
    else if (phase == SERVICE_CHANGING)
        snprintf(out, size, "%s", v->upgrading ? "Changing over to another program" : "Reloading");
    else if (!v->front_up)
        snprintf(out, size, "The front is %s", phase ? "being restarted" : "starting");
    else if (v->workers_up < v->workers)
        snprintf(out, size, "%zu of %zu workers are up", v->workers_up, v->workers);
    else
        snprintf(out, size, "Serving: SRT on %u by %zu workers, HTTP on %u%s%s", v->srt_port,
                 v->workers, v->http_port, https,
                 v->reload_refused ? "; the last reload was refused, see the log" : "");
}

/* sd_notify(3): RELOADING=1 comes with the time of CLOCK_MONOTONIC. */
static void say(struct service *s, enum service_phase phase, const char *status)
{
    char text[NOTIFY_TEXT], step[96] = "";

    if (phase != s->said && phase == SERVICE_SERVING)
        snprintf(step, sizeof(step), "READY=1\nMAINPID=%d\n", (int)getpid());
    else if (phase != s->said && phase == SERVICE_CHANGING)
        snprintf(step, sizeof(step), "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n", clock_mono_us());
    else if (phase != s->said && phase == SERVICE_STOPPING)
        snprintf(step, sizeof(step), "STOPPING=1\n");
    snprintf(text, sizeof(text), "%sSTATUS=%s", step, status);
    if (notify_send(&s->manager, text))
        return; /* again in the next round */
    s->said = phase;
    snprintf(s->status, sizeof(s->status), "%s", status);
}

/* An upgrade has its own deadline, and stopping too: neither waits for the front's loop. */
static void sign_of_life(struct service *s, const struct service_view *v, int64_t now_us)
{
    bool moved = v->front_beats != s->beats || v->upgrading || v->stopping;

    if (!s->manager.watchdog_us || now_us < s->next_us || !moved)
        return;
    if (notify_send(&s->manager, "WATCHDOG=1"))
        return;
    s->beats = v->front_beats;
    s->next_us = now_us + s->manager.watchdog_us / 2;
}

void service_step(struct service *s, const struct service_view *v, int64_t now_us)
{
    enum service_phase phase = phase_of(s, v);
    char status[sizeof(s->status)];

    if (!s->manager.len)
        return;
    put_status(v, phase, status, sizeof(status));
    if (phase != s->said || strcmp(status, s->status) != 0)
        say(s, phase, status);
    sign_of_life(s, v, now_us);
}
