/* Blocking reload: has what a viewer waits for come, may it be waited for, or is it too far? */
/* SPDX-License-Identifier: MIT */
/*
 * draft-pantos-hls-rfc8216bis-22 sections 6.2.5.2 and 6.2.6.
 * Owns: nothing. Thread: any; pure. Life: values. Fails: never.
 */
#ifndef RELAY_WEB_RELOAD_H
#define RELAY_WEB_RELOAD_H

#include "relay/room/view.h"
#include "relay/web/directives.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reload_verdict {
    RELOAD_OLD,     /* in the playlist for long, or no longer: caches must not take it for news */
    RELOAD_READY,   /* of the last whole segment, or of the one that is open */
    RELOAD_WAIT,    /* comes within the next two segments */
    RELOAD_TOO_FAR, /* 400 */
};

/* d: well formed, with has_msn. part_target_ms 0: there are no parts. */
enum reload_verdict reload_judge(const struct view_rendition *r, uint32_t part_target_ms,
                                 const struct directives *d);
/* Is a file of this name promised by the EXT-X-PRELOAD-HINT? Another thread may be ahead of this
 * one by a view: a viewer who comes from there asks for a number just behind our hint. */
bool reload_is_hinted(const struct view_rendition *r, const char *name, size_t len);

#endif
