/* One line per event on stderr, or wherever the front end was told to send them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   one process-wide level and a small table of rate limits.
 * Thread: any; a line is one write(2), so lines never interleave. Never call it under a lock.
 * Life:   works from the first instruction; log_setup() is optional.
 * Fails:  never; a line that cannot be written is counted and lost.
 *
 * Form: `2026-11-22T21:18:03.123Z INFO room/stage event key=value ...`. The context comes first
 * ("supervisor", "worker/0", "room/NAME", "http"), then one event word, then key=value pairs.
 * Keys, passphrases and tokens are never logged. Text from outside goes through log_safe().
 */
#ifndef RELAY_BASE_LOG_H
#define RELAY_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Lines below `level` are not written. */
void log_setup(enum log_level level);
/* "debug", "info", "warn", "error"; -EINVAL for anything else. */
int log_level_parse(const char *word, enum log_level *level);

/* At most 10 lines a second per (context, event word); the next line after a pause says how many
 * were suppressed. The event word is the format up to its first space. */
void log_write(enum log_level level, const char *ctx, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(ctx, ...) log_write(LOG_LEVEL_DEBUG, ctx, __VA_ARGS__)
#define log_info(ctx, ...)  log_write(LOG_LEVEL_INFO, ctx, __VA_ARGS__)
#define log_warn(ctx, ...)  log_write(LOG_LEVEL_WARN, ctx, __VA_ARGS__)
#define log_error(ctx, ...) log_write(LOG_LEVEL_ERROR, ctx, __VA_ARGS__)

/* Copies at most `size - 1` bytes of outside text into out, printable ASCII only (others as \xHH),
 * cut with "..." when too long. Returns out. */
const char *log_safe(const char *in, size_t len, char *out, size_t size);
/* Lines suppressed or lost since start. */
uint64_t log_dropped(void);

#endif
