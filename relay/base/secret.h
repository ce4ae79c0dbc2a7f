/* Comparing what must not be guessed. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: a pure function. Fails: never. */
#ifndef RELAY_BASE_SECRET_H
#define RELAY_BASE_SECRET_H

#include <stdbool.h>

/* Takes the same time wherever two secrets differ; their lengths are no secret. */
bool secret_is_same(const char *a, const char *b);

#endif
