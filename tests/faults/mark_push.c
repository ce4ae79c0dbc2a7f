/* Pushes a made-up feed over SRT as its script says, and writes down what was sent. */
/* SPDX-License-Identifier: MIT */
/*
 * mark_push --to HOST:PORT --stream ID --ledger FILE [--speed X] [--seed N] [--srt-clock US]
 *           [--latency MS]
 * <SCRIPT
 *
 * Messages of 1316 bytes leave at the pace of the media, --speed times as fast. The script is
 * marked_feed.h's, and:
 *   reconnect MS        the connection is closed and, MS later, made anew; ledger: "session"
 *   misalign BYTES      from now on messages begin so many bytes into a packet
 *   say WORDS           ledger: "say WORDS", once what came before was handed to libsrt
 *   quiet MS            nothing is sent for so long
 * --srt-clock: SRT's timestamps run so many microseconds ahead (they wrap at 2^32).
 * --out FILE instead of --to: the bytes go there at once.
 */
#include "tests/bench/lib/stopwatch.h"
#include "tests/faults/lib/marked_feed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <srt/srt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1316, CONNECT_TRIES = 40, DRAIN_US = 8000000 };

struct push {
    struct sockaddr_in to;
    const char *stream, *ledger_path, *out_path;
    double speed;
    uint64_t seed;
    int64_t srt_clock_us;
    int latency_ms; /* 0: libsrt's */
    SRTSOCKET socket;
    FILE *out, *ledger;
    uint8_t message[MESSAGE_BYTES];
    size_t have;
    uint64_t t, start_t; /* media ticks */
    int64_t start_us;
    struct marked_feed feed;
};

static void fail(const char *what)
{
    fprintf(stderr, "mark_push: %s: %s\n", what, srt_getlasterror_str());
    fflush(NULL);
    _exit(1);
}

static int set_int(SRTSOCKET s, SRT_SOCKOPT o, int value)
{
    return srt_setsockflag(s, o, &value, sizeof(value));
}

/* Nothing is dropped on this side: what the ledger says was sent is delivered. */
static int connect_once(struct push *p)
{
    int64_t bandwidth = 0;
    struct linger linger = {1, 5};

    p->socket = srt_create_socket();
    srt_setsockflag(p->socket, SRTO_LINGER, &linger, sizeof(linger));
    srt_setsockflag(p->socket, SRTO_MAXBW, &bandwidth, sizeof(bandwidth));
    if (set_int(p->socket, SRTO_OHEADBW, 100) || set_int(p->socket, SRTO_TLPKTDROP, 0) ||
        set_int(p->socket, SRTO_CONNTIMEO, 3000) ||
        (p->latency_ms && set_int(p->socket, SRTO_LATENCY, p->latency_ms)) ||
        srt_setsockflag(p->socket, SRTO_STREAMID, p->stream, (int)strlen(p->stream)))
        fail("options");
    bandwidth = -1;
    srt_setsockflag(p->socket, SRTO_MAXBW, &bandwidth, sizeof(bandwidth));
    if (srt_connect(p->socket, (struct sockaddr *)&p->to, sizeof(p->to)) != SRT_ERROR)
        return 0;
    srt_close(p->socket);
    return -1;
}

static void open_session(struct push *p)
{
    int tries = 0;

    if (p->ledger)
        fprintf(p->ledger, "session\n");
    p->start_us = stopwatch_mono_us();
    p->start_t = p->t;
    if (p->out)
        return;
    while (connect_once(p)) {
        if (++tries == CONNECT_TRIES)
            fail("connect");
        stopwatch_sleep_until(stopwatch_mono_us() + 100000);
    }
    p->start_us = stopwatch_mono_us();
}

static void send_message(struct push *p)
{
    SRT_MSGCTRL control = srt_msgctrl_default;

    if (p->have == 0)
        return;
    if (p->out) {
        fwrite(p->message, 1, p->have, p->out);
        p->have = 0;
        return;
    }
    stopwatch_sleep_until(p->start_us + (int64_t)((double)(p->t - p->start_t) / 0.09 / p->speed));
    if (p->srt_clock_us)
        control.srctime = srt_time_now() + p->srt_clock_us;
    if (srt_sendmsg2(p->socket, (char *)p->message, (int)p->have, &control) == SRT_ERROR)
        fail("send");
    p->have = 0;
}

static void on_bytes(void *ctx, const uint8_t *bytes, size_t len, uint64_t t)
{
    struct push *p = ctx;

    p->t = t;
    for (size_t i = 0; i < len; i++) {
        p->message[p->have++] = bytes[i];
        if (p->have == MESSAGE_BYTES)
            send_message(p);
    }
}

