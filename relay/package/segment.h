/* A segment being written: a memfd that grows by appends and is then sealed for its readers. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its descriptor until segment_finish gives it away.
 * Thread: the worker's loop. Life: segment_new; ends in segment_finish or segment_free.
 * Fails:  -errno of memfd_create or write; a failed segment stays failed.
 */
#ifndef RELAY_PACKAGE_SEGMENT_H
#define RELAY_PACKAGE_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

struct segment;

__attribute__((warn_unused_result)) int segment_new(struct segment **out, const char *name);
int segment_append(struct segment *s, const void *bytes, size_t len);
size_t segment_bytes(const struct segment *s);
/* Another descriptor of the same file, for readers of what is already written. Or -errno. */
__attribute__((warn_unused_result)) int segment_share(const struct segment *s);
/* Seals it against change (so that no reader can be truncated under sendfile or mmap), gives its
 * descriptor to the caller and frees the rest. The descriptor, or -errno. */
__attribute__((warn_unused_result)) int segment_finish(struct segment **s);
void segment_free(struct segment **s);

#endif
