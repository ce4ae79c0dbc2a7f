/* The words. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/ending.h"

const char *ending_word(uint32_t reason)
{
    static const char *const words[ENDINGS] = {
        [LINK_CLOSE_ENDED] = "ended",   [LINK_CLOSE_STOPPED] = "stopped",
        [LINK_CLOSE_WEDGED] = "wedged", [LINK_CLOSE_LIMIT] = "limit",
        [LINK_CLOSE_LOST] = "lost",     [LINK_CLOSE_NOT_MEDIA] = "not_media",
    };
    return reason < ENDINGS ? words[reason] : "unknown";
}
