/* A room with a playlist, an init segment and a segment whose bytes are known. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_MADE_UP_ROOM_H
#define TESTS_UNIT_RELAY_WEB_MADE_UP_ROOM_H

#include "relay/base/seals.h"
#include "relay/room/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEGMENT_BYTES = 3000000, INIT_BYTES = 700 };

static inline unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 2654435761u >> 13);
}

/* One that could become shorter still. */
static inline struct blob *fixture_open_blob(size_t bytes, const char *etag)
{
    struct blob *b;
    int fd = memfd_create("segment", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char *data = malloc(bytes);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (char)byte_at(i);
    assert_int_equal(write(fd, data, bytes), bytes);
    free(data);
    assert_int_equal(blob_new(&b, fd, (uint32_t)bytes, etag), 0);
    return b;
}

/* Sealed, as workers' are. */
static inline struct blob *fixture_blob(size_t bytes, const char *etag)
{
    struct blob *b = fixture_open_blob(bytes, etag);
    assert_int_equal(fcntl(b->fd, F_ADD_SEALS, SEALS), 0);
    return b;
}

/* A room with index.m3u8 (gzip twin), video/init-0.mp4 and video/1.m4s. */
static inline struct room_view *fixture_view(const char *room)
{
    struct room_view *v;
    char text[2000];
    memset(text, 'p', sizeof text);
    assert_int_equal(room_view_new(&v, room, 1), 0);
    struct view_rendition *r = &v->renditions[0];
    snprintf(r->name, sizeof r->name, "video");
    r->media_type = "video/mp4";
    assert_int_equal(view_rendition_reserve(r, 2), 0);
    r->files[0] = (struct view_file){.name = "1.m4s", .bytes = SEGMENT_BYTES, .max_age_s = 60};
    r->files[0].blob = fixture_blob(SEGMENT_BYTES, "\"seg\"");
    r->files[1] = (struct view_file){.name = "init-0.mp4", .bytes = INIT_BYTES, .max_age_s = 60};
    r->files[1].blob = fixture_blob(INIT_BYTES, "\"init\"");
    r->file_count = 2;
    view_rendition_sort(r);
    assert_int_equal(body_new(&v->multivariant, "application/vnd.apple.mpegurl", text, sizeof text,
                              true, 2, 1795382283000000),
                     0);
    return v;
}

#endif
