/* Reads SCTE-35 splice information: which splice points one section announces. */
/* SPDX-License-Identifier: MIT */
#include "codecs/scte35.h"

#include "codecs/bits.h"

#include <errno.h>

enum {
    HEAD_BYTES = 14, /* table_id to splice_command_type */
    CRC_BYTES = 4,
    COMMAND_NULL = 0x00,
    COMMAND_INSERT = 0x05,
    COMMAND_TIME_SIGNAL = 0x06,
    COMMAND_BANDWIDTH = 0x07,
    LENGTH_UNKNOWN = 0xfff, /* of a command: it ends where its syntax does */
    DESCRIPTOR_SEGMENTATION = 0x02,
};

#define CUEI         0x43554549u
#define PTS_MASK     ((UINT64_C(1) << 33) - 1)
#define DURATION_MAX (UINT64_C(48) * 3600 * 90000) /* a longer one is not believed */

struct section {
    uint64_t pts_adjustment;
    uint32_t command, command_len;
    bool encrypted;
};

static uint64_t read_u33(struct bits *b)
{
    uint64_t top = bits_u(b, 1);
    return top << 32 | bits_u(b, 32);
}

/* 9.8.1 */
static void read_splice_time(struct bits *b, const struct section *s, struct scte35_event *e)
{
    if (!bits_flag(b)) { /* time_specified_flag */
        bits_skip(b, 7);
        return;
    }
    bits_skip(b, 6);
    e->pts = (read_u33(b) + s->pts_adjustment) & PTS_MASK;
    e->has_pts = !b->error;
}

/* 9.8.2 */
static void read_break_duration(struct bits *b, struct scte35_event *e)
{
    e->auto_return = bits_flag(b);
    bits_skip(b, 6);
    e->duration_90k = read_u33(b);
    e->has_duration = e->duration_90k <= DURATION_MAX;
}

/* 9.7.3. Of a splice by components the first one's time counts. */
static void read_insert(struct bits *b, const struct section *s, struct scte35_event *e)
{
    *e = (struct scte35_event){.kind = SCTE35_CANCEL, .event_id = bits_u(b, 32)};
    bool cancel = bits_flag(b);
    bits_skip(b, 7);
    if (cancel)
        return;
    e->kind = bits_flag(b) ? SCTE35_OUT : SCTE35_IN; /* out_of_network_indicator */
    bool program = bits_flag(b), duration = bits_flag(b), immediate = bits_flag(b);
    bits_skip(b, 4);
    if (program && !immediate)
        read_splice_time(b, s, e);
    uint32_t components = program ? 0 : bits_u(b, 8);
    for (uint32_t i = 0; i < components && !b->error; i++) {
        struct scte35_event other = *e;
        bits_skip(b, 8); /* component_tag */
        if (!immediate)
            read_splice_time(b, s, i == 0 ? e : &other);
    }
    if (duration)
        read_break_duration(b, e);
    bits_skip(b, 16 + 8 + 8); /* unique_program_id, avail_num, avails_expected */
}

/* Table 23: the types that come in pairs of out and in. Programme, chapter and network starts and
 * ends are no splices. */
static bool is_out(uint8_t type)
{
    return type == 0x22 || type == 0x44 || type == 0x46 ||
           (type >= 0x30 && type <= 0x3e && type % 2 == 0);
}

static enum scte35_kind kind_of(uint8_t type)
{
    if (is_out(type))
        return SCTE35_OUT;
    return type > 0 && is_out((uint8_t)(type - 1)) ? SCTE35_IN : SCTE35_POINT;
}

