/* Fuzzes the TS pre-check: only whole packets of announced tracks may come out, in any chunking. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_filter.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ts_filter filter;

static void on_packet(void *ctx, const uint8_t packet[static TS_PACKET],
                      const uint8_t head[static 4])
{
    unsigned pid = (unsigned)(head[1] & 0x1f) << 8 | head[2];

    (void)ctx;
    assert(pid == TS_WAY_VIDEO_PID ||
           (pid >= TS_WAY_AUDIO_PID && pid < TS_WAY_AUDIO_PID + TS_TRACKS_MAX));
    assert(packet[0] == 0x47 && head[0] == 0x47);
}

static void on_layout(void *ctx, const struct ts_layout *l)
{
    (void)ctx;
    assert(l->count <= TS_TRACKS_MAX);
    assert(memchr(l->left_out, '\0', sizeof(l->left_out)));
    for (size_t i = 0; i < l->count; i++)
        assert(l->tracks[i].codec != CODEC_NONE);
}

/* The first byte says how the rest is cut into messages. Sections get their right CRC when it asks
 * for that, so that the table readers are reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ts_out out = {.packet = on_packet, .layout = on_layout};
    size_t step;

    if (size < 2)
        return 0;
    step = data[0] % 8 ? (size_t)data[0] * 7 : 1316;
    ts_filter_init(&filter, data[1] % 8, &out);
    data += 2;
    size -= 2;
    while (size > 0) {
        size_t n = size < step ? size : step;

        ts_filter_take(&filter, data, n);
        if (n == 77)
            ts_filter_break(&filter);
        data += n;
        size -= n;
    }
    return 0;
}
