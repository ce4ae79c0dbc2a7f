/* Giving a viewer's connection to the process that follows this one. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/parcel.h"
#include "relay/base/text.h"
#include "relay/web/conn_state.h"
#include "relay/web/viewer_parcel.h"

#include <string.h>

static void put_field(struct text *t, const char *name, struct slice value)
{
    if (!value.at)
        return;
    text_puts(t, name);
    text_add(t, value.at, value.len);
    text_puts(t, "\r\n");
}

/* The request that waits, as the viewer could have sent it: it is handled there from the start. */
static void put_held(struct text *t, const struct conn *c)
{
    static const char *const methods[HTTP_METHODS] = {"GET",  "HEAD", "OPTIONS",
                                                      "POST", "PUT",  "DELETE"};
    const struct held *h = c->at.held;
    text_puts(t, methods[h->method]);
    text_puts(t, " ");
    text_add(t, h->path.at, h->path.len);
    if (h->query.at) {
        text_puts(t, "?");
        text_add(t, h->query.at, h->query.len);
    }
    text_puts(t, c->http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    text_puts(t, "Host: relay\r\n");
    text_puts(t, c->last ? "Connection: close\r\n" : c->http10 ? "Connection: keep-alive\r\n" : "");
    text_puts(t, h->gzip ? "Accept-Encoding: gzip\r\n" : "");
    put_field(t, "If-None-Match: ", h->if_none_match);
    put_field(t, "If-Range: ", h->if_range);
    put_field(t, "Range: ", h->range);
    text_puts(t, "\r\n");
}

/* What the other process is to read before it reads the socket. False: it could not go on. */
static bool put_input(struct text *t, const struct conn *c)
{
    const struct input *in = c->in;
    switch ((enum conn_phase)c->phase) {
    case CONN_IDLE:
    case CONN_HEAD:
        if (in)
            text_add(t, in->bytes + in->start, in->len - in->start);
        return true;
    case CONN_HELD:
        if (!c->at.held->waits)
            return false;
        put_held(t, c);
        if (in && in->next < in->len)
            text_add(t, in->bytes + in->next, in->len - in->next);
        return true;
    default:
        return false;
    }
}

bool conn_hand_on(struct conn *c)
{
    struct text t = {0};
    const struct viewer_parcel head = {.peer = c->peer};
    text_add(&t, &head, sizeof head);
    /* a TLS session's keys stay where they are: its viewer comes back with a ticket */
    bool can = c->counted && !c->secure && put_input(&t, c) && !text_failed(&t) &&
               parcel_send(c->at.loop->heir, VIEWER_PARCEL, t.data, t.len, event_get_fd(&c->ev),
                           VIEWER_PARCEL_MS) == 0;
    text_fini(&t);
    return can;
}
