/* A made-up low-latency room whose playlist says when it was published. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/moving_room.h"

#include "relay/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PARTS = 4, SEGMENTS = 7, TEXT_BYTES = 8192, PART_BYTES = 64 << 10, LISTED = 12 };

static int put_part(char *at, size_t room, uint64_t n)
{
    return snprintf(at, room, "#EXT-X-PART:DURATION=0.5,URI=\"video/p%" PRIu64 ".m4s\"%s\n", n,
                    n % PARTS == 0 ? ",INDEPENDENT=YES" : "");
}

static int write_playlist(struct body **out, uint64_t next)
{
    char text[TEXT_BYTES];
    uint64_t open = next / PARTS;
    int64_t wall_us = clock_wall_us();
    int n = snprintf(text, sizeof text,
                     "#EXTM3U\n" MOVING_ROOM_STAMP "%" PRId64 "\n#EXT-X-VERSION:9\n"
                     "#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,"
                     "PART-HOLD-BACK=1.5\n#EXT-X-PART-INF:PART-TARGET=0.5\n"
                     "#EXT-X-MEDIA-SEQUENCE:%" PRIu64 "\n#EXT-X-MAP:URI=\"video/init.mp4\"\n",
                     wall_us, open - SEGMENTS);
    for (uint64_t s = open - SEGMENTS; s <= open; s++) {
        for (uint64_t p = s * PARTS; p < (s + 1) * PARTS && p < next; p++)
            if (p + LISTED >= next)
                n += put_part(text + n, sizeof text - (size_t)n, p);
        if (s < open)
            n += snprintf(text + n, sizeof text - (size_t)n,
                          "#EXTINF:2.00000,\nvideo/%" PRIu64 ".m4s\n", s);
    }
    n += snprintf(text + n, sizeof text - (size_t)n,
                  "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"video/p%" PRIu64 ".m4s\"\n", next);
    return body_new(out, "application/vnd.apple.mpegurl", text, (size_t)n, true, 1, wall_us);
}

/* One file for all: what the bytes are does not matter here. */
static int open_file(struct blob **out)
{
    int fd = memfd_create("parts", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (ftruncate(fd, PART_BYTES) != 0) {
        close(fd);
        return -EIO;
    }
    return blob_new(out, fd, PART_BYTES, "\"parts\"");
}

int moving_room_view(struct room_view **out, const char *room, uint64_t next)
{
    struct blob *b = NULL;
    int rc = room_view_new(out, room, 1);
    if (rc == 0)
        rc = view_rendition_reserve(&(*out)->renditions[0], LISTED);
    if (rc == 0)
        rc = open_file(&b);
    if (rc)
        goto out;
    struct view_rendition *r = &(*out)->renditions[0];
    snprintf(r->name, sizeof r->name, "video");
    r->media_type = "video/mp4";
    for (uint64_t p = next - LISTED; p < next; p++) {
        struct view_file *f = &r->files[r->file_count++];
        *f = (struct view_file){.blob = blob_ref(b), .bytes = PART_BYTES, .max_age_s = 20};
        snprintf(f->name, sizeof f->name, "p%" PRIu64 ".m4s", p);
    }
    view_rendition_sort(r);
    r->blocks = true;
    r->open_msn = next / PARTS;
    r->open_parts = (uint32_t)(next % PARTS);
    r->last_parts = PARTS;
    snprintf(r->hint, sizeof r->hint, "p%" PRIu64 ".m4s", next);
    (*out)->target_duration_s = 2;
    (*out)->part_target_ms = MOVING_ROOM_PART_MS;
    rc = write_playlist(&r->playlist, next);
out:
    blob_unref(&b);
    if (rc)
        room_view_unref(out);
    return rc;
}
