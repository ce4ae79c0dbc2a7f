/* What a multivariant playlist says of closed captions. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: draft-pantos-hls-rfc8216bis 4.4.6.1 (TYPE=CLOSED-CAPTIONS), 4.4.6.2 (CLOSED-CAPTIONS);
 * rules 4, 57, 63, 64 of conformance.md.
 * Owns: nothing. Thread: control. Life: pure functions. Fails: never; a failed text says so itself.
 *
 * When: what the room's pictures carry was looked for from the first one on, so the first playlist
 * is right for an encoder that captions from the start. CLOSED-CAPTIONS=NONE holds while there is
 * no caption data at all. With data but no caption yet (encoders pad from the start) nothing is
 * said, and players look for themselves. A channel or service, once seen, is declared for the
 * room's life; captions that begin late reach viewers who load the playlist after that.
 */
#ifndef RELAY_ROOM_CAPTION_GROUP_H
#define RELAY_ROOM_CAPTION_GROUP_H

#include "codecs/codec.h"
#include "relay/base/text.h"

#include <stdbool.h>

/* Is there an EXT-X-MEDIA group to refer to? */
bool caption_group_exists(const struct captions *c);
/* The EXT-X-VERSION that it needs; 1: any. */
unsigned caption_group_version(const struct captions *c);
/* One EXT-X-MEDIA for each channel and service. LANGUAGE is "und": nobody says it. */
void caption_group_render(struct text *t, const struct captions *c);
/* ",CLOSED-CAPTIONS=..." for an EXT-X-STREAM-INF of a room that has video, or nothing. NONE must
 * stand on all of them or on none, a group on those that show the video (4.4.6.2). */
void caption_group_attribute(struct text *t, const struct captions *c, bool shows_video);

#endif
