/* What a page of control/ is rendered from: the front's state at one moment, and who asks. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: one desk_drain. Fails: never.
 */
#ifndef RELAY_CONTROL_SOURCE_H
#define RELAY_CONTROL_SOURCE_H

#include "config/config.h"
#include "relay/base/self_stat.h"
#include "relay/room/rooms.h"
#include "relay/web/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bearers;
struct events;
struct hook_watch;
struct writes;
struct asks;

struct source {
    struct rooms *rooms;
    const struct server_stats *web;
    const struct self_stat *self; /* the front's own; NULL: not known */
    const struct config *config;
    struct bearers *bearers;
    struct events *events;
    struct writes *writes;    /* NULL: nothing can be written */
    struct hook_watch *hooks; /* NULL: nothing can be told */
    struct asks *asks;        /* NULL: nothing is kept that could be read */
    bool left;                /* to another process: nothing that is done here would hold */
    int64_t now_us, wall_us;
};

/* A request as far as the control thread needs it. */
struct asked {
    enum http_method method; /* HEAD is GET by now */
    const char *path;        /* raw, without query */
    const char *query;       /* what follows '?', raw, cut after QUERY_MAX bytes; "": none */
    const char *bearer;      /* RFC 6750's token; NULL: none was given */
    const char *peer;        /* the asker's address */
    const char *host;        /* as it calls this machine, with a port; NULL: it did not say */
    bool local;              /* on this machine, and for itself: see asker.h */
    const char *body;        /* NUL-terminated; "": none */
    size_t body_len;
    bool body_too_long; /* to be kept: body is "" then */
};

#define RETRY_SOON "Retry-After: 1\r\n"

/* What stands above an answer; static storage. */
struct page_head {
    const char *type;
    const char *extra; /* further lines; NULL: none */
    uint64_t pending;  /* with status 0: the write or ask that the answer waits for */
    uint32_t audience; /* of EVENTS_TYPE: who listens with it (events.h) */
};

#endif
