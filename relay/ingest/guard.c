/* The guard as classic BPF; its twin in C is what the tests compare it with. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/guard.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

/* draft-sharabayko-srt section 3.2: control types. */
enum {
    SRT_HANDSHAKE = 0,
    SRT_KEEPALIVE = 1,
    SRT_SHUTDOWN = 5,
    SRT_ACKACK = 6,
    SRT_EXTENSION = 0x7fff,
};

enum {
    UDP_HEADER = 8,       /* a socket filter on UDP sees the header first */
    AT_TYPE = UDP_HEADER, /* F bit, control type, subtype */
    AT_SUBTYPE = UDP_HEADER + 2,
    AT_MSS = UDP_HEADER + 28, /* handshake: version, encryption, ISN, MSS, flow window */
    AT_WINDOW = UDP_HEADER + 32,
};

#define LOAD32(at)              BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define LOAD16(at)              BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at)
#define LOAD_LENGTH             BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0)
#define IF_EQUAL(k, yes, no)    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no)
#define IF_ABOVE(k, yes, no)    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, k, yes, no)
#define IF_AT_LEAST(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, k, yes, no)
#define IF_BIT(k, yes, no)      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, k, yes, no)
#define PASS                    BPF_STMT(BPF_RET | BPF_K, 0xffffffffu)
#define DROP                    BPF_STMT(BPF_RET | BPF_K, 0)

int guard_attach(int udp_fd)
{
    static struct sock_filter code[] = {
        /*  0 */ LOAD_LENGTH,
        /*  1 */ IF_AT_LEAST(UDP_HEADER + 16, 0, 20),
        /*  2 */ LOAD32(AT_TYPE),
        /*  3 */ IF_BIT(0x80000000u, 0, 17), /* data: pass */
        /*  4 */ LOAD16(AT_TYPE),
        /*  5 */ IF_EQUAL(0x8000 | SRT_KEEPALIVE, 15, 0),
        /*  6 */ IF_EQUAL(0x8000 | SRT_SHUTDOWN, 14, 0),
        /*  7 */ IF_EQUAL(0x8000 | SRT_ACKACK, 13, 0),
        /*  8 */ IF_EQUAL(0x8000 | SRT_HANDSHAKE, 5, 0),
        /*  9 */ IF_EQUAL(0x8000 | SRT_EXTENSION, 0, 12),
        /* 10 */ LOAD16(AT_SUBTYPE),
        /* 11 */ IF_ABOVE(4, 10, 0),
        /* 12 */ LOAD_LENGTH,
        /* 13 */ IF_ABOVE(UDP_HEADER + GUARD_EXTENSION_MAX, 8, 7),
        /* 14 */ LOAD_LENGTH,
        /* 15 */ IF_AT_LEAST(UDP_HEADER + GUARD_HANDSHAKE_MIN, 0, 6),
        /* 16 */ LOAD32(AT_MSS),
        /* 17 */ IF_AT_LEAST(GUARD_MSS_MIN, 0, 4),
        /* 18 */ IF_ABOVE(65535, 3, 0),
        /* 19 */ LOAD32(AT_WINDOW),
        /* 20 */ IF_ABOVE(GUARD_WINDOW_MAX, 1, 0),
        /* 21 */ PASS,
        /* 22 */ DROP,
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    if (setsockopt(udp_fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
        return -errno;
    return 0;
}

static uint32_t word(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool guard_passes(const uint8_t *packet, size_t len)
{
    uint32_t type, mss;

    if (len < 16)
        return false;
    if (!(packet[0] & 0x80))
        return true;
    type = word(packet) >> 16 & 0x7fff;
    switch (type) {
    case SRT_KEEPALIVE:
    case SRT_SHUTDOWN:
    case SRT_ACKACK:
        return true;
    case SRT_HANDSHAKE:
        if (len < GUARD_HANDSHAKE_MIN)
            return false;
        mss = word(packet + 28);
        return mss >= GUARD_MSS_MIN && mss <= 65535 && word(packet + 32) <= GUARD_WINDOW_MAX;
    case SRT_EXTENSION:
        return (word(packet) & 0xffff) <= 4 && len <= GUARD_EXTENSION_MAX;
    default:
        return false;
    }
}
