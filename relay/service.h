/* What a service manager hears of the relay: ready, changing, stopping, alive; and in words. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the supervisor's. Life: service_init, service_step in each round of its
 *         loop. Fails: never; what could not be said is said in the next round.
 *
 *   starting -> serving <-> changing (a reload, an upgrade)
 *        any -> stopping
 *
 * The watchdog hears of us at half of its time, and only if the front's loop has come round since:
 * a supervisor that turns, above a front that never comes back, is not alive.
 */
#ifndef RELAY_SERVICE_H
#define RELAY_SERVICE_H

#include "relay/notify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum service_phase { SERVICE_STARTING, SERVICE_SERVING, SERVICE_CHANGING, SERVICE_STOPPING };

/* How things stand. */
struct service_view {
    bool front_up;
    uint64_t front_beats; /* of its page */
    size_t workers, workers_up;
    uint16_t srt_port, http_port, https_port; /* 0: none */
    bool reloading, upgrading, stopping;
    bool reload_refused; /* the last one */
};

struct service {
    struct notify manager;
    enum service_phase said;
    char status[128]; /* as it was said */
    uint64_t beats;   /* of the front at the last sign of life */
    int64_t next_us;  /* when the next one is due; 0: at once */
};

void service_init(struct service *s);
void service_step(struct service *s, const struct service_view *v, int64_t now_us);

#endif
