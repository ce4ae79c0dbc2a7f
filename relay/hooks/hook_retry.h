/* What an answer to a web hook means, and when it is tried again. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: RFC 9110 section 15 (status codes), 10.2.3 (Retry-After). Owns: nothing. Thread: any;
 * pure. Life: no state. Fails: never.
 *
 * 1 s, 2 s, 4 s ... 60 s, of which between a half and all is waited, so that many who failed
 * together do not come back together. Who asks for more gets it, up to five minutes.
 */
#ifndef RELAY_HOOKS_HOOK_RETRY_H
#define RELAY_HOOKS_HOOK_RETRY_H

#include <stdint.h>

enum hook_verdict {
    HOOK_TAKEN,   /* 2xx */
    HOOK_AGAIN,   /* no answer, 408, 425, 429, 5xx */
    HOOK_REFUSED, /* all else: the same again would be answered the same */
};

enum { HOOK_RETRY_MOST_S = 60, HOOK_RETRY_AFTER_MOST_S = 300 };

/* status 0: no answer. */
enum hook_verdict hook_retry_judge(long status);
/* tries: how many have failed, 1 at least; after_s: as the answer asked, 0: it did not; random: any
 * number. */
int64_t hook_retry_delay_us(uint32_t tries, int64_t after_s, uint32_t random);

#endif
