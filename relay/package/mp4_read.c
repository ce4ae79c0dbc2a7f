/* Reads back what cmaf_track wrote: an init segment's codec, and a segment's first sample. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/mp4_read.h"

#include "relay/package/sample_entry.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
    BOX_HEADER = 8,
    STSD_HEADER = 8,   /* version and flags, entry_count */
    VISUAL_ENTRY = 78, /* 12.1.3 VisualSampleEntry behind the box header */
    AUDIO_ENTRY = 28,  /* 12.2.3 AudioSampleEntry */
};

/* A box's contents, or a part of them. */
struct span {
    const uint8_t *at;
    size_t len;
};

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The next box in *rest, which moves behind it. False at the end, or where sizes are odd. */
static bool next_box(struct span *rest, const uint8_t **type, struct span *contents)
{
    size_t size = rest->len >= BOX_HEADER ? read32(rest->at) : 0;

    if (size < BOX_HEADER || size > rest->len)
        return false;
    *type = rest->at + 4;
    *contents = (struct span){rest->at + BOX_HEADER, size - BOX_HEADER};
    rest->at += size;
    rest->len -= size;
    return true;
}

static bool find(struct span in, const char *name, struct span *out)
{
    const uint8_t *type;

    while (next_box(&in, &type, out))
        if (memcmp(type, name, 4) == 0)
            return true;
    return false;
}

static bool skip(struct span *s, size_t n)
{
    if (n > s->len)
        return false;
    s->at += n;
    s->len -= n;
    return true;
}

/* ISO/IEC 14496-1 8.3.3: a descriptor's tag and its length in up to four bytes. */
static bool descriptor(struct span *s, uint8_t *tag, size_t *len)
{
    uint8_t byte = 0x80;

    if (s->len < 2)
        return false;
    *tag = s->at[0];
    skip(s, 1);
    *len = 0;
    for (int i = 0; i < 4 && byte & 0x80; i++) {
        if (s->len == 0)
            return false;
        byte = s->at[0];
        skip(s, 1);
        *len = *len << 7 | (byte & 0x7f);
    }
    return *len <= s->len;
}

/* ES_Descriptor > DecoderConfigDescriptor > DecoderSpecificInfo. */
static int read_esds(struct span s, struct mp4_track *out)
{
    uint8_t tag;
    size_t len;

    if (!skip(&s, 4) || !descriptor(&s, &tag, &len) || tag != 3 || !skip(&s, 3) ||
        !descriptor(&s, &tag, &len) || tag != 4 || len < 13)
        return -EINVAL;
    out->object_type = s.at[0];
    skip(&s, 13);
    out->codec = out->object_type == 0x40 ? CODEC_AAC : CODEC_MP3;
    if (out->codec == CODEC_MP3)
        return out->object_type == 0x69 || out->object_type == 0x6b ? 0 : -EINVAL;
    if (!descriptor(&s, &tag, &len) || tag != 5)
        return -EINVAL;
    out->record = s.at;
    out->record_len = len;
    return 0;
}

struct entry {
    const char *name, *record;
    enum codec_id codec;
    size_t header;
};

static const struct entry entries[] = {
    {"avc1", "avcC", CODEC_H264, VISUAL_ENTRY}, {"hvc1", "hvcC", CODEC_HEVC, VISUAL_ENTRY},
    {"mp4a", "esds", CODEC_AAC, AUDIO_ENTRY},   {"ac-3", "dac3", CODEC_AC3, AUDIO_ENTRY},
    {"ec-3", "dec3", CODEC_EAC3, AUDIO_ENTRY},  {"Opus", "dOps", CODEC_OPUS, AUDIO_ENTRY},
};

