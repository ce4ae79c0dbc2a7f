/* One value of the table: is it allowed, store it, show it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; `base` is the struct config or struct config_room the key is a member of, and
 *         its strings are malloc's. Thread: one per struct. Life: value_store .. value_release.
 * Fails:  value_check: -EINVAL; value_store: -ENOMEM.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { VALUE_WORDS_SIZE = 160 };

/* What --check shows in place of a secret; refused as a secret, so that its output can never
 * become a configuration whose keys everybody knows. */
#define VALUE_HIDDEN "(set)"

__attribute__((warn_unused_result)) int value_check(const struct key *k, const char *text,
                                                    size_t len);
/* "a whole number of milliseconds from 1 to 50" */
void value_expected(const struct key *k, char out[static VALUE_WORDS_SIZE]);
/* Text that value_check let pass. */
__attribute__((warn_unused_result)) int value_store(const struct key *k, void *base,
                                                    const char *text);
bool value_is_absent(const struct key *k, const void *base);
/* As YAML, on one line. */
void value_print(const struct key *k, const void *base, bool with_secrets, FILE *out);
/* A string as a YAML scalar in double quotes. */
void value_print_quoted(const char *s, FILE *out);
void value_release(const struct key *k, void *base);
/* Is its value never to be shown? */
bool value_is_secret(const struct key *k);

#endif
