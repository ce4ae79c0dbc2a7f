/* The table as a libcyaml schema: YAML in, struct config out. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the struct it makes, until the caller takes it; everything in it is malloc's.
 * Thread: any; the schema is built per call. Life: one load.
 * Fails:  -EINVAL after reporting one fault (libcyaml stops at the first), -ENOMEM.
 *
 * libcyaml leaves absent keys zero; the caller fills in the defaults.
 */
#ifndef CONFIG_SHAPE_H
#define CONFIG_SHAPE_H

#include "config/config.h"
#include "config/fault.h"

#include <stddef.h>

__attribute__((warn_unused_result)) int shape_load(struct config **out, const char *yaml,
                                                   size_t len, struct faults *f);

#endif
