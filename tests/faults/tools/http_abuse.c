/* Thousands of HTTP viewers of one kind from one process: herds, slow readers, slow writers. */
/* SPDX-License-Identifier: MIT */
/*
 *   http_abuse --to HOST:PORT --count N --mode MODE --path PATH --seconds S [--rate BYTES] [--seed
 * N]
 *
 * herd    each asks once, at any moment of the first second, and reads the reply to its end
 * retry   the same, and asks again every half second while the answer is 404
 * slow    each asks once and reads RATE bytes a second out of a small buffer
 * drip    each sends one byte of a request head every second, or RATE bytes
 *
 * stdout: "ready" once all are connected; at the end one line of JSON: how many were answered with
 * which status, cut off, left; when the first and the last reply was whole (CLOCK_MONOTONIC us).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, TICK_US = 100000, STATUSES = 600, HEAD_MAX = 1024, SMALL_BUFFER = 4096 };

enum mode { HERD, RETRY, SLOW, DRIP };

struct viewer {
    int fd;
    bool asked, waits;
    int64_t due_us, born_us;
    size_t sent, body_left, head_len;
    char head[HEAD_MAX];
    int status;
};

static struct {
    struct sockaddr_in to;
    enum mode mode;
    const char *path;
    size_t count, rate;
    int64_t run_us;
} o = {.path = "/", .count = 100, .rate = 1, .run_us = 5000000};

static struct {
    uint64_t status[STATUSES], cut, refused, bytes;
    int64_t first_us, last_us, first_cut_us, last_cut_us;
} seen;

static struct viewer *viewers;
static int poll_fd;
static char request[512];
static size_t request_len;

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void drop(struct viewer *v)
{
    close(v->fd);
    v->fd = -1;
}

static void dial(struct viewer *v)
{
    int small = SMALL_BUFFER;
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = v};

    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (v->fd < 0) {
        seen.refused++;
        return;
    }
    if (o.mode == SLOW)
        setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    if (connect(v->fd, (struct sockaddr *)&o.to, sizeof(o.to)) && errno != EINPROGRESS) {
        seen.refused++;
        drop(v);
        return;
    }
    v->born_us = now_us();
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, v->fd, &e);
}

static void done(struct viewer *v)
{
    int64_t now = now_us();

    seen.status[v->status]++;
    if (!seen.first_us)
        seen.first_us = now;
    seen.last_us = now;
    v->waits = false;
    v->head_len = 0;
    if (o.mode == RETRY && v->status == 404)
        v->due_us = now + 500000;
    else
        v->due_us = INT64_MAX;
}

static void cut(struct viewer *v)
{
    int64_t age = now_us() - v->born_us;

    if (!seen.cut++ || age < seen.first_cut_us)
        seen.first_cut_us = age;
    if (age > seen.last_cut_us)
        seen.last_cut_us = age;
    drop(v);
}

/* Head bytes until its end; then only the length of the body matters. */
static size_t take_head(struct viewer *v, const char *bytes, size_t n)
{
    size_t used = 0;
    char *end, *length;

    while (used < n && v->head_len < HEAD_MAX - 1) {
        v->head[v->head_len++] = bytes[used++];
        if (v->head_len >= 4 && memcmp(v->head + v->head_len - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    v->head[v->head_len] = '\0';
    end = strstr(v->head, "\r\n\r\n");
    if (!end)
        return used;
    v->status = atoi(v->head + 9) % STATUSES;
    length = strcasestr(v->head, "content-length:");
    v->body_left = length ? (size_t)strtoull(length + 15, NULL, 10) : 0;
    v->head_len = HEAD_MAX; /* marks it as read */
    return used;
}

static void take(struct viewer *v, const char *bytes, size_t n)
{
    size_t used = v->head_len < HEAD_MAX ? take_head(v, bytes, n) : 0, more = n - used;

    seen.bytes += n;
    v->body_left -= more < v->body_left ? more : v->body_left;
    if (v->head_len == HEAD_MAX && v->body_left == 0 && v->waits)
        done(v);
}

static void read_some(struct viewer *v, size_t most)
{
    static char bytes[65536];

    while (v->fd >= 0 && most > 0) {
        ssize_t n = recv(v->fd, bytes, most < sizeof(bytes) ? most : sizeof(bytes), MSG_DONTWAIT);

        if (n > 0) {
            take(v, bytes, (size_t)n);
            most -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else {
            cut(v);
        }
    }
}

static void ask(struct viewer *v)
{
    if (v->fd < 0)
        dial(v);
    if (v->fd < 0 || send(v->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
        return; /* not connected yet: at the next tick */
    v->asked = v->waits = true;
    v->due_us = INT64_MAX;
}

static void drip(struct viewer *v, int64_t now)
{
    size_t left = request_len - 2 - v->sent, n = o.rate < left ? o.rate : left;

    if (v->fd < 0 || n == 0)
        return;
    if (send(v->fd, request + v->sent, n, MSG_NOSIGNAL) > 0)
        v->sent += n;
    v->due_us = now + 1000000;
}

static void tick(int64_t now)
{
    for (size_t i = 0; i < o.count; i++) {
        struct viewer *v = &viewers[i];

        if (o.mode == SLOW && v->asked && v->fd >= 0)
            read_some(v, o.rate / (1000000 / TICK_US));
        if (now < v->due_us)
            continue;
        if (o.mode == DRIP)
            drip(v, now);
        else
            ask(v);
    }
}

static void run(void)
{
    struct epoll_event events[EVENTS];
    int64_t end = now_us() + o.run_us, next = 0;

    for (int64_t now; (now = now_us()) < end;) {
        int n = epoll_wait(poll_fd, events, EVENTS, 10);

        for (int i = 0; i < n; i++)
            if (((struct viewer *)events[i].data.ptr)->fd >= 0 &&
                (o.mode != SLOW || events[i].events & (EPOLLHUP | EPOLLERR)))
                read_some(events[i].data.ptr, SIZE_MAX);
        if (now >= next) {
            next = now + TICK_US;
            tick(now);
        }
    }
}

static void report(void)
{
    size_t left = 0;

    for (size_t i = 0; i < o.count; i++)
        left += viewers[i].fd >= 0;
    printf("{\"statuses\":{");
    for (int i = 0, any = 0; i < STATUSES; i++)
        if (seen.status[i])
            printf("%s\"%d\":%" PRIu64, any++ ? "," : "", i, seen.status[i]);
    printf("},\"cut\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"left\":%zu,\"bytes\":%" PRIu64,
           seen.cut, seen.refused, left, seen.bytes);
    printf(",\"first_us\":%" PRId64 ",\"last_us\":%" PRId64 ",\"first_cut_us\":%" PRId64
           ",\"last_cut_us\":%" PRId64 "}\n",
           seen.first_us, seen.last_us, seen.first_cut_us, seen.last_cut_us);
}

static int parse(int argc, char **argv)
{
    static const struct option names[] = {
        {"to", 1, 0, 't'},      {"count", 1, 0, 'n'}, {"mode", 1, 0, 'm'}, {"path", 1, 0, 'p'},
        {"seconds", 1, 0, 's'}, {"rate", 1, 0, 'r'},  {"seed", 1, 0, 'x'}, {0},
    };
    static const char *const modes[] = {"herd", "retry", "slow", "drip"};
    char host[64];
    unsigned port;

    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (c == 't' && sscanf(optarg, "%63[0-9.]:%u", host, &port) == 2) {
            o.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
            inet_pton(AF_INET, host, &o.to.sin_addr);
        } else if (c == 'n') {
            o.count = strtoull(optarg, NULL, 10);
        } else if (c == 'm') {
            while (o.mode < DRIP && strcmp(modes[o.mode], optarg) != 0)
                o.mode++;
        } else if (c == 'p') {
            o.path = optarg;
        } else if (c == 's') {
            o.run_us = (int64_t)(atof(optarg) * 1e6);
        } else if (c == 'r') {
            o.rate = strtoull(optarg, NULL, 10);
        } else if (c == 'x') {
            srand((unsigned)atoi(optarg));
        } else {
            return -1;
        }
    }
    return o.to.sin_port ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct rlimit files;

    if (parse(argc, argv)) {
        fputs("usage: http_abuse --to HOST:PORT --count N --mode herd|retry|slow|drip ...\n",
              stderr);
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    request_len =
        (size_t)snprintf(request, sizeof(request),
                         "GET %s HTTP/1.1\r\nHost: abuse\r\nX-Long: %0128d\r\n\r\n", o.path, 0);
    viewers = calloc(o.count, sizeof(*viewers));
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!viewers || poll_fd < 0)
        return 1;
    for (size_t i = 0; i < o.count; i++) {
        viewers[i].due_us = now_us() + (o.mode == DRIP ? 0 : rand() % 1000000);
        dial(&viewers[i]);
    }
    puts("ready");
    fflush(stdout);
    run();
    report();
    return 0;
}
