/* A connection that speaks HTTP/2: reads for it, sends its frames, ends with it. For conn*.c only.
 */
/* SPDX-License-Identifier: MIT */
/* Owns: c->h2. Thread: the connection's. Life: CONN_H2. Fails: the connection ends. */
#ifndef RELAY_WEB_CONN_H2_H
#define RELAY_WEB_CONN_H2_H

#include "relay/web/conn_state.h"

/* What the deadline of one that speaks HTTP/2 is about. */
enum conn_watch {
    CONN_WATCH_FRESH, /* no stream yet */
    CONN_WATCH_NONE,  /* streams are under way, which have their own */
    CONN_WATCH_SEND,  /* a batch of frames has to leave */
    CONN_WATCH_NEW,   /* ... and has; the next one has a deadline of its own */
    CONN_WATCH_IDLE,
    CONN_WATCH_LEAVE, /* goodbye was said, and is not answered yet */
};

/* Does in begin as HTTP/2 does in clear text? 0, -EAGAIN: so far, -EPROTO: no. */
int conn_preface(const struct input *in);
/* CONN_IDLE, CONN_HEAD: HTTP/2 begins, with what is in c->in or in the socket. */
enum step conn_begin_h2(struct conn *c);
/* CONN_H2: goes on with it. */
enum step conn_step_h2(struct conn *c);
/* CONN_H2, at the deadline: false if it is to be cut, else it has to be run. */
bool conn_expire_h2(struct conn *c);
#endif