/* 10.3.3, after its identifier. `at` has the time of the command. */
static void read_segmentation(struct bits *b, const struct scte35_event *at, struct scte35_event *e)
{
    *e = *at;
    e->event_id = bits_u(b, 32);
    e->kind = SCTE35_CANCEL;
    bool cancel = bits_flag(b);
    bits_skip(b, 7);
    if (cancel)
        return;
    bool program = bits_flag(b), duration = bits_flag(b);
    bits_skip(b, 6);
    uint32_t components = program ? 0 : bits_u(b, 8);
    bits_skip(b, (uint64_t)components * 48); /* tag, reserved, pts_offset */
    if (duration) {
        uint64_t top = bits_u(b, 8);
        e->duration_90k = top << 32 | bits_u(b, 32);
        e->has_duration = e->duration_90k <= DURATION_MAX;
    }
    bits_skip(b, 8); /* segmentation_upid_type */
    bits_skip(b, (uint64_t)bits_u(b, 8) * 8);
    e->type = (uint8_t)bits_u(b, 8);
    bits_skip(b, 16); /* segment_num, segments_expected */
    e->kind = kind_of(e->type);
    if (e->kind == SCTE35_IN)
        e->type--; /* the out's */
}

/* The segmentation descriptors of a time_signal; without any, it is a point itself. */
static int read_descriptors(const uint8_t *p, size_t len, const struct scte35_event *at,
                            struct scte35_event *out)
{
    int n = 0;
    for (size_t i = 0; i + 2 <= len && n < SCTE35_EVENTS_MAX; i += 2 + (size_t)p[i + 1]) {
        struct bits b;
        if (i + 2 + p[i + 1] > len)
            return -EINVAL;
        bits_init(&b, p + i + 2, p[i + 1]);
        if (p[i] != DESCRIPTOR_SEGMENTATION || bits_u(&b, 32) != CUEI)
            continue;
        read_segmentation(&b, at, &out[n]);
        if (b.error)
            return -EINVAL;
        n++;
    }
    if (n == 0)
        out[n++] = *at;
    return n;
}

static int read_head(const uint8_t *p, size_t len, struct section *s)
{
    struct bits b;
    if (len < HEAD_BYTES + 2 + CRC_BYTES || p[0] != SCTE35_TABLE_ID || (p[1] & 0xc0) != 0 ||
        3 + ((size_t)(p[1] & 0x0f) << 8 | p[2]) != len)
        return -EINVAL;
    bits_init(&b, p + 3, len - 3);
    if (bits_u(&b, 8) != 0) /* protocol_version */
        return -EINVAL;
    s->encrypted = bits_flag(&b);
    bits_skip(&b, 6);
    s->pts_adjustment = read_u33(&b);
    bits_skip(&b, 8 + 12); /* cw_index, tier */
    s->command_len = bits_u(&b, 12);
    s->command = bits_u(&b, 8);
    return 0;
}

/* Reads the command and finds the descriptor loop behind it. */
static int read_command(const uint8_t *p, size_t len, const struct section *s,
                        struct scte35_event *e, size_t *used)
{
    struct bits b;
    if (s->command_len != LENGTH_UNKNOWN && s->command_len + 2 > len)
        return -EINVAL;
    bits_init(&b, p, s->command_len != LENGTH_UNKNOWN ? s->command_len : len);
    if (s->command == COMMAND_INSERT)
        read_insert(&b, s, e);
    else
        read_splice_time(&b, s, e);
    *used = s->command_len != LENGTH_UNKNOWN ? s->command_len : (size_t)(bits_done(&b) / 8);
    return b.error || *used + 2 > len ? -EINVAL : 0;
}

int scte35_parse(const uint8_t *section, size_t len, struct scte35_event *out)
{
    struct section s;
    size_t used, loop;
    int err = read_head(section, len, &s);
    if (err != 0)
        return err;
    out[0] = (struct scte35_event){.kind = SCTE35_POINT};
    if (s.encrypted) /* all that can be said is that there is something */
        return 1;
    if (s.command == COMMAND_NULL || s.command == COMMAND_BANDWIDTH)
        return 0;
    if (s.command != COMMAND_INSERT && s.command != COMMAND_TIME_SIGNAL)
        return 1;
    section += HEAD_BYTES;
    len -= HEAD_BYTES + CRC_BYTES;
    err = read_command(section, len, &s, &out[0], &used);
    if (err != 0)
        return err;
    if (s.command == COMMAND_INSERT)
        return 1;
    loop = (size_t)section[used] << 8 | section[used + 1];
    if (used + 2 + loop > len)
        return -EINVAL;
    struct scte35_event at = out[0];
    return read_descriptors(section + used + 2, loop, &at, out);
}
