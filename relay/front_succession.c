/* How one front follows another, and how it takes on workers that served a dead one. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/front_inside.h"
#include "relay/room/handover.h"
#include "relay/room/worker_entry.h"
#include "relay/succession.h"
#include "relay/upgrade.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CTX "front"

enum { HAND_ON_US = 10000000 }; /* how long replies may take after another front has taken over */

void front_adopt_kept(struct front *f, uint32_t index, int fd)
{
    struct link_message m = {.type = LINK_AGAIN, .worker = index};

    front_adopt(f, index, fd);
    if (index >= f->workers || f->links[index].fd < 0)
        return;
    rooms_worker_ready(f->rooms, index);
    front_send(&f->links[index], &m, -1);
}

/* The links rest, and start again when nobody took over. */
static void rest_links(struct front *f, bool rest)
{
    if (rest)
        event_del(f->on_gather);
    for (uint32_t i = 0; i < f->workers; i++)
        if (f->links[i].fd >= 0 && rest)
            event_del(f->links[i].readable);
        else if (f->links[i].fd >= 0)
            event_add(f->links[i].readable, NULL);
}

/* The other front has them. */
static void forget_links(struct front *f)
{
    for (uint32_t i = 0; i < f->workers; i++) {
        struct worker_link *k = &f->links[i];

        if (k->fd < 0)
            continue;
        event_free(k->readable);
        link_outbox_free(&k->outbox);
        close(k->fd);
        k->fd = -1;
    }
}

/* What waits for a worker that is behind would be lost: the link is lost instead, and its worker
 * replaced. */
static int link_to_give(struct worker_link *k)
{
    if (k->fd < 0 || link_outbox_flush(k->outbox) || link_outbox_queued(k->outbox))
        return -1;
    return k->fd;
}

void front_hand_over(struct front *f, int end, uint32_t what)
{
    int links[UINT8_MAX], viewers, rc;

    if (what & HANDOVER_WITH_ROOMS)
        rooms_settle(f->rooms, clock_room_us(), clock_wall_us());
    rest_links(f, true);
    for (uint32_t i = 0; i < f->workers; i++)
        links[i] = link_to_give(&f->links[i]);
    desk_give_usage(f->desk, f->rooms, clock_room_us(), clock_wall_us()); /* the links rest */
    rc = succession_give(end, what, f->rooms, links, f->workers, &viewers);
    if (rc) {
        log_error(CTX, "not_handed_over why=\"%s\" what=\"this one goes on\"", strerror(-rc));
        rest_links(f, false);
        return;
    }
    forget_links(f);
    if (f->on_questions) /* its answers are for the other one now */
        event_del(f->on_questions);
    front_pictures_leave(f);
    desk_leave(f->desk);
    f->viewers = viewers;
    f->viewers_us = clock_mono_us() + HAND_ON_US;
    server_hand_on(f->server, viewers, f->viewers_us);
    log_info(CTX, "handed_over rooms=%zu", rooms_count(f->rooms));
}

void front_tick_after(struct front *f, int64_t now_us)
{
    struct server_stats s;

    server_stats(f->server, &s);
    if (s.connections_open == 0 || now_us > f->viewers_us)
        event_base_loopbreak(f->base);
}

/* Links that come with their rooms go on in the middle of a feed; without them feeds are announced
 * again, and rooms without their links have lost their feeds. */
static void take_links(struct front *f, const int *links, uint32_t what)
{
    for (uint32_t i = 0; i < f->workers; i++) {
        if (links[i] < 0) {
            rooms_worker_lost(f->rooms, i, clock_room_us());
            rooms_worker(f->rooms, i)->ever = false; /* what follows is no restart */
        } else if (what & HANDOVER_WITH_ROOMS) {
            front_adopt(f, i, links[i]);
            rooms_worker_ready(f->rooms, i);
        } else {
            front_adopt_kept(f, i, links[i]);
        }
    }
}

int front_take_over(struct front *f, const struct front_options *o)
{
    int links[UINT8_MAX], viewers, rc;
    uint32_t what;

    dprintf(o->report, "ready link=%" PRIx64 " handover=%" PRIx64 "\n", link_version(),
            handover_version());
    rc = succession_take(o->predecessor, f->rooms, links, f->workers, &viewers, &what);
    if (rc)
        return rc;
    rc = server_expect(f->server, viewers);
    close(viewers);
    desk_take_usage(f->desk, f->rooms, clock_room_us(), clock_wall_us());
    take_links(f, links, what);
    log_info(CTX, "took_over rooms=%zu", rooms_count(f->rooms));
    return rc;
}

int front_announce(const struct front_options *o)
{
    int rc = succession_taken(o->predecessor);

    if (!rc && dprintf(o->report, "taken\n") < 0)
        rc = -EPIPE;
    close(o->predecessor);
    close(o->report);
    return rc;
}
