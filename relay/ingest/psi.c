/* Reading and writing of the two tables a single-program stream needs. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/psi.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
    TABLE_PAT = 0x00,
    TABLE_PMT = 0x02,
    DESCRIPTOR_REGISTRATION = 0x05,
    DESCRIPTOR_LANGUAGE = 0x0a,
    DESCRIPTOR_AC3 = 0x6a,
    DESCRIPTOR_EAC3 = 0x7a,
    DESCRIPTOR_EXTENSION = 0x7f,
    EXTENSION_OPUS = 0x80,
    SECTION_HEADER = 8, /* table id to last_section_number */
    SECTION_CRC = 4,
};

/* CRC-32/MPEG-2: polynomial 0x04c11db7, not reflected; the rest of a whole section is 0. */
uint32_t psi_crc(const uint8_t *bytes, size_t len)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint32_t)bytes[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x80000000u ? crc << 1 ^ 0x04c11db7u : crc << 1;
    }
    return crc;
}

static size_t section_length(const uint8_t *p)
{
    return 3 + ((size_t)(p[1] & 0x0f) << 8 | p[2]);
}

static int append(struct psi_section *s, const uint8_t *bytes, size_t len)
{
    size_t want;

    if (len > sizeof(s->bytes) - s->have)
        len = sizeof(s->bytes) - s->have;
    memcpy(s->bytes + s->have, bytes, len);
    s->have = (uint16_t)(s->have + len);
    if (s->have < 3)
        return 0;
    want = section_length(s->bytes);
    if (want > sizeof(s->bytes) || want < SECTION_HEADER + SECTION_CRC) {
        s->open = false;
        return -EINVAL;
    }
    if (s->have < want)
        return 0;
    s->open = false;
    s->have = (uint16_t)want;
    return psi_crc(s->bytes, want) == 0 ? 1 : -EINVAL;
}

int psi_section_take(struct psi_section *s, const uint8_t *payload, size_t len, bool unit_start)
{
    size_t pointer;
    int rc;

    if (!unit_start)
        return s->open ? append(s, payload, len) : 0;
    if (len < 1)
        return -EINVAL;
    pointer = payload[0];
    if (pointer + 1 > len)
        return -EINVAL;
    if (s->open) { /* the bytes before the pointer end the section before */
        rc = append(s, payload + 1, pointer);
        if (rc == 1)
            return 1; /* tables repeat: the one that starts here comes again */
    }
    s->have = 0;
    s->open = true;
    return append(s, payload + 1 + pointer, len - 1 - pointer);
}

static bool is_current_table(const uint8_t *section, size_t len, uint8_t table)
{
    return len >= SECTION_HEADER + SECTION_CRC && section[0] == table && (section[1] & 0x80) &&
           section_length(section) == len && (section[5] & 1);
}

static uint16_t pid_at(const uint8_t *p)
{
    return (uint16_t)((p[0] & 0x1f) << 8 | p[1]);
}

int psi_read_pat(const uint8_t *section, size_t len, struct psi_program *out)
{
    if (!is_current_table(section, len, TABLE_PAT))
        return -EINVAL;
    for (size_t i = SECTION_HEADER; i + 4 <= len - SECTION_CRC; i += 4) {
        uint16_t number = (uint16_t)(section[i] << 8 | section[i + 1]);

        if (number == 0)
            continue;
        out->number = number;
        out->pmt_pid = pid_at(section + i + 2);
        return out->pmt_pid >= 0x10 && out->pmt_pid < TS_PID_NULL ? 0 : -EINVAL;
    }
    return -ENOENT;
}

/* Section 2.6.18: the first language of the first language descriptor. */
static void read_language(const uint8_t *code, size_t len, char out[static 12])
{
    if (len < 4 || out[0])
        return;
    for (int k = 0; k < 3; k++)
        if (code[k] < 'a' || code[k] > 'z')
            return;
    memcpy(out, code, 3);
    out[3] = '\0';
}

