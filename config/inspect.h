/* Judging the files that a configuration names, by whoever knows what is in them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: one at a time; set before the first load. Life: the program's.
 * Fails:  a file that is no good is a fault where its name stands. Without an inspector (in the
 *         processes that may not open files) every name passes.
 */
#ifndef CONFIG_INSPECT_H
#define CONFIG_INSPECT_H

#include "config/fault.h"
#include "config/keys.h"

#include <stdbool.h>
#include <stddef.h>

enum { INSPECT_WHY_SIZE = 400 };

/* 0, or why says what was expected, what was found and what to do. */
typedef int config_inspector(void *ctx, const char *path, char *why, size_t size);

/* The same for a certificate and its key; *in_key: what is wrong is wrong in the key's file. */
typedef int config_pair_inspector(void *ctx, const char *certificate, const char *key, bool *in_key,
                                  char *why, size_t size);

void inspect_by(config_inspector *fn, config_pair_inspector *pair, void *ctx);
/* Asks the pair's inspector; 0 without one. */
__attribute__((warn_unused_result)) int inspect_pair(const char *certificate, const char *key,
                                                     bool *in_key, char *why, size_t size);
/* Can it be read? True without an inspector. */
bool inspect_may_read(const char *path);
/* Reports what is wrong with the file that key k names, if it names one. */
void inspect_file(struct faults *f, struct place at, const char *path, const struct key *k,
                  const char *name);

#endif
