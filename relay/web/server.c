/* The HTTP front: share-nothing threads, each with its own event base and listener. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/server.h"

#include "relay/base/log.h"
#include "relay/base/siphash.h"
#include "relay/web/gate.h"
#include "relay/web/http_thread.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
    struct gate *gate, *handshakes;
    const struct config *config;
    struct access *access; /* of the start */
    struct siphash_key viewer_key;
    _Atomic uint64_t tls_until_s;
    size_t thread_count;
    _Atomic bool stopped;
    struct http_thread *threads[];
};

/* Descriptors are shared with segments and workers: viewers may have nine tenths of them. */
static uint32_t connection_limit(const struct config *c)
{
    struct rlimit files;
    uint32_t max = c->http.max_connections;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return max;
    uint64_t room = (uint64_t)files.rlim_cur / 10 * 9;
    if (max <= room)
        return max;
    log_warn("http", "connections_limited max=%llu asked=%u reason=\"open files (ulimit -n)\"",
             (unsigned long long)room, max);
    return (uint32_t)room;
}

/* Set on the listener, inherited by what it accepts: a system call less per viewer. */
static void tune(int listen_fd)
{
    const int on = 1;
    if (setsockopt(listen_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        log_warn("http", "no_delay_failed reason=\"%s\"", strerror(errno));
}

static void close_from(const int *fds, size_t first, size_t n)
{
    for (size_t i = first; i < n; i++)
        close(fds[i]);
}

int server_new(struct server **out, const struct config *c, const int *listen_fds, size_t threads,
               const struct route *routes, size_t n)
{
    struct server *s = *out = calloc(1, sizeof *s + threads * sizeof s->threads[0]);
    int rc =
        s ? gate_new(&s->gate, connection_limit(c), c->http.max_connections_per_address) : -ENOMEM;
    if (!rc)
        rc = access_new(&s->access, c);
    if (rc) {
        close_from(listen_fds, 0, threads);
        goto out;
    }
    s->config = c;
    siphash_key_make(&s->viewer_key);
    for (size_t i = 0; i < threads; i++) {
        tune(listen_fds[i]);
        rc = http_thread_new(&s->threads[i], c, s->gate, (uint32_t)i, listen_fds[i], routes, n);
        if (rc) {
            close_from(listen_fds, i + 1, threads);
            goto out;
        }
        http_thread_set_access(s->threads[i], s->access);
        http_thread_set_viewer_key(s->threads[i], &s->viewer_key);
        s->thread_count++;
    }
    return 0;
out:
    log_error("http", "server_failed reason=\"%s\"", strerror(-rc));
    server_free(out);
    return rc;
}

int server_secure(struct server *s, const int *listen_fds, struct tls_context *tls)
{
    const struct config *c = s->config;
    int rc = gate_new(&s->handshakes, c->https.max_handshakes, c->https.max_handshakes_per_address);
    atomic_store(&s->tls_until_s, (uint64_t)tls_context_until_s(tls));
    for (size_t i = 0; i < s->thread_count; i++) {
        if (!rc) {
            tune(listen_fds[i]);
            rc = http_thread_secure(s->threads[i], listen_fds[i], tls, s->handshakes);
        } else {
            close(listen_fds[i]);
        }
    }
    return rc;
}

int server_start(struct server *s)
{
    for (size_t i = 0; i < s->thread_count; i++) {
        int rc = http_thread_start(s->threads[i]);
        if (rc) {
            log_error("http", "thread_failed reason=\"%s\"", strerror(-rc));
            server_stop(s, 0);
            return rc;
        }
    }
    return 0;
}

int server_expect(struct server *s, int fd)
{
    int rc = 0;
    for (size_t i = 0; i < s->thread_count && !rc; i++) {
        int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        rc = own < 0 ? -errno : http_thread_expect(s->threads[i], own);
    }
    return rc;
}

void server_hand_on(struct server *s, int heir, int64_t deadline_mono_us)
{
    for (size_t i = 0; i < s->thread_count; i++)
        http_thread_hand_on(s->threads[i], heir, deadline_mono_us);
}

void server_stop(struct server *s, int64_t deadline_mono_us)
{
    atomic_store(&s->stopped, true);
    for (size_t i = 0; i < s->thread_count; i++)
        http_thread_stop(s->threads[i], deadline_mono_us);
    for (size_t i = 0; i < s->thread_count; i++)
        http_thread_join(s->threads[i]);
}

void server_free(struct server **sp)
{
    struct server *s = *sp;
    *sp = NULL;
    if (!s)
        return;
    for (size_t i = 0; i < s->thread_count; i++)
        http_thread_free(&s->threads[i]);
    access_unref(&s->access);
    gate_free(&s->gate);
    gate_free(&s->handshakes);
    free(s);
}

/* After the stop nobody would take it. left: it may wait there. */
static void hand(struct server *s, size_t thread, struct post *p, bool left)
{
    if (!p) {
        log_error("http", "not_told reason=\"out of memory\"");
        return;
    }
    if (atomic_load(&s->stopped))
        post_free(&p);
    else if (left)
        http_thread_leave(s->threads[thread], p);
    else
        http_thread_post(s->threads[thread], p);
}

static void tell(struct server *s, size_t thread, struct post *p)
{
    hand(s, thread, p, false);
}

void server_show(struct server *s, const struct room_view *v)
{
    for (size_t i = 0; i < s->thread_count; i++)
        hand(s, i, post_new(POST_VIEW, v->room, v, NULL, NULL), true);
}

void server_ring(struct server *s, bool anyway)
{
    for (size_t i = 0; i < s->thread_count && !atomic_load(&s->stopped); i++)
        http_thread_ring(s->threads[i], anyway);
}

void server_hide(struct server *s, const char *room)
{
    for (size_t i = 0; i < s->thread_count; i++)
        tell(s, i, post_new(POST_VIEW, room, NULL, NULL, NULL));
}

void server_publish(struct server *s, const char *path, const struct body *b)
{
    for (size_t i = 0; i < s->thread_count; i++)
        tell(s, i, post_new(POST_TEXT, path, NULL, b, NULL));
}

void server_set_tls(struct server *s, struct tls_context *tls)
{
    atomic_store(&s->tls_until_s, (uint64_t)tls_context_until_s(tls));
    for (size_t i = 0; i < s->thread_count; i++) {
        struct post *p = post_new(POST_TLS, NULL, NULL, NULL, NULL);
        if (p)
            p->tls = tls_context_ref(tls);
        tell(s, i, p);
    }
}

/* A list of one post for each thread; -ENOMEM: some are missing. */
static int one_for_each(struct post **posts, const struct server *s, enum post_kind kind,
                        const struct access *a, const struct body *b)
{
    for (size_t i = 0; i < s->thread_count; i++) {
        struct post *p = post_new(kind, NULL, NULL, b, NULL);
        if (!p)
            return -ENOMEM;
        p->access = a ? access_ref(a) : NULL;
        p->next = *posts;
        *posts = p;
    }
    return 0;
}

static void tell_each(struct server *s, struct post *posts, bool wanted)
{
    for (size_t i = 0; posts; i++) {
        struct post *p = posts;
        posts = p->next;
        p->next = NULL;
        if (wanted)
            tell(s, i, p);
        else
            post_free(&p);
    }
}

/* All threads or none: one that was not told would let in whom the others refuse. */
int server_set_access(struct server *s, const struct config *c, bool hush)
{
    struct access *a;
    struct post *access = NULL, *hushes = NULL;
    int rc = access_new(&a, c);
    if (!rc)
        rc = one_for_each(&access, s, POST_ACCESS, a, NULL);
    if (!rc && hush)
        rc = one_for_each(&hushes, s, POST_HUSH, NULL, NULL);
    access_unref(&a);
    tell_each(s, access, !rc);
    tell_each(s, hushes, !rc);
    return rc;
}

void server_hush(struct server *s)
{
    for (size_t i = 0; i < s->thread_count; i++)
        tell(s, i, post_new(POST_HUSH, NULL, NULL, NULL, NULL));
}

void server_answer(struct server *s, struct request_token t, int status, const struct body *b)
{
    if (t.thread >= s->thread_count)
        return;
    struct post *p = post_new(POST_ANSWER, NULL, NULL, b, &t);
    if (p)
        p->status = status;
    tell(s, t.thread, p);
}

void server_listen(struct server *s, struct request_token t, const struct body *first)
{
    if (t.thread < s->thread_count)
        tell(s, t.thread, post_new(POST_LISTEN, NULL, NULL, first, &t));
}

int server_tell(struct server *s, const struct body *news)
{
    struct post *posts = NULL;
    int rc = one_for_each(&posts, s, POST_NEWS, NULL, news);
    tell_each(s, posts, !rc);
    return rc;
}

uint64_t server_listeners(const struct server *s, uint32_t place)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s->thread_count; i++)
        n += http_thread_tally(s->threads[i])->audiences[place];
    return n;
}

