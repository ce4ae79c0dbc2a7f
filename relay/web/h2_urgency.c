/* How urgent an answer is among the others of its connection. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2_urgency.h"

#include <string.h>

/* Names are room/playlist.c's: init-HASH.mp4, p12.m4s; a part may also be a range of a segment. */
uint32_t h2_urgency(const struct request *r, const struct reply *reply)
{
    const char *slash = r->path.at ? memrchr(r->path.at, '/', r->path.len) : NULL;
    if (!reply->blob || !slash)
        return H2_URGENCY_PLAYLIST;
    size_t len = (size_t)(r->path.at + r->path.len - slash - 1);
    if (len > 5 && memcmp(slash + 1, "init-", 5) == 0)
        return H2_URGENCY_PLAYLIST;
    return reply->head.part || (len > 1 && slash[1] == 'p') ? H2_URGENCY_PART : H2_URGENCY_SEGMENT;
}
