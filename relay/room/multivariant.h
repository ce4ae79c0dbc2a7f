/* The text of a room's multivariant playlist. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: draft-pantos-hls-rfc8216bis section 4.4.6; rules 58-63 of conformance.md.
 * Owns: nothing. Thread: control. Life: pure functions. Fails: never; a failed text says so itself.
 */
#ifndef RELAY_ROOM_MULTIVARIANT_H
#define RELAY_ROOM_MULTIVARIANT_H

#include "relay/base/text.h"
#include "relay/room/presentation.h"

#include <stdbool.h>

#define MULTIVARIANT_IFRAMES "iframes" /* the playlist of the first video's I-frames */

/* Is the rendition one that new viewers may be sent to? */
bool multivariant_has(const struct rendition *r);
/* All renditions that the present session delivers: a variant of the video with the audio tracks as
 * its group, one of the sound alone, and the video's I-frames; or one of the first audio track when
 * there is no video. Nothing when there is none. */
void multivariant_render(struct text *t, const struct presentation *p);

#endif
