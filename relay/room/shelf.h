/* The files of a rendition that do not change from view to view: immutable, sorted, shared. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on each blob in it. Thread: any; the count is atomic.
 * Life:   filled in by its maker before anybody else sees it, ref/unref. Fails: -ENOMEM.
 */
#ifndef RELAY_ROOM_SHELF_H
#define RELAY_ROOM_SHELF_H

#include "relay/room/blob.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view_file {
    char name[48]; /* below the rendition: "28123456.m4s" */
    struct blob *blob;
    uint32_t offset, bytes; /* which bytes of the blob: a part is a slice of its segment's file */
    uint32_t max_age_s;
    bool open; /* it grows: these are its bytes so far (parts as byte ranges) */
};

struct shelf {
    struct view_file *files; /* sorted: shelf_sort */
    size_t count, size;
};

/* With place for so many files. */
__attribute__((warn_unused_result)) int shelf_new(struct shelf **out, size_t size);
struct shelf *shelf_ref(struct shelf *s);
void shelf_unref(struct shelf **s);
/* The next free file, with a reference on b, which is whole; the caller fills in its name. */
struct view_file *shelf_add(struct shelf *s, struct blob *b, uint32_t max_age_s);

/* The order that files_find needs: by the name's length, then the name. */
void files_sort(struct view_file *files, size_t count);
const struct view_file *files_find(const struct view_file *files, size_t count, const char *name,
                                   size_t len);

#endif
