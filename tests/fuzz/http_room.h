/* The room that viewers ask for at one of its moments. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_HTTP_ROOM_H
#define TESTS_FUZZ_HTTP_ROOM_H

#include "relay/base/seals.h"
#include "relay/room/view.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SMALL = 300, BIG = 400000 };

static inline void check(int ok)
{
    if (!ok)
        abort();
}

static inline struct blob *blob_of(uint32_t bytes)
{
    struct blob *b = NULL;
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    check(fd >= 0 && ftruncate(fd, bytes) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0 &&
          blob_new(&b, fd, bytes, "\"b\"") == 0);
    return b;
}

/* A room with files 1 and 2 and a part, room for `files` in all, and its text (SMALL bytes). What
 * is hinted and the sorting are the caller's. At the last of its moments it ends. */
static inline struct room_view *room_at(unsigned moment, bool last, const char *text,
                                        uint32_t files)
{
    static struct blob *small, *big;
    struct room_view *v;
    if (!small) {
        small = blob_of(SMALL);
        big = blob_of(BIG);
    }
    check(room_view_new(&v, "a", 1) == 0 && view_rendition_reserve(&v->renditions[0], files) == 0);
    check(body_new(&v->multivariant, "m3u8", text, SMALL, true, 1, 1) == 0);
    struct view_rendition *r = &v->renditions[0];
    *r = (struct view_rendition){.name = "v", .media_type = "video/mp4", .files = r->files};
    r->playlist = body_ref(v->multivariant);
    r->files[0] = (struct view_file){.name = "1", .blob = blob_ref(small), .bytes = SMALL};
    r->files[1] = (struct view_file){.name = "2", .blob = blob_ref(big), .bytes = BIG};
    r->files[2] = (struct view_file){.blob = blob_ref(big), .offset = 7 * moment, .bytes = 99};
    snprintf(r->files[2].name, sizeof r->files[2].name, "p%u", 10 + moment);
    r->file_count = 3;
    v->target_duration_s = 1;
    r->blocks = !last;
    return v;
}

#endif
