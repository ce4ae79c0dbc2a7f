/* The bare receiver: drains every socket on one tick and throws the bytes away. */
/* SPDX-License-Identifier: MIT */
/*
 * What libsrt alone costs when it is read as the relay reads it, the floor of every ingest figure:
 * TSBPD and TLPKTDROP off, SRTO_RCVDATA messages a socket and tick, a UDP socket of our own given
 * to srt_bind_acquire, flow window and receive buffer of 4096 packets. --workers processes share
 * the port with SO_REUSEPORT. Runs until SIGTERM, SIGINT or --seconds, then prints for each worker
 *   sink WORKER bytes=N messages=N feeds=N cpu_us=N s_per_gib=X
 */
#include "tests/bench/lib/stopwatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <srt/srt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MAX_WORKERS = 16,
    MAX_FEEDS = 2000,
    FLOW_PACKETS = 4096,
    UDP_BUFFER_BYTES = 8 << 20,
    MESSAGE_BYTES = 2048, /* libsrt wants room for the largest live payload, 1456 */
    ACCEPT_TICKS = 10,    /* the listener is looked at on every tenth tick */
};

struct feed {
    SRTSOCKET socket;
    FILE *dump;
};

struct sink {
    struct sockaddr_in at;
    unsigned workers, seconds, tick_ms;
    const char *dump_dir;

    unsigned worker; /* this process */
    SRTSOCKET listener;
    int epoll;
    struct feed feed[MAX_FEEDS];
    size_t feeds, accepted;
    uint64_t bytes, messages;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static int parse_options(struct sink *k, int argc, char **argv)
{
    static const struct option known[] = {
        {"port", 1, NULL, 'p'}, {"workers", 1, NULL, 'w'}, {"seconds", 1, NULL, 's'},
        {"tick", 1, NULL, 't'}, {"dump", 1, NULL, 'd'},    {NULL, 0, NULL, 0},
    };
    int o;

    k->at = (struct sockaddr_in){.sin_family = AF_INET};
    k->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (o) {
        case 'p':
            k->at.sin_port = htons((uint16_t)atoi(optarg));
            break;
        case 'w':
            k->workers = (unsigned)atoi(optarg);
            break;
        case 's':
            k->seconds = (unsigned)atoi(optarg);
            break;
        case 't':
            k->tick_ms = (unsigned)atoi(optarg);
            break;
        case 'd':
            k->dump_dir = optarg;
            break;
        default:
            return -EINVAL;
        }
    }
    return k->at.sin_port && k->workers >= 1 && k->workers <= MAX_WORKERS && k->tick_ms >= 1 &&
                   k->tick_ms <= 1000
               ? 0
               : -EINVAL;
}

static int udp_open(const struct sockaddr_in *at)
{
    int one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0 ||
        bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0) {
        int r = -errno;

        close(fd);
        return r;
    }
    return fd;
}

static int set_int(SRTSOCKET s, SRT_SOCKOPT o, int value)
{
    return srt_setsockflag(s, o, &value, sizeof(value)) == SRT_ERROR ? -EINVAL : 0;
}

