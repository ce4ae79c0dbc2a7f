/* Viewers that come from the process before this one, each with its place in the conversation. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its end of the socket, on which all threads' heritages take turns. Thread: its loop's.
 * Life:   heritage_new/_free; it is quiet once the other process is gone. Fails: -ENOMEM; a viewer
 *         that cannot be taken is closed.
 */
#ifndef RELAY_WEB_HERITAGE_H
#define RELAY_WEB_HERITAGE_H

#include "relay/web/http_loop.h"

struct heritage;

/* Takes fd, a seqpacket socket; also on error. */
__attribute__((warn_unused_result)) int heritage_new(struct heritage **out, struct http_loop *l,
                                                     int fd);
void heritage_free(struct heritage **h);

#endif