/* Until what was sent is acknowledged. */
static void close_session(struct push *p)
{
    int64_t until_us = stopwatch_mono_us() + DRAIN_US;
    size_t blocks = 1, bytes = 0;

    send_message(p);
    if (p->out)
        return;
    while (srt_getsndbuffer(p->socket, &blocks, &bytes) != SRT_ERROR && blocks > 0 &&
           stopwatch_mono_us() < until_us)
        stopwatch_sleep_until(stopwatch_mono_us() + 1000);
    if (blocks > 0)
        fail("what was sent was not acknowledged");
    srt_close(p->socket);
}

static void quiet(struct push *p, int64_t ms)
{
    send_message(p);
    stopwatch_sleep_until(stopwatch_mono_us() + ms * 1000);
    p->start_us += ms * 1000;
}

/* One line of the script; what is not known here is the feed's. */
static int command(struct push *p, char *line)
{
    long n = 0;

    if (line[0] == '\0' || line[0] == '#')
        return 0;
    if (sscanf(line, "reconnect %ld", &n) == 1) {
        close_session(p);
        stopwatch_sleep_until(stopwatch_mono_us() + n * 1000);
        open_session(p);
        p->feed.idr_due = p->feed.tables_due = true;
        return 0;
    }
    if (sscanf(line, "misalign %ld", &n) == 1) {
        p->have = p->have < (size_t)n ? (size_t)n : p->have;
        return 0;
    }
    if (sscanf(line, "quiet %ld", &n) == 1) {
        quiet(p, n);
        return 0;
    }
    if (strncmp(line, "say ", 4) == 0) {
        if (p->ledger)
            fprintf(p->ledger, "%s\n", line);
        return 0;
    }
    return marked_feed_command(&p->feed, line);
}

static int run_script(struct push *p)
{
    char line[256];

    open_session(p);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (command(p, line)) {
            fprintf(stderr, "mark_push: \"%s\" is no command\n", line);
            return 2;
        }
        if (p->ledger)
            fflush(p->ledger);
    }
    close_session(p);
    return 0;
}

static int parse_address(struct sockaddr_in *a, const char *text)
{
    char host[64];
    int port = 0;

    if (sscanf(text, "%63[0-9.]:%d", host, &port) != 2)
        return -EINVAL;
    *a = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &a->sin_addr) == 1 ? 0 : -EINVAL;
}

static int parse_options(struct push *p, int argc, char **argv)
{
    static const struct option known[] = {
        {"to", 1, NULL, 't'},    {"stream", 1, NULL, 's'},  {"ledger", 1, NULL, 'l'},
        {"speed", 1, NULL, 'x'}, {"seed", 1, NULL, 'e'},    {"srt-clock", 1, NULL, 'c'},
        {"out", 1, NULL, 'o'},   {"latency", 1, NULL, 'y'}, {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (o == 't' && parse_address(&p->to, optarg) == 0)
            continue;
        else if (o == 's')
            p->stream = optarg;
        else if (o == 'l')
            p->ledger_path = optarg;
        else if (o == 'x')
            p->speed = atof(optarg);
        else if (o == 'e')
            p->seed = strtoull(optarg, NULL, 10);
        else if (o == 'c')
            p->srt_clock_us = atoll(optarg);
        else if (o == 'y')
            p->latency_ms = atoi(optarg);
        else if (o == 'o')
            p->out_path = optarg;
        else
            return -EINVAL;
    }
    return (p->to.sin_port && p->stream) || p->out_path ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
    static struct push p = {.speed = 1, .seed = 1};
    int rc;

    if (parse_options(&p, argc, argv)) {
        fputs("usage: mark_push --to HOST:PORT --stream ID --ledger FILE [--speed X] [--seed N] "
              "[--srt-clock US] [--latency MS] [--out FILE] <SCRIPT\n",
              stderr);
        return 2;
    }
    if (p.ledger_path && !(p.ledger = fopen(p.ledger_path, "w")))
        return 1;
    if (p.out_path && !(p.out = fopen(p.out_path, "w")))
        return 1;
    srt_startup();
    srt_setloglevel(LOG_ERR);
    marked_feed_init(&p.feed, p.seed, p.ledger, &p, on_bytes);
    rc = run_script(&p);
    if (p.ledger)
        fprintf(p.ledger, "end\n");
    fflush(NULL);
    _exit(rc); /* srt_cleanup waits seconds for its garbage collector */
}
