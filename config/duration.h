/* Durations as people write them: "90", "90s", "15m", "2h". */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: a pure function. Fails: -EINVAL. */
#ifndef CONFIG_DURATION_H
#define CONFIG_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* Whole seconds, or whole minutes or hours with their letter; at most 999,999,999 s. */
__attribute__((warn_unused_result)) int duration_parse(const char *text, size_t len,
                                                       uint32_t *out_s);

#endif
