/* One front follows another: rooms, links and viewers change hands, then the old one may go. */
/* SPDX-License-Identifier: MIT */
#include "relay/succession.h"

#include "relay/base/clock.h"
#include "relay/base/parcel.h"
#include "relay/link/link.h"
#include "relay/room/handover.h"
#include "relay/upgrade.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VIEWERS = HANDOVER_KINDS, WHAT, LINK, DONE, TAKEN };
enum { PATIENCE_MS = 10000 }; /* for the other side's whole work */

static int give(int end, uint32_t kind, const void *bytes, size_t len, int fd)
{
    return parcel_send(end, kind, bytes, len, fd, HANDOVER_PATIENCE_MS);
}

static int give_links(int end, const int *links, uint32_t workers)
{
    int rc = 0;

    for (uint32_t i = 0; i < workers && !rc; i++)
        if (links[i] >= 0)
            rc = give(end, LINK, &i, sizeof(i), links[i]);
    return rc;
}

/* What the other side says next must be that; *fd: what came with it, the caller's. */
static int wait_for(int end, uint32_t kind, int *fd)
{
    struct parcel *p = malloc(sizeof(*p));
    int rc = p ? parcel_receive(end, p, PATIENCE_MS) : -ENOMEM;
    bool came = rc == 1 && p->kind == kind;

    *fd = came ? p->fd : -1;
    if (rc == 1 && !came && p->fd >= 0)
        close(p->fd);
    free(p);
    if (came)
        return 0;
    return rc < 0 ? rc : -EPIPE;
}

static int wait_taken(int end)
{
    int fd, rc = wait_for(end, TAKEN, &fd);

    if (fd >= 0)
        close(fd);
    return rc;
}

int succession_give(int end, uint32_t what, struct rooms *rooms, const int *links, uint32_t workers,
                    int *viewers)
{
    int rc = wait_for(end, VIEWERS, viewers);

    if (!rc && *viewers < 0)
        rc = -EPROTO;
    if (!rc)
        rc = give(end, WHAT, &what, sizeof(what), -1);
    if (!rc && (what & HANDOVER_WITH_ROOMS))
        rc = handover_give(rooms, end);
    if (!rc && (what & HANDOVER_WITH_LINKS))
        rc = give_links(end, links, workers);
    if (!rc)
        rc = give(end, DONE, NULL, 0, -1);
    if (!rc)
        rc = wait_taken(end);
    if (rc && *viewers >= 0) {
        close(*viewers);
        *viewers = -1;
    }
    return rc;
}

/* The sandbox lets no front set a socket's buffers; the one that takes is not in it yet. */
static int offer_viewers(int end, int *viewers)
{
    int ends[2], rc = link_pair(ends);

    *viewers = -1;
    if (rc)
        return rc;
    rc = give(end, VIEWERS, NULL, 0, ends[1]);
    close(ends[1]);
    if (rc)
        close(ends[0]);
    else
        *viewers = ends[0];
    return rc;
}

struct taking {
    struct rooms *rooms;
    struct handover_taker *taker;
    int *links;
    uint32_t workers, *what;
    bool done;
};

/* Takes p's descriptor. */
static int take_one(struct taking *t, struct parcel *p)
{
    uint32_t number = 0;
    int *place = NULL;
    bool known;

    if (p->kind < HANDOVER_KINDS)
        return handover_take(t->taker, p, clock_room_us(), clock_wall_us());
    if (p->len == sizeof(number))
        memcpy(&number, p->bytes, sizeof(number));
    if (p->kind == WHAT)
        *t->what = number;
    else if (p->kind == LINK && number < t->workers)
        place = &t->links[number];
    t->done = p->kind == DONE;
    known = place || p->kind == WHAT || t->done;
    if (place && *place < 0)
        *place = p->fd;
    else if (p->fd >= 0)
        close(p->fd);
    return known ? 0 : -EPROTO;
}

int succession_take(int end, struct rooms *rooms, int *links, uint32_t workers, int *viewers,
                    uint32_t *what)
{
    struct taking t = {.rooms = rooms, .links = links, .workers = workers, .what = what};
    struct parcel *p = malloc(sizeof(*p));
    int rc = p ? handover_taker_new(&t.taker, rooms) : -ENOMEM;

    *viewers = -1;
    *what = 0;
    for (uint32_t i = 0; i < workers; i++)
        links[i] = -1;
    if (!rc)
        rc = offer_viewers(end, viewers);
    while (!rc && !t.done) {
        rc = parcel_receive(end, p, PATIENCE_MS);
        if (rc == 1)
            rc = take_one(&t, p);
        else if (rc == 0)
            rc = -EPIPE;
    }
    handover_taker_free(&t.taker);
    free(p);
    return rc;
}

int succession_taken(int end)
{
    return give(end, TAKEN, NULL, 0, -1);
}
