/* Listening sockets that a service manager has opened for us (socket activation). */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the descriptors until activation_sort has given them out. Thread: the supervisor's.
 * Life:   activation_take once, before any other descriptor is opened; activation_sort.
 * Fails:  -errno after one sentence in the log for each socket that is not understood: then the
 *         relay does not start, because somebody would wait for an answer on it for ever.
 * Source: sd_listen_fds(3).
 */
#ifndef RELAY_ACTIVATION_H
#define RELAY_ACTIVATION_H

#include <stddef.h>

enum activation_kind { ACTIVATION_SRT, ACTIVATION_HTTP, ACTIVATION_HTTPS, ACTIVATION_KINDS };
enum { ACTIVATION_MOST = 64, ACTIVATION_NAME = 24 };

struct activation {
    size_t count;
    struct {
        int fd;
        char name[ACTIVATION_NAME]; /* FileDescriptorName= */
    } passed[ACTIVATION_MOST];
};

/* Sockets for one address. */
struct activation_group {
    size_t count;
    int fd[ACTIVATION_MOST];
};

/* LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES, which are taken out of the environment; what is meant
 * for another process is left alone. */
__attribute__((warn_unused_result)) int activation_take(struct activation *a);
/* listen: what is configured, by kind; "" where it is off. A socket belongs to the kind whose name
 * it has (srt, http, https), any other name to the one whose address it is bound to. */
__attribute__((warn_unused_result)) int
activation_sort(struct activation *a, const char *const listen[ACTIVATION_KINDS],
                struct activation_group out[ACTIVATION_KINDS]);

#endif
