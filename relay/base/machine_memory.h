/* How much memory this process may count on: the machine's, or what its cgroups leave of it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a descriptor for each limit above it, opened once, because a sandboxed process can open
 *         none. Thread: the one that opened it. Life: the process's.
 * Fails:  what cannot be read limits nothing; 0 bytes: nothing at all is known.
 */
#ifndef RELAY_BASE_MACHINE_MEMORY_H
#define RELAY_BASE_MACHINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_MEMORY_PATH = 512 };

/* Before the sandbox. */
void machine_memory_open(void);
/* The smaller of RAM and all limits as they are now. */
uint64_t machine_memory_bytes(void);

/* Where a hierarchy of cgroups that limits memory is mounted, from a line of
 * /proc/self/mountinfo. False: this one is none. */
struct machine_memory_mount {
    char point[MACHINE_MEMORY_PATH], root[MACHINE_MEMORY_PATH];
    bool unified; /* version 2 */
};
bool machine_memory_mount(const char *line, struct machine_memory_mount *out);
/* The process's folder in it, from a line of /proc/self/cgroup; false: of another hierarchy. */
bool machine_memory_group(const char *line, const struct machine_memory_mount *m,
                          char out[static MACHINE_MEMORY_PATH]);
/* What memory.max, memory.high or memory.limit_in_bytes says; UINT64_MAX: no limit. */
uint64_t machine_memory_limit(const char *text);

#endif