bool server_thread_owes(const struct server *s, size_t thread, uint64_t *rounds)
{
    return http_thread_owes(s->threads[thread], rounds);
}

const char *server_thread_doing(const struct server *s, size_t thread)
{
    return http_thread_doing(s->threads[thread]);
}

static void add_tally(struct server_stats *out, const struct tally *t)
{
    static_assert(sizeof out->by_code / sizeof out->by_code[0] == TALLY_CODES, "one per status");
    out->connections += t->connections;
    out->connections_open += t->connections_open;
    out->refused_full += t->refused_full;
    out->requests += t->requests;
    out->bytes_out += t->bytes_out;
    for (int i = 0; i < TALLY_CODES; i++)
        out->by_code[i] += t->by_code[i];
    out->timeouts_head += t->timeouts_head;
    out->timeouts_idle += t->timeouts_idle;
    out->timeouts_send += t->timeouts_send;
    out->bad_requests += t->bad_requests;
    out->tls_handshakes += t->tls_handshakes;
    out->tls_resumed += t->tls_resumed;
    out->tls_failed += t->tls_failed;
    out->tls_refused += t->tls_refused;
    out->h2_connections += t->h2_connections;
    out->h2_streams += t->h2_streams;
    out->h2_resets += t->h2_resets;
    out->h2_floods += t->h2_floods;
    out->h2_refused += t->h2_refused;
    for (int i = 0; i < ACCESS_VERDICTS; i++)
        out->access_refused[i] += t->access_refused[i];
    out->holding += t->holding;
    out->listeners += t->listeners;
    out->listeners_cut += t->listeners_cut;
    out->blocked_answered += t->blocked_answered;
    out->blocked_refused += t->blocked_refused;
    out->blocked_timeouts += t->blocked_timeouts;
}

void server_stats(const struct server *s, struct server_stats *out)
{
    memset(out, 0, sizeof *out);
    out->tls_until_s = atomic_load(&s->tls_until_s);
    for (size_t i = 0; i < s->thread_count; i++) {
        add_tally(out, http_thread_tally(s->threads[i]));
        out->late_posts += http_thread_late_posts(s->threads[i]);
    }
}
