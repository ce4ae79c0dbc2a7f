/* What an answer to a web hook means, and when it is tried again. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_retry.h"

enum hook_verdict hook_retry_judge(long status)
{
    if (status >= 200 && status < 300)
        return HOOK_TAKEN;
    if (status < 200 || status >= 500 || status == 408 || status == 425 || status == 429)
        return HOOK_AGAIN;
    return HOOK_REFUSED;
}

int64_t hook_retry_delay_us(uint32_t tries, int64_t after_s, uint32_t random)
{
    int64_t whole_us = (int64_t)HOOK_RETRY_MOST_S * 1000000;
    if (tries >= 1 && tries <= 6)
        whole_us = INT64_C(1000000) << (tries - 1);
    int64_t us = whole_us / 2 + (int64_t)((uint64_t)random % (uint64_t)(whole_us / 2 + 1));
    int64_t asked_us = after_s < 0 ? 0
                       : after_s > HOOK_RETRY_AFTER_MOST_S
                           ? HOOK_RETRY_AFTER_MOST_S * INT64_C(1000000)
                           : after_s * 1000000;
    return asked_us > us ? asked_us : us;
}
