/* The supervisor's sockets at a new start, and what it tells the service manager ever after. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/sockets.h"
#include "relay/supervisor_inside.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CTX "supervisor"

static size_t count_or(uint32_t configured, size_t automatic, size_t most)
{
    size_t n = configured ? configured : automatic;

    return n < most ? n : most;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Its descriptors are -1 where it is off. The tickets' keys live as long as the relay. */
static int open_https(struct supervisor *s, const struct activation_group *passed)
{
    const char *listen = s->config->https.listen;

    if (listen[0] == '\0')
        return 0;
    if (sockets_open_https(listen, passed, s->threads, s->https, &s->https_port))
        return -EADDRINUSE;
    s->tickets = memfd_create("roomcast-tickets", MFD_CLOEXEC);
    log_info(CTX, "listening https=%s port=%u", listen, s->https_port);
    return 0;
}

/* The kernel gives each passed socket its share, so that each needs somebody who reads from it. */
int supervisor_open_sockets(struct supervisor *s)
{
    const struct config *c = s->config;
    const char *const listen[ACTIVATION_KINDS] = {[ACTIVATION_SRT] = c->srt.listen,
                                                  [ACTIVATION_HTTP] = c->http.listen,
                                                  [ACTIVATION_HTTPS] = c->https.listen};
    struct activation_group passed[ACTIVATION_KINDS];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (activation_sort(s->activation, listen, passed))
        return -EINVAL;
    if (cores < 1)
        cores = 1;
    s->workers = count_or(c->srt.workers, cores / 2 > 2 ? (size_t)cores / 2 : 2, WORKERS_MAX);
    s->threads = count_or(c->http.threads, (size_t)cores, THREADS_MAX);
    s->workers = larger(s->workers, passed[ACTIVATION_SRT].count);
    s->threads =
        larger(s->threads, larger(passed[ACTIVATION_HTTP].count, passed[ACTIVATION_HTTPS].count));
    if (sockets_open_srt(c->srt.listen, &passed[ACTIVATION_SRT], &s->workers, s->srt,
                         &s->srt_port) ||
        sockets_open_http(c->http.listen, &passed[ACTIVATION_HTTP], s->threads, s->http,
                          &s->http_port) ||
        open_https(s, &passed[ACTIVATION_HTTPS]))
        return -EADDRINUSE;
    for (size_t i = 0; i < s->workers; i++)
        s->link[i] = -1;
    return 0;
}

/* Came up: its loop has come round at least once. */
static bool is_up(const struct child *c)
{
    return c->pid && pulse_beats(c->pulse) > 0;
}

void supervisor_tell(struct supervisor *s, bool reloading)
{
    struct service_view v = {.front_up = is_up(&s->front),
                             .front_beats = pulse_beats(s->front.pulse),
                             .workers = s->workers,
                             .srt_port = s->srt_port,
                             .http_port = s->http_port,
                             .https_port = s->https_port,
                             .reloading = reloading,
                             .upgrading = s->upgrade.state != UPGRADE_IDLE,
                             .stopping = s->stopping,
                             .reload_refused = s->reload_refused};

    for (size_t i = 0; i < s->workers; i++)
        v.workers_up += is_up(&s->worker[i]);
    service_step(&s->service, &v, clock_mono_us());
}
