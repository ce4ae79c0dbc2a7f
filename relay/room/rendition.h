/* One rendition of a room: what one media playlist carries, over all sessions of the room. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its window, its playlists and its shelf. Thread: control. Life: rendition_new/_free.
 * Fails:  -ENOMEM. Open only to its siblings in room/, which read it in place.
 */
#ifndef RELAY_ROOM_RENDITION_H
#define RELAY_ROOM_RENDITION_H

#include "codecs/codec.h"
#include "relay/link/message.h"
#include "relay/room/bandwidth.h"
#include "relay/room/sheet.h"
#include "relay/room/shelf.h"
#include "relay/room/window.h"

#include <stdbool.h>
#include <stdint.h>

struct rendition {
    char name[32];        /* "video", "audio", "audio-2", "ts": part of its URLs */
    enum codec_kind kind; /* MUXED: a transport stream, beside the presentation */
    uint32_t rank;        /* among its kind, from 1 */
    char language[LINK_LANGUAGE];
    struct track_params params; /* of its newest segment that has media */
    struct window window;
    uint64_t media_sequence; /* discontinuity sequence of its newest segment that has media */
    uint64_t next_part;      /* number of the part that comes next */
    struct bandwidth bandwidth, iframe_bandwidth;
    uint32_t fps_milli;          /* FRAME-RATE x 1000; 0: not known */
    bool announced;              /* the present session has such a track ... */
    bool delivered;              /* ... and has listed a segment of it */
    bool joins;                  /* it stands beside the main feed's (role.h) ... */
    bool joined;                 /* ... and may be seen ... */
    bool silent;                 /* ... though nothing comes of it now */
    struct sheet media, iframes; /* its playlist, and that of its I-frames */
    struct shelf *shelf;         /* what can be had of whole segments ... */
    uint64_t shelf_revision;     /* ... as of this window.shelved */
};

/* May viewers be told of it at all? */
bool rendition_is_public(const struct rendition *r);
int rendition_new(struct rendition **out, enum codec_kind kind, uint32_t rank);
void rendition_free(struct rendition **r);
/* Bandwidth and frame rate after the window changed; both move as rarely as they can. */
void rendition_measure(struct rendition *r, uint32_t target_duration_s);

#endif
