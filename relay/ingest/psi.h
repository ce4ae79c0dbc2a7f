/* Program tables of an MPEG transport stream: sections put together, PAT and PMT read. */
/* SPDX-License-Identifier: MIT */
/* ISO/IEC 13818-1 sections 2.4.4.3 (PAT), 2.4.4.8 (PMT), 2.6 (descriptors), annex A (CRC); ETSI EN
 * 300 468 annex D (AC-3). Pure; thread: any. */
#ifndef RELAY_INGEST_PSI_H
#define RELAY_INGEST_PSI_H

#include "codecs/opus.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TS_PACKET = 188,
    TS_PID_PAT = 0,
    TS_PID_NULL = 0x1fff,
    PSI_SECTION_MAX = 1024,
    PSI_STREAMS_MAX = 64,
};

/* One PID's section, gathered over packets. */
struct psi_section {
    uint8_t bytes[PSI_SECTION_MAX];
    uint16_t have;
    bool open;
};

struct psi_stream {
    uint16_t pid;
    uint8_t type;          /* stream_type, table 2-34 */
    char language[12];     /* from the ISO 639 descriptor; "" */
    uint32_t registration; /* format_identifier (2.6.8), 'Opus' as 0x4f707573; 0: none */
    uint8_t dvb_audio;     /* the tag of an AC-3 or enhanced AC-3 descriptor; 0: none */
    uint8_t opus_config;   /* channel_config_code; OPUS_CONFIG_UNSAID: none */
};

struct psi_program {
    uint16_t number, pmt_pid, pcr_pid;
    uint8_t version;
    struct psi_stream streams[PSI_STREAMS_MAX];
    size_t count;
    bool truncated; /* it had more than PSI_STREAMS_MAX */
};

/* Takes one packet's payload. 1 when a whole section with a right CRC is in bytes[0..have);
 * 0 when more is needed; -EINVAL when it was bad and dropped. */
int psi_section_take(struct psi_section *s, const uint8_t *payload, size_t len, bool unit_start);
/* The first program of a PAT section (program 0 is the network's). 0; -ENOENT when it has none;
 * -EINVAL when it is no PAT. */
int psi_read_pat(const uint8_t *section, size_t len, struct psi_program *out);
/* Fills the streams of a PMT section. 0 or -EINVAL. */
int psi_read_pmt(const uint8_t *section, size_t len, struct psi_program *out);
uint32_t psi_crc(const uint8_t *bytes, size_t len);
/* Writes a PAT packet and a PMT packet (2 * TS_PACKET bytes) that announce just these streams, 16
 * at most, for a demuxer that shall see nothing else. */
void psi_write(const struct psi_stream *streams, size_t count, uint16_t pmt_pid, uint16_t pcr_pid,
               uint8_t out[2 * TS_PACKET]);

#endif
