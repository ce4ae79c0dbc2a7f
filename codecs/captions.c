/* Finds out which closed captions travel inside a picture's SEI messages. */
/* SPDX-License-Identifier: MIT */
#include "codecs/captions.h"

#include <stddef.h>
#include <string.h>

enum {
    HEAD_BYTES = 8,    /* country, provider, user_identifier, user_data_type_code */
    CC_DATA_BYTES = 2, /* flags and cc_count, em_data */
    TRIPLET_BYTES = 3,
    TYPE_FIELD_1 = 0,
    TYPE_FIELD_2 = 1,
    TYPE_DTVCC_DATA = 2,
    TYPE_DTVCC_START = 3,
    SERVICE_EXTENDED = 7,
    PACKET_BYTES = 128,
};

/* A/53 part 4, 6.2.3.1: itu_t_t35_country_code US, provider code ATSC, "GA94", cc_data. */
static const uint8_t HEAD[HEAD_BYTES] = {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03};

static bool is_odd(uint8_t byte)
{
    byte ^= byte >> 4;
    byte ^= byte >> 2;
    return (byte ^ byte >> 1) & 1;
}

/* CTA-608-E table 52: the miscellaneous control codes that put a channel into a caption mode: 14
 * (channels of field 2: 15), bit 3 set for the second channel of the field, then one of RCL, RU2,
 * RU3, RU4 and RDC. */
static void take_608(struct captions *c, unsigned field, uint8_t first, uint8_t second)
{
    if (!is_odd(first) || !is_odd(second))
        return;
    first &= 0x7f;
    second &= 0x7f;
    bool mode = second == 0x20 || (second >= 0x25 && second <= 0x27) || second == 0x29;
    if ((first & 0x77) != (field == 0 ? 0x14 : 0x15) || !mode)
        return;
    unsigned channel = 2 * field + (first & 0x08 ? 1 : 0);
    c->channels |= (uint8_t)(1u << channel);
}

/* CTA-708-E 5, 6: a packet's header of one byte, then service blocks, each with its number and
 * size. `len` bytes are here, which may be fewer than the packet has. */
static void take_packet(struct captions *c, const uint8_t *p, size_t len)
{
    size_t code = p[0] & 0x3f, whole = code == 0 ? PACKET_BYTES : code * 2;
    len = len < whole ? len : whole;
    for (size_t at = 1; at < len;) {
        unsigned service = p[at] >> 5, size = p[at] & 0x1f;
        at++;
        if (service == 0) /* the null service block: padding to the packet's end */
            return;
        if (service == SERVICE_EXTENDED && size > 0) {
            if (at == len)
                return;
            service = p[at++] & 0x3f;
            if (service < SERVICE_EXTENDED)
                return;
        }
        if (size > 0)
            c->services |= UINT64_C(1) << service;
        at += size;
    }
}

static void take_cc_data(struct captions *c, const uint8_t *p, size_t count)
{
    uint8_t packet[PACKET_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < count; i++, p += TRIPLET_BYTES) {
        unsigned type = p[0] & 3;
        if (type == TYPE_DTVCC_START && len > 0) {
            take_packet(c, packet, len);
            len = 0;
        }
        if (!(p[0] & 4)) /* cc_valid */
            continue;
        if (type == TYPE_FIELD_1 || type == TYPE_FIELD_2)
            take_608(c, type, p[1], p[2]);
        if (type == TYPE_DTVCC_START || (type == TYPE_DTVCC_DATA && len > 0)) {
            if (len + 2 > sizeof packet)
                continue;
            packet[len++] = p[1];
            packet[len++] = p[2];
        }
    }
    if (len > 0)
        take_packet(c, packet, len);
}

void captions_take(struct captions *c, const struct sei_message *m)
{
    if (m->type != SEI_USER_DATA_REGISTERED || m->len < HEAD_BYTES + CC_DATA_BYTES ||
        memcmp(m->data, HEAD, HEAD_BYTES) != 0)
        return;
    uint8_t flags = m->data[HEAD_BYTES];
    size_t count = flags & 0x1f;
    if (!(flags & 0x40)) /* process_cc_data_flag */
        return;
    if (m->len < HEAD_BYTES + CC_DATA_BYTES + count * TRIPLET_BYTES)
        return;
    c->carried = true;
    take_cc_data(c, m->data + HEAD_BYTES + CC_DATA_BYTES, count);
}

bool captions_merge(struct captions *c, const struct captions *more)
{
    struct captions sum = {.carried = c->carried || more->carried,
                           .channels = c->channels | more->channels,
                           .services = c->services | more->services};
    bool grew =
        sum.carried != c->carried || sum.channels != c->channels || sum.services != c->services;
    *c = sum;
    return grew;
}
