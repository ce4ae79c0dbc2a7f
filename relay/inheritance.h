/* What one program leaves to the next across exec: descriptors and process ids, as lines of text.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the descriptors are the caller's. Thread: the supervisor's, or the start of a
 *         process. Fails: -errno; what cannot be read whole is nothing.
 *
 * The text is in a memfd whose number stands in the environment (ROOMCAST_INHERITS). It is text,
 * one key a line, because the two programs may be of different versions: unknown keys are passed
 * over.
 */
#ifndef RELAY_INHERITANCE_H
#define RELAY_INHERITANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { INHERITANCE_SOCKETS = 64 };

enum inheritance_role { INHERITANCE_NONE, INHERITANCE_FRONT, INHERITANCE_SUPERVISOR };

struct inheritance {
    enum inheritance_role role;
    uint32_t threads, workers, srt_port, http_port, https_port;
    int http[INHERITANCE_SOCKETS], srt[INHERITANCE_SOCKETS];
    int https[INHERITANCE_SOCKETS];   /* -1: there is no HTTPS */
    int certificate, tickets;         /* its pair and its tickets' keys */
    int journal_memory, journal_disk; /* -1: none */
    int control;                      /* front: to the supervisor; supervisor: to the front */
    int handover, report; /* front: its predecessor's end, and where it says how far it is */
    int config;           /* supervisor: the configuration that holds, as YAML */
    int front_pulse;      /* the front's page (base/pulse.h); front: its own */
    pid_t store;          /* supervisor: of the store's process */
    int store_pulse, store_control, store_format;
    int questions_front, questions_store, rooms; /* rooms: the newest list; -1: none */
    int store_path;                              /* a memfd: the database's name */
    int hook_ring, hook_seats;                   /* of the web hooks; -1: none */
    pid_t front, leaving; /* supervisor: leaving: 0, or a front that ends its last replies */
    pid_t worker[INHERITANCE_SOCKETS]; /* 0: is not running */
    int link[INHERITANCE_SOCKETS];     /* the front's end of a worker's link; -1: none */
    int pulse[INHERITANCE_SOCKETS];    /* the workers' pages */
    uint32_t generation[INHERITANCE_SOCKETS];
};

/* All descriptors -1. */
void inheritance_init(struct inheritance *i);
/* Text in a memfd, and into the environment. The descriptor, or -errno. */
__attribute__((warn_unused_result)) int inheritance_leave(const struct inheritance *i);
/* Whether its descriptors outlive an exec. */
void inheritance_keep(const struct inheritance *i, bool keep);
/* 0 with role NONE when nothing was left to this process. The environment is cleared, and the
 * descriptors do not outlive the next exec. */
__attribute__((warn_unused_result)) int inheritance_take(struct inheritance *out);

#endif
