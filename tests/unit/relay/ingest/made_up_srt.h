/* For tests: an SRT socket without a network. It stands in for libsrt's functions. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RELAY_INGEST_MADE_UP_SRT_H
#define TESTS_UNIT_RELAY_INGEST_MADE_UP_SRT_H

#include "relay/ingest/psi.h"

#include <setjmp.h>
#include <srt/srt.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { QUEUE = 8192, FIRST = 0x7ffffff0 };

/* What libsrt has: in order, or early, which SRTO_RCVDATA does not count. */
static struct queued {
    uint8_t bytes[7 * TS_PACKET];
    size_t len;
    int32_t sequence;
    bool early;
} queue[QUEUE];
static size_t queue_from, queue_to;
static int64_t arrived;

int srt_recvmsg2(SRTSOCKET u, char *bytes, int len, SRT_MSGCTRL *control)
{
    const struct queued *q = &queue[queue_from];

    (void)u;
    if (queue_from == queue_to)
        return -1;
    assert_true((size_t)len >= q->len);
    memcpy(bytes, q->bytes, q->len);
    control->pktseq = q->sequence;
    queue_from++;
    return (int)q->len;
}

int srt_getsockflag(SRTSOCKET u, SRT_SOCKOPT name, void *value, int *len)
{
    int ready = 0;

    (void)u, (void)len;
    assert_int_equal(name, SRTO_RCVDATA);
    while (queue_from + (size_t)ready < queue_to && !queue[queue_from + (size_t)ready].early)
        ready++;
    memcpy(value, &ready, sizeof(ready));
    return 0;
}

int srt_bistats(SRTSOCKET u, SRT_TRACEBSTATS *s, int clear, int instantaneous)
{
    (void)u, (void)clear, (void)instantaneous;
    memset(s, 0, sizeof(*s));
    s->pktRecvTotal = arrived;
    return 0;
}

SRT_SOCKSTATUS srt_getsockstate(SRTSOCKET u)
{
    (void)u;
    return SRTS_CONNECTED;
}

int srt_close(SRTSOCKET u)
{
    (void)u;
    return 0;
}

static void arrive(int32_t sequence, const uint8_t *bytes, size_t len, bool early)
{
    struct queued *q = &queue[queue_to++];

    assert_true(queue_to < QUEUE && len <= sizeof(q->bytes));
    memcpy(q->bytes, bytes, len);
    q->len = len;
    q->sequence = (int32_t)(((uint32_t)FIRST + (uint32_t)sequence) & 0x7fffffff);
    q->early = early;
    arrived++;
}

#endif
