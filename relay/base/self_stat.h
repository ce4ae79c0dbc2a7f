/* What this process takes of the machine: memory, threads, descriptors. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   two descriptors, opened once, because a sandboxed process can open none.
 * Thread: the one that opened it. Life: the process's; after a fork it is opened anew.
 * Fails:  what cannot be read is 0.
 */
#ifndef RELAY_BASE_SELF_STAT_H
#define RELAY_BASE_SELF_STAT_H

#include <stdint.h>

struct self_stat {
    uint64_t pid, rss_bytes, threads, fds;
};

/* Before the sandbox. */
void self_stat_open(void);
void self_stat_read(struct self_stat *out);

#endif
