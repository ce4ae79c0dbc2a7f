/* The system calls that a child may still make. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the main thread; the filter holds for all. Life: for ever. Fails: -errno.
 */
#ifndef RELAY_BASE_SANDBOX_FILTER_H
#define RELAY_BASE_SANDBOX_FILTER_H

#include "relay/base/sandbox.h"

/* Loads the filter; *calls: how many calls it lets through. */
__attribute__((warn_unused_result)) int sandbox_filter_load(enum sandbox_kind kind, size_t *calls);
/* Built under a sanitizer, which needs more calls than we do? */
bool sandbox_filter_is_wide(void);

#endif
