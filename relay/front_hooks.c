/* The front's side of the web hooks: it writes down what happens, and waits for nobody. */
/* SPDX-License-Identifier: MIT */
#include "relay/front_hooks.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/control/hook_watch.h"
#include "relay/front_inside.h"

#include <string.h>

#define CTX "front"

void front_hooks_start(struct front *f, const struct front_options *o)
{
    int rc = o->hook_ring < 0 ? 0 : hook_watch_new(&f->hooks, o->hook_ring, o->hook_seats);

    if (rc)
        log_error(CTX, "no_hooks why=\"%s\"", strerror(-rc));
    desk_set_hooks(f->desk, f->hooks);
    if (f->hooks && o->predecessor < 0) /* whoever comes from now on is news */
        front_hooks_tick(f);
}

void front_hooks_hear(struct front *f, const struct link_message *m)
{
    if (f->hooks)
        hook_watch_hear(f->hooks, m);
}

void front_hooks_tick(struct front *f)
{
    if (f->hooks)
        hook_watch_tick(f->hooks, f->rooms, f->config, clock_mono_us(), clock_wall_us());
}

void front_hooks_stop(struct front *f)
{
    if (f->hooks && f->viewers < 0)
        hook_watch_last(f->hooks, f->rooms, f->config, clock_mono_us(), clock_wall_us());
}