static int read_entry(const struct entry *e, struct span s, struct mp4_track *out)
{
    struct span record, layer;
    int rc;

    if (e->header == AUDIO_ENTRY && s.len >= AUDIO_ENTRY) {
        out->channels = (uint32_t)s.at[16] << 8 | s.at[17];
        out->sample_rate = (uint32_t)s.at[24] << 8 | s.at[25];
    }
    if (!skip(&s, e->header) || !find(s, e->record, &record))
        return -EINVAL;
    if (e->codec == CODEC_AAC) {
        rc = read_esds(record, out);
        if (out->codec == CODEC_MP3 && find(s, "free", &layer) && layer.len == 4 &&
            memcmp(layer.at, SAMPLE_ENTRY_LAYER_II, 4) == 0)
            out->codec = CODEC_MP2;
        return rc;
    }
    out->codec = e->codec;
    out->record = record.at;
    out->record_len = record.len;
    return 0;
}

int mp4_read_init(const uint8_t *bytes, size_t len, struct mp4_track *out)
{
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd"};
    struct span s = {bytes, len}, entry;
    const uint8_t *type;

    *out = (struct mp4_track){.codec = CODEC_NONE};
    for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++)
        if (!find(s, path[i], &s))
            return -EINVAL;
    if (!skip(&s, STSD_HEADER) || !next_box(&s, &type, &entry))
        return -EINVAL;
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        if (memcmp(type, entries[i].name, 4) == 0)
            return read_entry(&entries[i], entry, out);
    return -EINVAL;
}

/* 8.8.7 and 8.8.8: sizes are in the trun, or the tfhd says the one of all. */
static int first_size(struct span tfhd, struct span trun, uint32_t *data_offset, uint32_t *size)
{
    uint32_t tf, tr;
    bool fields_fit;

    if (tfhd.len < 8 || trun.len < 8)
        return -EINVAL;
    tf = read32(tfhd.at) & 0xffffff;
    tr = read32(trun.at) & 0xffffff;
    if (read32(trun.at + 4) == 0 || !(tr & 0x1)) /* sample_count; data-offset-present */
        return -EINVAL;
    skip(&trun, 8);
    fields_fit = trun.len >= 4u + (tr & 0x4 ? 4 : 0) + (tr & 0x100 ? 4 : 0) + 4;
    if (!fields_fit && tr & 0x200)
        return -EINVAL;
    if (trun.len < 4)
        return -EINVAL;
    *data_offset = read32(trun.at);
    if (tr & 0x200) {
        skip(&trun, 4u + (tr & 0x4 ? 4 : 0) + (tr & 0x100 ? 4 : 0));
        *size = read32(trun.at);
        return 0;
    }
    /* in front of default_sample_size: base offset, description index, default duration */
    if (!(tf & 0x10) ||
        !skip(&tfhd, 8u + (tf & 0x1 ? 8 : 0) + (tf & 0x2 ? 4 : 0) + (tf & 0x8 ? 4 : 0)) ||
        tfhd.len < 4)
        return -EINVAL;
    *size = read32(tfhd.at);
    return 0;
}

int mp4_read_first_sample(const uint8_t *bytes, size_t len, const uint8_t **sample,
                          size_t *sample_len)
{
    struct span all = {bytes, len}, moof, traf, tfhd, trun;
    uint32_t offset, size;
    const uint8_t *type, *moof_at;

    do
        moof_at = all.at;
    while (next_box(&all, &type, &moof) && memcmp(type, "moof", 4) != 0);
    if (moof_at == all.at || memcmp(moof_at + 4, "moof", 4) != 0)
        return -EINVAL;
    if (!find(moof, "traf", &traf) || !find(traf, "tfhd", &tfhd) || !find(traf, "trun", &trun) ||
        first_size(tfhd, trun, &offset, &size) != 0)
        return -EINVAL;
    if (offset > len - (size_t)(moof_at - bytes) ||
        size > len - (size_t)(moof_at - bytes) - offset || size == 0)
        return -EINVAL;
    *sample = moof_at + offset;
    *sample_len = size;
    return 0;
}
