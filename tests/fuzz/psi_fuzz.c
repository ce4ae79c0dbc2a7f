/* Fuzzes program tables: sections with right checksums, their descriptors, and their gathering. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/psi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
    if (!ok)
        abort();
}

static void check_program(const uint8_t *section, size_t len)
{
    struct psi_program p;
    uint8_t written[2 * TS_PACKET];

    memset(&p, 0, sizeof(p));
    int rc = psi_read_pat(section, len, &p);
    check(rc == 0 || rc == -EINVAL || rc == -ENOENT);
    if (rc == 0)
        check(p.number > 0 && p.pmt_pid >= 0x10 && p.pmt_pid < TS_PID_NULL);
    memset(&p, 0, sizeof(p));
    if (psi_read_pmt(section, len, &p))
        return;
    check(p.count <= PSI_STREAMS_MAX);
    for (size_t i = 0; i < p.count; i++)
        check(p.streams[i].pid <= TS_PID_NULL && memchr(p.streams[i].language, '\0', 12) != NULL);
    psi_write(p.streams, p.count < 16 ? p.count : 16, 0x1000, 0x100, written);
}

/* A whole section, its length and checksum put right, cut into packets of `step` bytes. */
static void gather(const uint8_t *data, size_t size, size_t step)
{
    static struct psi_section s;
    uint8_t section[PSI_SECTION_MAX], payload[TS_PACKET];
    size_t len = size < sizeof(section) - 4 ? size : sizeof(section) - 4, at = 0;
    uint32_t crc;
    int rc = 0;

    if (len < 8)
        return;
    memcpy(section, data, len);
    section[1] = (uint8_t)((section[1] & 0xf0) | ((len + 1) >> 8));
    section[2] = (uint8_t)(len + 1);
    crc = psi_crc(section, len);
    for (int i = 0; i < 4; i++)
        section[len + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    len += 4;
    memset(&s, 0, sizeof(s));
    payload[0] = 0;
    while (at < len && rc == 0) {
        size_t n = len - at < step ? len - at : step;

        memcpy(payload + 1, section + at, n);
        rc = at == 0 ? psi_section_take(&s, payload, n + 1, true)
                     : psi_section_take(&s, payload + 1, n, false);
        at += n;
    }
    check(rc == 1 && at == len && s.have == len && memcmp(s.bytes, section, len) == 0);
    check_program(s.bytes, s.have);
}

/* Payloads as they come: nothing but a whole section with a right sum may be given. */
static void raw(const uint8_t *data, size_t size)
{
    static struct psi_section s;

    memset(&s, 0, sizeof(s));
    while (size > 1) {
        size_t n = 1 + data[0] % 184;

        n = n < size - 1 ? n : size - 1;
        if (psi_section_take(&s, data + 1, n, data[0] >= 184) == 1)
            check(s.have >= 12 && psi_crc(s.bytes, s.have) == 0);
        check(s.have <= sizeof(s.bytes));
        data += 1 + n;
        size -= 1 + n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    gather(data + 1, size - 1, 1 + data[0] % 183);
    check_program(data, size);
    raw(data, size);
    return 0;
}
