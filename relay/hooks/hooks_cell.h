/* What the web hooks' process may still open and reach once it talks to strangers. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the process's only one then. Life: from the call to the process's end.
 * Fails: as base/sandbox.h says.
 *
 * The resolver's files and the roots of TLS, to read; TCP to the ports of the hooks and of DNS.
 */
#ifndef RELAY_HOOKS_HOOKS_CELL_H
#define RELAY_HOOKS_HOOKS_CELL_H

#include "config/hook_list.h"

#include <stdbool.h>

struct hooks_cell {
    const char *ca;      /* "": the system's */
    uint32_t could_read; /* which of its files, a bit each */
};

void hooks_cell_enter(struct hooks_cell *c, bool sandbox, const char *ca,
                      const struct hook_target *targets, int count);
/* One of its files was replaced by another of that name, which may not be read from inside: only a
 * new process can. */
bool hooks_cell_is_stale(const struct hooks_cell *c);

#endif
