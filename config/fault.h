/* What is wrong with a configuration: one line per fault, where it stands and what to do. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: one at a time. Life: a struct on the loader's stack.
 * Fails:  never; past FAULTS_SHOWN faults are counted and no longer written.
 */
#ifndef CONFIG_FAULT_H
#define CONFIG_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { FAULTS_SHOWN = 20, FAULT_VALUE_SIZE = 80 };

/* Where something was said: on a line of the file, in a --set, or nowhere (all zero). */
struct place {
    unsigned line;
    const char *set; /* the override's text, or what of it may be shown */
};

struct faults {
    FILE *out;
    const char *file;
    unsigned count;
};

/* "FILE:LINE: PATH: ..." or "--set SET: ..." */
void fault_report(struct faults *f, struct place at, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* No more are shown: whoever walks a large file may stop. */
bool faults_full(const struct faults *f);
/* A value as it may stand in a message: `"abc"`, cut, with everything odd as \xHH; "nothing". */
const char *fault_value(const char *text, size_t len, char out[static FAULT_VALUE_SIZE]);

#endif
