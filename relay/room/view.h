/* All that one room shows to viewers at one moment: immutable, shared by all HTTP threads. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on every body and blob in it. Thread: any; the count is atomic.
 * Life:   built by room.c, ref/unref. Fails: -ENOMEM.
 *
 * A viewer's path below /live/ROOM/ is looked up here: "index.m3u8", "video.m3u8",
 * "video/28123456.m4s", "video/init-5f3a9c01.mp4", "status.json", "picture.jpg"; a part's name is
 * its rendition's running number, "video/p225000123.m4s": the next one's is known whatever becomes
 * of its segment. "iframes.m3u8" is a rendition without files of its own.
 */
#ifndef RELAY_ROOM_VIEW_H
#define RELAY_ROOM_VIEW_H

#include "config/config.h"
#include "relay/room/audience.h"
#include "relay/room/blob.h"
#include "relay/room/body.h"
#include "relay/room/shelf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_PICTURE "picture.jpg"
enum { VIEW_PICTURE_AGE_S = 5 };

struct view_rendition {
    char name[32];           /* "video", "audio", "audio-2", "ts" */
    const char *media_type;  /* "video/mp4", "audio/mp4" or "video/mp2t"; static */
    struct body *playlist;   /* NAME.m3u8 */
    struct body *delta;      /* NAME.m3u8?_HLS_skip=YES; NULL: nothing to skip */
    struct body *delta_v2;   /* the same to _HLS_skip=v2; NULL: it is the same text */
    struct view_file *files; /* what this view alone has, sorted by name length, then name */
    size_t file_count;
    struct shelf *shelf;  /* the others; NULL: none */
    bool blocks;          /* CAN-BLOCK-RELOAD: may be waited for (not: ended, no low latency) */
    uint64_t open_msn;    /* every MSN below it is complete ... */
    uint32_t last_parts;  /* ... the newest of them with so many parts */
    uint32_t open_parts;  /* of open_msn */
    char hint[48];        /* EXT-X-PRELOAD-HINT: name of the part that comes next; "": none */
    uint32_t hint_offset; /* where in that file it begins: not 0 only for parts as byte ranges */
};

struct room_view {
    char room[ROOM_NAME_MAX + 1];
    struct body *multivariant; /* index.m3u8; NULL while there is nothing to play */
    struct body *status;       /* status.json, for pages: what the room is doing, in words */
    struct blob *picture;      /* picture.jpg; NULL: there is none */
    struct audience *audience; /* whom its viewers are counted by; NULL: nobody counts */
    struct view_rendition *renditions;
    size_t rendition_count;
    uint32_t target_duration_s, part_target_ms; /* 0: no low latency */
};

/* What a path leads to: exactly one of body and blob; they stay the view's. */
struct view_match {
    const struct body *body;
    struct blob *blob;
    uint32_t offset, bytes; /* of the blob */
    bool open;              /* it grows: answer ranges of what is here, and nothing whole */
    const char *type;       /* Content-Type */
    uint32_t max_age_s;
    const struct view_rendition *rendition; /* whose playlist, file or hint it is; else NULL */
};

/* For room.c, which fills the view in before anybody else sees it: an empty view with place for
 * `renditions`, and place for `files` in one of them. 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int room_view_new(struct room_view **out, const char *room,
                                                      size_t renditions);
__attribute__((warn_unused_result)) int view_rendition_reserve(struct view_rendition *r,
                                                               size_t files);
/* Puts the files into the order that room_view_find needs. */
void view_rendition_sort(struct view_rendition *r);

struct room_view *room_view_ref(const struct room_view *v);
void room_view_unref(struct room_view **v);
/* tail: the raw path after "/live/ROOM/", len bytes. 0 or -ENOENT. */
int room_view_find(const struct room_view *v, const char *tail, size_t len, struct view_match *out);

#endif
