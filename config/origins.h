/* Who may show a page in a frame, as people write it: "any", "self", "https://a.example". */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: a pure function. Fails: false. */
#ifndef CONFIG_ORIGINS_H
#define CONFIG_ORIGINS_H

#include <stdbool.h>

enum { EMBED_FROM_MAX = 480 }; /* bytes; it has to fit into an answer's head */

/* "any" (everybody), "self" (nobody else), or sources of Content Security Policy Level 3 section
 * 2.3.1 with a blank between them: http:// or https://, HOST, [:PORT]; HOST may begin with "*.".
 * What is valid can stand in a header as it is. */
bool origins_are_valid(const char *text);

#endif
