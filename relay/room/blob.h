/* A ref-counted file descriptor with its size: a segment or an init segment, never its bytes. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the descriptor; the last unref closes it and the kernel frees the pages.
 * Thread: any; the count is atomic. Life: blob_new takes fd (also on error: then it is closed).
 */
#ifndef RELAY_ROOM_BLOB_H
#define RELAY_ROOM_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel has 65,530 mappings for a process (vm.max_map_count); malloc needs some. */
enum {
    BLOB_VIEWS_MAX = 16384,
    BLOB_VIEW_OPEN = 64 << 20, /* addresses set aside for a file that still grows */
};

struct blob {
    int fd;
    uint32_t bytes;
    char etag[24]; /* strong and quoted; unique for the blob's content in this festival */
};

__attribute__((warn_unused_result)) int blob_new(struct blob **out, int fd, uint32_t bytes,
                                                 const char *etag);
struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob **b);
/* So many of its bytes in this process' memory, for who has to read them (TLS); it is mapped once,
 * at the first call, from any thread, until the last unref. NULL: read the descriptor instead, for
 * the file is shorter or could become so, or too large, or BLOB_VIEWS_MAX are mapped. */
const uint8_t *blob_view(struct blob *b, uint64_t from, uint64_t len);
/* The same content, by their ETags? NULL is only like NULL. */
bool blob_is_same(const struct blob *a, const struct blob *b);
/* Blobs and bytes alive in this process, for /metrics and for tests that end at zero. */
uint64_t blob_count(void);
uint64_t blob_bytes(void);

#endif
