/* The walk over the file's tree: every word against the table, and where each key stands. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   struct places is the caller's. Thread: one at a time. Life: one load.
 * Fails:  faults are reported; -ENOMEM.
 *
 * Words only: known keys, given once, with allowed values. The shape (a list where a number should
 * be) is libcyaml's to judge, in shape.c. The walk exists because libcyaml stops at the first
 * fault, gives a wrong line for unknown keys, takes any unknown word for true and 010 for 8, and
 * cannot tell a key that is absent from one that is 0.
 */
#ifndef CONFIG_SURVEY_H
#define CONFIG_SURVEY_H

#include "config/fault.h"
#include "config/keys.h"
#include "config/lists.h"

#include <stdbool.h>
#include <yaml.h>

/* got, the one that is its beginning, and whose that is */
#define SURVEY_APART                                                                               \
    "expected a beginning that no other one begins with, got \"%s\"; \"%s\" of \"%s\""

struct places {
    struct place key[CONFIG_KEYS]; /* all zero: the key is absent */
    struct place list[CONFIG_LISTS];
    bool holds_secrets;
};

__attribute__((warn_unused_result)) int survey(yaml_document_t *doc, struct places *out,
                                               struct faults *f);
/* Reports that `text` is not what key k accepts; path is how the user knows it. */
void survey_refuse(struct faults *f, struct place at, const char *path, const struct key *k,
                   const char *text, size_t len);
/* Reports a key nobody knows. nearest: "" or NULL when there is none. */
void survey_unknown(struct faults *f, struct place at, const char *path, const char *word,
                    const char *nearest);

#endif
