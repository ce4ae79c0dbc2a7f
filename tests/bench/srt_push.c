/* Pushes many rooms of one clip over SRT from one process, paced against the clock. */
/* SPDX-License-Identifier: MIT */
/*
 * Every room is a caller with a sender's own defaults (live mode, TSBPD and TLPKTDROP offered,
 * srt_send: not in order), 7 x 188 bytes a message (less at the end of an access unit with
 * --frames). The clip is looped: timestamps and continuity counters go on without a seam. One
 * thread sends on a 1 ms tick; libsrt adds two per source port.
 *
 * It ends after --seconds or at SIGTERM, once what was sent is acknowledged.
 * stdout, one line each (times are CLOCK_MONOTONIC microseconds):
 *   tick MONO_US bytes=N up=ROOMS late_us=WORST      once a second; late: behind the schedule
 *   end MONO_US bytes=N messages=N retransmitted=N dropped=N lost_rooms=N cpu_us=N
 * --log FILE:
 *   start ROOM MONO_US             srt_connect is about to be called
 *   first ROOM MONO_US             the first message was sent
 *   frame ROOM COUNT MONO_US       the last byte of that many video access units was sent
 *   gop ROOM INDEX MONO_US         the last byte of the access unit before the next IDR was sent
 */
#include "tests/bench/lib/stopwatch.h"
#include "tests/bench/lib/ts_clip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <srt/srt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_PACKETS = 7, TICK_US = 1000, MAX_ROOMS = 2000, MAX_PORTS = 200 };

enum {
    MAX_BEHIND_US = 10000000, /* more than a sender's buffer holds: the room is given up */
    DRAIN_US = 2000000,
    CONNECT_MS = 10000, /* libsrt's own 3 s are not always enough on a busy machine */
};

enum room_state {
    ROOM_WAITING,    /* its turn has not come */
    ROOM_CONNECTING, /* srt_connect under way */
    ROOM_SENDING,
    ROOM_LOST, /* refused or broken; not tried again */
};

struct room {
    enum room_state state;
    SRTSOCKET socket;
    char name[64];
    int64_t start_us; /* when to connect; once sending, when packet 0 was due */
    size_t next;      /* packet index within the loop */
    uint32_t loop, gop, frames;
};

struct push {
    const char *clip_path, *prefix, *log_path, *passphrase;
    struct sockaddr_in to;
    unsigned rooms, seconds, ports, latency_ms;
    int64_t stagger_us;
    enum ts_pace pace;

