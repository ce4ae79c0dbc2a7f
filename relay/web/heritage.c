/* Viewers that come from the process before this one, each with its place in the conversation. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/heritage.h"

#include "relay/base/log.h"
#include "relay/base/parcel.h"
#include "relay/web/conn.h"
#include "relay/web/viewer_parcel.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 32 }; /* viewers, before others have their turn */

struct heritage {
    struct http_loop *loop;
    struct event readable;
    int fd;
    struct parcel parcel;
};

static void adopt(struct heritage *h)
{
    struct parcel *p = &h->parcel;
    struct viewer_parcel head;
    if (p->fd < 0)
        return;
    if (p->kind != VIEWER_PARCEL || p->len < sizeof head) {
        close(p->fd);
        return;
    }
    memcpy(&head, p->bytes, sizeof head);
    int rc = conn_adopt(h->loop, p->fd, &head.peer, p->bytes + sizeof head, p->len - sizeof head);
    if (rc)
        log_warn("http", "viewer_lost thread=%u reason=\"%s\"", h->loop->thread, strerror(-rc));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct heritage *h = arg;
    int rc = 1;
    (void)what;
    for (int i = 0; i < BATCH && rc == 1; i++) {
        rc = parcel_receive(fd, &h->parcel, 0);
        if (rc == 1)
            adopt(h);
    }
    if (rc == 0 || (rc < 0 && rc != -EAGAIN && rc != -EPROTO))
        event_del(&h->readable);
}

int heritage_new(struct heritage **out, struct http_loop *l, int fd)
{
    struct heritage *h = *out = malloc(sizeof *h);
    if (!h) {
        close(fd);
        return -ENOMEM;
    }
    h->loop = l;
    h->fd = fd;
    event_assign(&h->readable, l->base, fd, EV_READ | EV_PERSIST, on_readable, h);
    if (event_add(&h->readable, NULL) == 0)
        return 0;
    heritage_free(out);
    return -ENOMEM;
}

void heritage_free(struct heritage **hp)
{
    struct heritage *h = *hp;
    *hp = NULL;
    if (!h)
        return;
    event_del(&h->readable);
    close(h->fd);
    free(h);
}
