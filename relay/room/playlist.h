/* The text of a media playlist. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: draft-pantos-hls-rfc8216bis (RFC 8216); the rule numbers are those of conformance.md.
 * Owns: nothing. Thread: any. Life: pure functions. Fails: never; a failed text says so itself.
 */
#ifndef RELAY_ROOM_PLAYLIST_H
#define RELAY_ROOM_PLAYLIST_H

#include "relay/base/text.h"
#include "relay/room/blob.h"
#include "relay/room/window.h"

#include <stdbool.h>
#include <stdint.h>

#define PLAYLIST_TYPE "application/vnd.apple.mpegurl"

/* URIs are relative to /live/ROOM/: "video/28123456.m4s", "video/init-5f3a9c01.mp4". ended puts
 * EXT-X-ENDLIST in. */
void playlist_render(struct text *t, const struct window *w, const char *rendition,
                     uint32_t target_duration_s, bool ended);
/* The names of the files below the rendition. An init segment's name comes from its ETag, which is
 * a digest of its bytes: the URI never changes what it leads to (rule 17). */
void playlist_segment_name(uint64_t msn, char out[static 48]);
void playlist_init_name(const struct blob *init, char out[static 48]);
/* True when every listed segment starts with an IDR; gaps have nothing to start with. */
bool playlist_is_independent(const struct window *w);

#endif
