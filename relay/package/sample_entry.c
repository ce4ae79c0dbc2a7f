/* Writes the sample entries that libavformat cannot write before it has seen a packet. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/sample_entry.h"

#include <errno.h>
#include <string.h>

enum {
    BOX_HEADER = 8,
    STSD_HEADER = BOX_HEADER + 8,   /* version and flags, entry_count */
    ENTRY_HEADER = BOX_HEADER + 28, /* AudioSampleEntry before its boxes */
    ENTRY_MAX = ENTRY_HEADER + BOX_HEADER + 64,
    DEPTH = 6,
};

/* Bytes under construction; too many are counted, not stored. */
struct out {
    uint8_t bytes[ENTRY_MAX];
    size_t len;
};

static void put(struct out *o, unsigned n, uint32_t value)
{
    while (n-- > 0) {
        if (o->len < sizeof(o->bytes))
            o->bytes[o->len] = (uint8_t)(value >> 8 * n);
        o->len++;
    }
}

static void put_bytes(struct out *o, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(o, 1, bytes[i]);
}

static uint32_t fourcc(const char *name)
{
    return (uint32_t)(uint8_t)name[0] << 24 | (uint32_t)(uint8_t)name[1] << 16 |
           (uint32_t)(uint8_t)name[2] << 8 | (uint8_t)name[3];
}

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void write32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

struct entry_kind {
    enum codec_id codec;
    const char *entry, *box;
};

static const struct entry_kind kinds[] = {
    {CODEC_AC3, "ac-3", "dac3"}, {CODEC_EAC3, "ec-3", "dec3"}, {CODEC_MP3, "mp4a", "esds"},
    {CODEC_MP2, "mp4a", "esds"}, {CODEC_OPUS, "Opus", "dOps"},
};

static const struct entry_kind *kind_of(enum codec_id id)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].codec == id)
            return &kinds[i];
    return NULL;
}

bool sample_entry_is_ours(enum codec_id id)
{
    return kind_of(id) != NULL;
}

/* ISO/IEC 14496-1 7.2.6.5 ES_Descriptor, 7.2.6.6 DecoderConfigDescriptor without specific info,
 * 7.3.2.3 SLConfigDescriptor as MP4 predefines it. */
static void put_esds(struct out *o, uint8_t object_type)
{
    put(o, 4, 0); /* version, flags */
    put(o, 2, 0x03 << 8 | (3 + 15 + 3));
    put(o, 3, 0); /* ES_ID, flags */
    put(o, 2, 0x04 << 8 | 13);
    put(o, 1, object_type);
    put(o, 1, 0x05 << 2 | 1); /* AudioStream, reserved 1 */
    put(o, 3, 0);             /* bufferSizeDB, maxBitrate, avgBitrate: not known */
    put(o, 4, 0);
    put(o, 4, 0);
    put(o, 3, 0x06 << 16 | 1 << 8 | 0x02);
}

/* The esds does not tell the layers apart, and hold.c has to know. ISO/IEC 14496-12 section 8.1.2:
 * a free box is for nobody else. */
static void put_layer(struct out *o)
{
    put(o, 4, BOX_HEADER + 4);
    put(o, 4, fourcc("free"));
    put(o, 4, fourcc(SAMPLE_ENTRY_LAYER_II));
}

static void build(struct out *o, const struct entry_kind *kind, const struct track_params *p)
{
    size_t box, end;

    put(o, 4, 0); /* its size, below */
    put(o, 4, fourcc(kind->entry));
    put(o, 4, 0);
    put(o, 4, 1); /* reserved; data_reference_index */
    put(o, 4, 0);
    put(o, 4, 0);
    put(o, 2, p->channels);
    put(o, 2, 16); /* samplesize */
    put(o, 4, 0);
    put(o, 4, p->core_sample_rate <= UINT16_MAX ? p->core_sample_rate << 16 : 0);
    box = o->len;
    put(o, 4, 0);
    put(o, 4, fourcc(kind->box));
    if (p->codec == CODEC_MP3 || p->codec == CODEC_MP2)
        put_esds(o, p->object_type);
    else
        put_bytes(o, p->config, p->config_len);
    end = o->len;
    if (p->codec == CODEC_MP2)
        put_layer(o);
    if (o->len > sizeof(o->bytes))
        return;
    write32(o->bytes, (uint32_t)o->len);
    write32(o->bytes + box, (uint32_t)(end - box));
}

/* The box of that name among those that fill [from, to); 0 when it is not there. */
static size_t find(const uint8_t *init, size_t from, size_t to, const char *name)
{
    while (to - from >= BOX_HEADER) {
        size_t size = read32(init + from);

        if (size < BOX_HEADER || size > to - from)
            return 0;
        if (read32(init + from + 4) == fourcc(name))
            return from;
        from += size;
    }
    return 0;
}

int sample_entry_put(uint8_t *init, size_t *len, size_t size, const struct track_params *p)
{
    static const char *const path[DEPTH] = {"moov", "trak", "mdia", "minf", "stbl", "stsd"};
    const struct entry_kind *kind = kind_of(p->codec);
    size_t at[DEPTH], from = 0, to = *len, old, end;
    struct out o = {.len = 0};

    if (!kind)
        return -EINVAL;
    for (int i = 0; i < DEPTH; i++) {
        at[i] = find(init, from, to, path[i]);
        if (at[i] == 0)
            return -EINVAL;
        from = at[i] + BOX_HEADER;
        to = at[i] + read32(init + at[i]);
    }
    from = at[DEPTH - 1] + STSD_HEADER;
    if (from + BOX_HEADER > to || from + read32(init + from) != to)
        return -EINVAL;
    old = to - from;
    end = to;
    build(&o, kind, p);
    if (o.len > sizeof(o.bytes) || *len - old + o.len > size)
        return -ENOSPC;
    memmove(init + from + o.len, init + end, *len - end);
    memcpy(init + from, o.bytes, o.len);
    for (int i = 0; i < DEPTH; i++)
        write32(init + at[i], (uint32_t)(read32(init + at[i]) - old + o.len));
    *len = *len - old + o.len;
    return 0;
}