static int listener_open(struct sink *k, int fd)
{
    int bytes = UDP_BUFFER_BYTES, in = SRT_EPOLL_IN;

    srt_setloglevel(LOG_CRIT);
    if (srt_startup() < 0)
        return -EIO;
    k->listener = srt_create_socket();
    if (k->listener <= 0 || set_int(k->listener, SRTO_RCVSYN, 0) < 0 ||
        set_int(k->listener, SRTO_TSBPDMODE, 0) < 0 ||
        set_int(k->listener, SRTO_TLPKTDROP, 0) < 0 ||
        set_int(k->listener, SRTO_FC, FLOW_PACKETS) < 0 ||
        set_int(k->listener, SRTO_RCVBUF, FLOW_PACKETS * 1456) < 0 ||
        srt_bind_acquire(k->listener, fd) == SRT_ERROR)
        return -EINVAL;
    /* srt_bind_acquire sets the buffer back to libsrt's 64 KiB. FORCE needs a privilege; without
     * it net.core.rmem_max is the limit. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    k->epoll = srt_epoll_create();
    if (srt_listen(k->listener, 512) == SRT_ERROR || k->epoll < 0 ||
        srt_epoll_add_usock(k->epoll, k->listener, &in) == SRT_ERROR)
        return -EINVAL;
    return 0;
}

static FILE *dump_open(const struct sink *k, SRTSOCKET s)
{
    char id[513], path[1024];
    int len = sizeof(id) - 1;

    if (!k->dump_dir || srt_getsockflag(s, SRTO_STREAMID, id, &len) == SRT_ERROR)
        return NULL;
    id[len] = '\0';
    if (strchr(id, '/'))
        return NULL;
    snprintf(path, sizeof(path), "%s/%s.ts", k->dump_dir, id);
    return fopen(path, "w");
}

/* srt_accept on an empty listener costs an error line, so only while epoll says there is one. */
static void sink_accept(struct sink *k)
{
    SRT_EPOLL_EVENT event;

    while (srt_epoll_uwait(k->epoll, &event, 1, 0) == 1 && (event.events & SRT_EPOLL_IN)) {
        struct sockaddr_storage from;
        int len = sizeof(from);
        SRTSOCKET s = srt_accept(k->listener, (struct sockaddr *)&from, &len);

        if (s <= 0)
            return;
        if (k->feeds == MAX_FEEDS) {
            srt_close(s);
            continue;
        }
        k->feed[k->feeds++] = (struct feed){.socket = s, .dump = dump_open(k, s)};
        k->accepted++;
    }
}

/* Reads exactly what is there: running into "try again" costs libsrt an exception. 0 or -EPIPE. */
static int feed_drain(struct sink *k, struct feed *f)
{
    int count = 0, size = sizeof(count);
    char message[MESSAGE_BYTES];

    if (srt_getsockflag(f->socket, SRTO_RCVDATA, &count, &size) == SRT_ERROR)
        return -EPIPE;
    for (; count > 0; count--) {
        int n = srt_recvmsg(f->socket, message, sizeof(message));

        if (n <= 0)
            return n < 0 && srt_getlasterror(NULL) == SRT_EASYNCRCV ? 0 : -EPIPE;
        k->bytes += (uint64_t)n;
        k->messages++;
        if (f->dump)
            fwrite(message, 1, (size_t)n, f->dump);
    }
    return 0;
}

static void feed_close(struct sink *k, size_t i)
{
    srt_close(k->feed[i].socket);
    if (k->feed[i].dump)
        fclose(k->feed[i].dump);
    k->feed[i] = k->feed[--k->feeds];
}

static void sink_tick(struct sink *k, bool look)
{
    if (look)
        sink_accept(k);
    for (size_t i = k->feeds; i-- > 0;) {
        int r = feed_drain(k, &k->feed[i]);

        if (r < 0 || (look && srt_getsockstate(k->feed[i].socket) != SRTS_CONNECTED))
            feed_close(k, i);
    }
}

static int worker_run(struct sink *k, int fd)
{
    int64_t tick_us = stopwatch_mono_us(), end_us = tick_us + k->seconds * INT64_C(1000000);
    double gib;

    if (listener_open(k, fd) < 0) {
        fprintf(stderr, "srt_sink: %s\n", srt_getlasterror_str());
        return 1;
    }
    for (uint64_t n = 0; !stopped && (k->seconds == 0 || tick_us < end_us); n++) {
        int64_t now_us;

        sink_tick(k, n % ACCEPT_TICKS == 0);
        tick_us += k->tick_ms * 1000;
        now_us = stopwatch_mono_us();
        tick_us = tick_us > now_us ? tick_us : now_us;
        stopwatch_sleep_until(tick_us);
    }
    while (k->feeds > 0)
        feed_close(k, 0);
    gib = (double)k->bytes / (1 << 30);
    printf("sink %u bytes=%" PRIu64 " messages=%" PRIu64 " feeds=%zu cpu_us=%" PRId64
           " s_per_gib=%.2f\n",
           k->worker, k->bytes, k->messages, k->accepted, stopwatch_cpu_us(),
           gib > 0 ? (double)stopwatch_cpu_us() / 1e6 / gib : 0.0);
    fflush(NULL);
    return 0;
}

/* Waits for every worker; a signal is passed on to those this process started. */
static int workers_wait(const pid_t *pid, unsigned n)
{
    int failed = 0, status;
    bool told = false;

    for (unsigned left = n; left > 0;) {
        if (stopped && !told) {
            for (unsigned i = 0; i < n; i++)
                kill(pid[i], SIGTERM);
            told = true;
        }
        if (wait(&status) > 0) {
            left--;
            failed |= status != 0;
        } else if (errno != EINTR) {
            break;
        }
    }
    return failed;
}

int main(int argc, char **argv)
{
    static struct sink k = {.workers = 1, .tick_ms = 5};
    struct sigaction on = {.sa_handler = on_signal}; /* no SA_RESTART: wait() must come back */
    int fd[MAX_WORKERS];
    pid_t pid[MAX_WORKERS];

    if (parse_options(&k, argc, argv) < 0) {
        fputs("usage: srt_sink --port P [--workers N] [--seconds S] [--tick MS] [--dump DIR]\n",
              stderr);
        return 2;
    }
    sigaction(SIGTERM, &on, NULL);
    sigaction(SIGINT, &on, NULL);
    for (unsigned i = 0; i < k.workers; i++) {
        fd[i] = udp_open(&k.at);
        if (fd[i] < 0) {
            fprintf(stderr, "srt_sink: bind: %s\n", strerror(-fd[i]));
            return 1;
        }
    }
    for (unsigned i = 0; i < k.workers; i++) { /* fork before libsrt has threads */
        pid[i] = fork();
        if (pid[i] == 0) {
            k.worker = i;
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            for (unsigned j = 0; j < k.workers; j++)
                if (j != i)
                    close(fd[j]);
            _exit(worker_run(&k, fd[i]));
        }
        close(fd[i]);
    }
    return workers_wait(pid, k.workers);
}
