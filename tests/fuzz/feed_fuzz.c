/* Fuzzes a whole feed: SRT payloads in, segments out, each checked as a viewer would need it. */
/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/feed_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Messages of seven packets, as encoders send them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct feed_stage stage;

    if (feed_stage_open(&stage))
        return 0;
    while (size > 0 && feed_stage_goes_on(&stage)) {
        size_t n = size < FEED_STAGE_MESSAGE ? size : FEED_STAGE_MESSAGE;

        feed_stage_message(&stage, data, n);
        data += n;
        size -= n;
    }
    feed_stage_close(&stage);
    return 0;
}