static void read_descriptor(struct psi_stream *s, uint8_t tag, const uint8_t *body, size_t len)
{
    if (tag == DESCRIPTOR_LANGUAGE)
        read_language(body, len, s->language);
    else if (tag == DESCRIPTOR_REGISTRATION && len >= 4 && !s->registration)
        s->registration =
            (uint32_t)body[0] << 24 | (uint32_t)body[1] << 16 | (uint32_t)body[2] << 8 | body[3];
    else if (tag == DESCRIPTOR_AC3 || tag == DESCRIPTOR_EAC3)
        s->dvb_audio = tag;
    else if (tag == DESCRIPTOR_EXTENSION && len >= 2 && body[0] == EXTENSION_OPUS)
        s->opus_config = body[1];
}

static void read_descriptors(struct psi_stream *s, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i + 2 <= len && i + 2 + p[i + 1] <= len; i += 2 + (size_t)p[i + 1])
        read_descriptor(s, p[i], p + i + 2, p[i + 1]);
}

int psi_read_pmt(const uint8_t *section, size_t len, struct psi_program *out)
{
    size_t i, end = len - SECTION_CRC, info;

    if (!is_current_table(section, len, TABLE_PMT) || len < 12 + SECTION_CRC)
        return -EINVAL;
    out->version = section[5] >> 1 & 0x1f;
    out->pcr_pid = pid_at(section + 8);
    out->count = 0;
    out->truncated = false;
    i = 12 + ((size_t)(section[10] & 0x0f) << 8 | section[11]);
    for (; i + 5 <= end; i += 5 + info) {
        struct psi_stream *s = &out->streams[out->count];

        info = (size_t)(section[i + 3] & 0x0f) << 8 | section[i + 4];
        if (i + 5 + info > end)
            return -EINVAL;
        if (out->count == PSI_STREAMS_MAX) {
            out->truncated = true;
            break;
        }
        *s = (struct psi_stream){
            .type = section[i], .pid = pid_at(section + i + 1), .opus_config = OPUS_CONFIG_UNSAID};
        read_descriptors(s, section + i + 5, info);
        out->count++;
    }
    return i <= end ? 0 : -EINVAL;
}

static void put_packet(uint8_t out[static TS_PACKET], uint16_t pid, const uint8_t *section,
                       size_t len)
{
    memset(out, 0xff, TS_PACKET);
    out[0] = 0x47;
    out[1] = (uint8_t)(0x40 | pid >> 8);
    out[2] = (uint8_t)pid;
    out[3] = 0x10;
    out[4] = 0; /* pointer_field */
    assert(5 + len <= TS_PACKET);
    memcpy(out + 5, section, len);
}

static size_t put_crc(uint8_t *section, size_t len)
{
    uint32_t crc;

    section[1] = (uint8_t)(0xb0 | (len + SECTION_CRC - 3) >> 8);
    section[2] = (uint8_t)(len + SECTION_CRC - 3);
    crc = psi_crc(section, len);
    for (int i = 0; i < 4; i++)
        section[len + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    return len + SECTION_CRC;
}

void psi_write(const struct psi_stream *streams, size_t count, uint16_t pmt_pid, uint16_t pcr_pid,
               uint8_t out[2 * TS_PACKET])
{
    uint8_t s[TS_PACKET] = {TABLE_PAT, 0, 0, 0, 1, 0xc1, 0, 0, 0, 1};
    size_t n = 12;

    assert(count <= 16);
    s[10] = (uint8_t)(0xe0 | pmt_pid >> 8);
    s[11] = (uint8_t)pmt_pid;
    put_packet(out, TS_PID_PAT, s, put_crc(s, n));
    memcpy(s, (const uint8_t[]){TABLE_PMT, 0, 0, 0, 1, 0xc1, 0, 0}, 8);
    s[8] = (uint8_t)(0xe0 | pcr_pid >> 8);
    s[9] = (uint8_t)pcr_pid;
    s[10] = 0xf0;
    s[11] = 0;
    for (size_t i = 0; i < count; i++) {
        s[n] = streams[i].type;
        s[n + 1] = (uint8_t)(0xe0 | streams[i].pid >> 8);
        s[n + 2] = (uint8_t)streams[i].pid;
        s[n + 3] = 0xf0;
        s[n + 4] = 0;
        n += 5;
    }
    put_packet(out + TS_PACKET, pmt_pid, s, put_crc(s, n));
}
