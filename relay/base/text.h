/* A growing byte string for rendered text: playlists, JSON, metrics. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its bytes. Thread: one at a time. Life: text_init/text_fini.
 * Fails:  sticky: after a failed allocation every add is a no-op and text_failed() is true.
 */
#ifndef RELAY_BASE_TEXT_H
#define RELAY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data;  /* NUL-terminated when len > 0 */
    size_t len;  /* without the NUL */
    size_t size; /* allocated */
    bool failed;
};

void text_init(struct text *t);
void text_fini(struct text *t);
void text_clear(struct text *t);
bool text_failed(const struct text *t);
void text_add(struct text *t, const void *bytes, size_t len);
void text_puts(struct text *t, const char *s);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD, and "<" is escaped so
 * that the string may stand in a script element. */
void text_json(struct text *t, const char *s);

#endif
