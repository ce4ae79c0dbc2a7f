/* "Did you mean": the known key that is nearest to what somebody wrote. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: none. Fails: NULL or "" when nothing is near. */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include "config/keys.h"
#include "config/lists.h"

/* Of a full path ("srt.tik_ms", or a bare "tick_ms"): the full path of a key or section. */
void nearest_key(const char *path, char out[static KEY_PATH_SIZE]);
/* Of a word inside an entry of a list. */
const char *nearest_list_key(const struct key_list *l, const char *name);

#endif
