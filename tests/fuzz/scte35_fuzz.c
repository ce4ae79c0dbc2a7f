/* Fuzzes the section parser: whatever a splice_info_section holds, the events are possible ones. */
/* SPDX-License-Identifier: MIT */
#include "codecs/scte35.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scte35_event events[SCTE35_EVENTS_MAX];
    int n = scte35_parse(data, size, events);
    if (n != -EINVAL && (n < 0 || n > SCTE35_EVENTS_MAX))
        abort();
    for (int i = 0; i < n; i++) {
        const struct scte35_event *e = &events[i];
        if (e->pts >> 33 != 0 || (e->has_duration && e->duration_90k > UINT64_C(48) * 3600 * 90000))
            abort();
        if (e->kind > SCTE35_CANCEL || (e->kind == SCTE35_IN && e->type % 2 != 0))
            abort();
    }
    return 0;
}
