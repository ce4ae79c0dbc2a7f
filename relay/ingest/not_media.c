/* The first thing that is missing on the way from bytes to pictures. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/not_media.h"

const char *not_media_reason(uint64_t bytes, const struct ts_filter *f, const struct packager *p)
{
    const struct ts_counters *c = &f->count;
    struct packager_stats s = {0};

    if (bytes == 0)
        return "connected but sent nothing";
    if (!f->has_program)
        return c->sync_lost > c->packets / 8 + 1 ? "what it sends is not MPEG-TS"
                                                 : "MPEG-TS without a program table (PAT)";
    if (!f->has_layout)
        return "MPEG-TS without a program map (PMT)";
    if (!p)
        return f->layout.count > 0 /* it rests: link/standby.h */
                   ? "no keyframe (IDR) came: set the keyframe interval to 2 s"
                   : "no track that HLS can carry: send H.264 or HEVC video, AAC audio";
    packager_stats(p, &s);
    if (s.unplayable)
        return "the encoder's parameter sets cannot be carried";
    return s.in ? "no keyframe (IDR) came: set the keyframe interval to 2 s"
                : "the program's tracks stay empty";
}