    struct ts_clip *clip;
    FILE *log;
    struct room *room;
    struct sockaddr_in from[MAX_PORTS];
    uint64_t bytes, messages, retransmitted, dropped;
    int64_t late_us; /* worst since the last tick line */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void usage(FILE *f)
{
    fputs("usage: srt_push --clip FILE --to HOST:PORT [options]\n"
          "  --rooms N        feeds at once (1)\n"
          "  --seconds S      how long in all (10)\n"
          "  --prefix TEXT    stream ids are TEXT000, TEXT001 ... (bench)\n"
          "  --ports N        local UDP ports to share among the rooms (one a room, 10 at most)\n"
          "  --latency MS     SRTO_LATENCY (120)\n"
          "  --passphrase T   encrypt\n"
          "  --stagger MS     the rooms start within this time (2000)\n"
          "  --frames         each access unit whole at its DTS instead of evenly by PCR\n"
          "  --log FILE       when rooms started and GOPs ended\n",
          f);
}

static int parse_address(struct sockaddr_in *a, const char *text)
{
    char host[64];
    const char *colon = strrchr(text, ':');

    if (!colon || (size_t)(colon - text) >= sizeof(host))
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    *a = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    return inet_pton(AF_INET, host, &a->sin_addr) == 1 && a->sin_port ? 0 : -EINVAL;
}

static int parse_options(struct push *p, int argc, char **argv)
{
    static const struct option known[] = {
        {"clip", 1, NULL, 'c'},    {"to", 1, NULL, 't'},         {"rooms", 1, NULL, 'r'},
        {"seconds", 1, NULL, 's'}, {"prefix", 1, NULL, 'x'},     {"ports", 1, NULL, 'p'},
        {"latency", 1, NULL, 'l'}, {"passphrase", 1, NULL, 'k'}, {"stagger", 1, NULL, 'g'},
        {"frames", 0, NULL, 'f'},  {"log", 1, NULL, 'o'},        {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (o) {
        case 'c':
            p->clip_path = optarg;
            break;
        case 't':
            if (parse_address(&p->to, optarg) < 0)
                return -EINVAL;
            break;
        case 'r':
            p->rooms = (unsigned)atoi(optarg);
            break;
        case 's':
            p->seconds = (unsigned)atoi(optarg);
            break;
        case 'x':
            p->prefix = optarg;
            break;
        case 'p':
            p->ports = (unsigned)atoi(optarg);
            break;
        case 'l':
            p->latency_ms = (unsigned)atoi(optarg);
            break;
        case 'k':
            p->passphrase = optarg;
            break;
        case 'g':
            p->stagger_us = atoi(optarg) * INT64_C(1000);
            break;
        case 'f':
            p->pace = TS_PACE_FRAMES;
            break;
        case 'o':
            p->log_path = optarg;
            break;
        default:
            return -EINVAL;
        }
    }
    if (p->ports == 0)
        p->ports = p->rooms < 10 ? p->rooms : 10;
    return p->clip_path && p->to.sin_port && p->rooms >= 1 && p->rooms <= MAX_ROOMS &&
                   p->seconds >= 1 && p->ports >= 1 && p->ports <= MAX_PORTS && p->stagger_us >= 0
               ? 0
               : -EINVAL;
}

static int set_int(SRTSOCKET s, SRT_SOCKOPT o, int value)
{
    return srt_setsockflag(s, o, &value, sizeof(value)) == SRT_ERROR ? -EINVAL : 0;
}

static void room_lose(struct room *r, const char *why)
{
    fprintf(stderr, "%s: %s\n", r->name, why);
    srt_close(r->socket);
    r->state = ROOM_LOST;
}

/* Sockets bound to the same local port share one multiplexer of libsrt, thus its two threads; the
 * first one on a port lets the kernel choose it. */
static int bind_shared(struct push *p, SRTSOCKET s, unsigned index)
{
    struct sockaddr_in *from = &p->from[index % p->ports];
    int len = sizeof(*from);

    if (from->sin_family == 0) {
        from->sin_family = AF_INET;
        from->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    if (srt_bind(s, (struct sockaddr *)from, sizeof(*from)) == SRT_ERROR)
        return -EADDRINUSE;
    return srt_getsockname(s, (struct sockaddr *)from, &len) == SRT_ERROR ? -EINVAL : 0;
}

static void room_connect(struct push *p, struct room *r, unsigned index, int64_t now_us)
{
    r->socket = srt_create_socket();
    r->state = ROOM_CONNECTING;
    if (r->socket <= 0 || set_int(r->socket, SRTO_SNDSYN, 0) < 0 ||
        set_int(r->socket, SRTO_RCVSYN, 0) < 0 ||
        set_int(r->socket, SRTO_CONNTIMEO, CONNECT_MS) < 0 ||
        set_int(r->socket, SRTO_LATENCY, (int)p->latency_ms) < 0 ||
        srt_setsockflag(r->socket, SRTO_STREAMID, r->name, (int)strlen(r->name)) == SRT_ERROR ||
        (p->passphrase && srt_setsockflag(r->socket, SRTO_PASSPHRASE, p->passphrase,
                                          (int)strlen(p->passphrase)) == SRT_ERROR) ||
        bind_shared(p, r->socket, index) < 0) {
        room_lose(r, srt_getlasterror_str());
        return;
    }
    if (p->log)
        fprintf(p->log, "start %s %" PRId64 "\n", r->name, now_us);
    if (srt_connect(r->socket, (struct sockaddr *)&p->to, sizeof(p->to)) == SRT_ERROR)
        room_lose(r, srt_getlasterror_str());
}

/* While the receive thread turns a connecting socket into a connected one, libsrt 1.5.1 says
 * "broken" for a moment (it clears one flag before it sets the other), without a reject reason. */
static void room_await(struct push *p, struct room *r, int64_t now_us)
{
    SRT_SOCKSTATUS s = srt_getsockstate(r->socket);
    int reason = srt_getrejectreason(r->socket);

    if (s == SRTS_CONNECTED) {
        r->state = ROOM_SENDING;
        r->start_us = now_us;
        if (p->log)
            fprintf(p->log, "first %s %" PRId64 "\n", r->name, now_us);
    } else if (s > SRTS_CONNECTED &&
               (reason != SRT_REJ_UNKNOWN || now_us - r->start_us > CONNECT_MS * 1000)) {
        room_lose(r, srt_rejectreason_str(reason));
    }
}

/* How many packets the next message carries: seven, but one that leaves frame by frame ends with
 * the frame, so that no access unit's tail waits for the next one. */
static size_t message_packets(const struct push *p, const struct room *r)
{
    size_t n = ts_clip_packets(p->clip), i = 1;

    if (p->pace == TS_PACE_PCR)
        return MESSAGE_PACKETS;
    while (i < MESSAGE_PACKETS && r->next + i < n &&
           ts_clip_due_us(p->clip, r->next + i, r->loop) ==
               ts_clip_due_us(p->clip, r->next, r->loop))
        i++;
    return i;
}

/* A message leaves when its last packet is due, as from a buffer of 1316 bytes. */
static int64_t room_due_us(const struct push *p, const struct room *r, size_t packets)
{
    size_t n = ts_clip_packets(p->clip), last = r->next + packets - 1;

    return r->start_us + ts_clip_due_us(p->clip, last % n, r->loop + (uint32_t)(last / n));
}

/* Moves past the message that was sent and logs the frames and GOPs that ended in it. */
static void room_advance(struct push *p, struct room *r, size_t packets, int64_t now_us)
{
    for (size_t i = 0; i < packets; i++) {
        if (ts_clip_ends_frame(p->clip, r->next) && ++r->frames && p->log)
            fprintf(p->log, "frame %s %u %" PRId64 "\n", r->name, r->frames, now_us);
        if (ts_clip_ends_gop(p->clip, r->next)) {
            if (p->log)
                fprintf(p->log, "gop %s %u %" PRId64 "\n", r->name, r->gop, now_us);
            r->gop++;
        }
        if (++r->next == ts_clip_packets(p->clip)) {
            r->next = 0;
            r->loop++;
        }
    }
}

/* libsrt copies the message, so one buffer serves all rooms. */
static int message_send(const struct push *p, const struct room *r, size_t packets)
{
    uint8_t message[MESSAGE_PACKETS * TS_PACKET_BYTES];
    size_t n = ts_clip_packets(p->clip);

    for (size_t i = 0; i < packets; i++)
        ts_clip_write(p->clip, (r->next + i) % n, r->loop + (uint32_t)((r->next + i) / n),
                      message + i * TS_PACKET_BYTES);
    return srt_send(r->socket, (char *)message, (int)(packets * TS_PACKET_BYTES));
}

/* Sends what is due. */
static void room_send(struct push *p, struct room *r, int64_t now_us)
{
    for (;;) {
        size_t packets = message_packets(p, r);
        int64_t due_us = room_due_us(p, r, packets);

        if (due_us > now_us)
            return;
        if (now_us - due_us > p->late_us)
            p->late_us = now_us - due_us;
        if (message_send(p, r, packets) == SRT_ERROR) {
            if (srt_getlasterror(NULL) != SRT_EASYNCSND || now_us - due_us > MAX_BEHIND_US)
                room_lose(r, srt_getlasterror_str());
            return;
        }
        room_advance(p, r, packets, p->log ? stopwatch_mono_us() : now_us);
        p->bytes += packets * TS_PACKET_BYTES;
        p->messages++;
    }
}

static void push_tick(struct push *p, int64_t now_us)
{
    for (unsigned i = 0; i < p->rooms; i++) {
        struct room *r = &p->room[i];

        if (r->state == ROOM_WAITING && r->start_us <= now_us)
            room_connect(p, r, i, now_us);
        else if (r->state == ROOM_CONNECTING)
            room_await(p, r, now_us);
        else if (r->state == ROOM_SENDING)
            room_send(p, r, now_us);
    }
}

static unsigned rooms_in(const struct push *p, enum room_state s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < p->rooms; i++)
        n += p->room[i].state == s;
    return n;
}

static void push_run(struct push *p)
{
    int64_t begin_us = stopwatch_mono_us(), end_us = begin_us + p->seconds * INT64_C(1000000);
    int64_t tick_us = begin_us, line_us = begin_us + 1000000;

    for (unsigned i = 0; i < p->rooms; i++)
        p->room[i].start_us = begin_us + p->stagger_us * i / p->rooms;
    while (!stopped && tick_us < end_us && rooms_in(p, ROOM_LOST) < p->rooms) {
        int64_t now_us = stopwatch_mono_us();

        push_tick(p, now_us);
        if (now_us >= line_us) {
            printf("tick %" PRId64 " bytes=%" PRIu64 " up=%u late_us=%" PRId64 "\n", now_us,
                   p->bytes, rooms_in(p, ROOM_SENDING), p->late_us);
            fflush(stdout);
            if (p->log)
                fflush(p->log);
            p->late_us = 0;
            line_us += 1000000;
        }
        tick_us = tick_us + TICK_US > now_us ? tick_us + TICK_US : now_us;
        stopwatch_sleep_until(tick_us);
    }
}

/* Until every sender's buffer is acknowledged, or DRAIN_US. */
static void push_drain(struct push *p)
{
    int64_t until_us = stopwatch_mono_us() + DRAIN_US;

    for (unsigned i = 0; i < p->rooms; i++) {
        size_t blocks = 0, bytes = 0;

        if (p->room[i].state != ROOM_SENDING)
            continue;
        while (srt_getsndbuffer(p->room[i].socket, &blocks, &bytes) != SRT_ERROR && blocks > 0 &&
               stopwatch_mono_us() < until_us)
            stopwatch_sleep_until(stopwatch_mono_us() + TICK_US);
    }
}

static void push_count(struct push *p)
{
    for (unsigned i = 0; i < p->rooms; i++) {
        SRT_TRACEBSTATS s;

        if (p->room[i].state != ROOM_SENDING || srt_bistats(p->room[i].socket, &s, 0, 1) != 0)
            continue;
        p->retransmitted += (uint64_t)s.pktRetransTotal;
        p->dropped += (uint64_t)s.pktSndDropTotal;
        srt_close(p->room[i].socket);
    }
}

static int push_prepare(struct push *p)
{
    int r = ts_clip_open(&p->clip, p->clip_path, p->pace);

    if (r < 0)
        return r;
    p->room = calloc(p->rooms, sizeof(*p->room));
    if (!p->room)
        return -ENOMEM;
    for (unsigned i = 0; i < p->rooms; i++)
        snprintf(p->room[i].name, sizeof(p->room[i].name), "%s%03u", p->prefix, i);
    if (p->log_path && !(p->log = fopen(p->log_path, "w")))
        return -errno;
    srt_setloglevel(LOG_ERR);
    return srt_startup() < 0 ? -EIO : 0;
}

int main(int argc, char **argv)
{
    struct push p = {.prefix = "bench",
                     .rooms = 1,
                     .seconds = 10,
                     .latency_ms = 120,
                     .stagger_us = 2000000,
                     .pace = TS_PACE_PCR};
    unsigned lost;
    int r;

    if (parse_options(&p, argc, argv) < 0) {
        usage(stderr);
        return 2;
    }
    r = push_prepare(&p);
    if (r < 0) {
        fprintf(stderr, "srt_push: %s\n", strerror(-r));
        return 1;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    push_run(&p);
    lost = rooms_in(&p, ROOM_LOST);
    push_drain(&p);
    push_count(&p);
    printf("end %" PRId64 " bytes=%" PRIu64 " messages=%" PRIu64 " retransmitted=%" PRIu64
           " dropped=%" PRIu64 " lost_rooms=%u cpu_us=%" PRId64 "\n",
           stopwatch_mono_us(), p.bytes, p.messages, p.retransmitted, p.dropped, lost,
           stopwatch_cpu_us());
    fflush(NULL);
    _exit(lost ? 1 : 0); /* srt_cleanup waits seconds for its garbage collector */
}
