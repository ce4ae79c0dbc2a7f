/* SRT options, the handshake hook, and accepting. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/listener.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/ingest/udp_batch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <srt/srt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BACKLOG = 256,
    PENDING = 256,
    PENDING_US = 400000, /* a handshake not accepted by then has failed */
    PAYLOAD_MAX = 1456,
    PACKET_OVERHEAD = 44,   /* IP, UDP and SRT headers in SRTO_MSS */
    NAP_US = 4000,          /* how long packets may wait for company: well below a tick */
    MIN_VERSION = 0x010300, /* the first with stream ids */
};

/* A handshake that the hook let through and that is not accepted yet. */
struct pending {
    struct admission_event event;
    bool used;
};

struct listener {
    struct listener_options o;
    SRTSOCKET socket;
    int epoll;
    struct pending pending[PENDING];
    size_t pending_count;
};

static void format_address(const struct sockaddr *sa, char out[static LINK_PEER])
{
    char host[INET6_ADDRSTRLEN] = "?";
    union {
        const struct sockaddr *any;
        const struct sockaddr_in *v4;
        const struct sockaddr_in6 *v6;
    } a = {.any = sa};

    if (sa->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a.v6->sin6_addr, host, sizeof(host));
        snprintf(out, LINK_PEER, "[%s]:%u", host, ntohs(a.v6->sin6_port));
    } else {
        inet_ntop(AF_INET, &a.v4->sin_addr, host, sizeof(host));
        snprintf(out, LINK_PEER, "%s:%u", host, ntohs(a.v4->sin_port));
    }
}

/* What an accepted publisher's own room asks for, set on its socket before the handshake ends. */
static bool prepare_socket(SRTSOCKET s, const struct admission_answer *answer)
{
    int yes = 1;

    if (answer->classic && (srt_setsockflag(s, SRTO_TSBPDMODE, &yes, sizeof(yes)) ||
                            srt_setsockflag(s, SRTO_TLPKTDROP, &yes, sizeof(yes))))
        return false;
    return !answer->passphrase[0] || srt_setsockflag(s, SRTO_PASSPHRASE, answer->passphrase,
                                                     (int)strlen(answer->passphrase)) == 0;
}

/* On libsrt's receive thread, for every publisher of the port: no I/O, no waiting. */
static int on_handshake(void *ctx, SRTSOCKET s, int hs_version, const struct sockaddr *peer,
                        const char *stream_id)
{
    struct listener *l = ctx;
    struct admission_request q = {
        .stream_id = stream_id ? stream_id : "",
        .stream_id_len = stream_id ? strnlen(stream_id, STREAM_ID_MAX + 1) : 0,
        .hs_version = hs_version,
        .now_us = clock_mono_us(),
    };
    struct admission_answer answer;
    struct admission_event e = {.socket = s, .at_us = q.now_us};

    format_address(peer, e.peer);
    q.peer = e.peer;
    admission_decide(l->o.admission, &q, &answer);
    if (answer.verdict == ADMISSION_YES && !prepare_socket(s, &answer))
        answer.verdict = ADMISSION_FAILED;
    e.verdict = answer.verdict;
    e.fault = answer.fault;
    memcpy(e.room, answer.id.room, sizeof(e.room));
    admission_post(l->o.admission, &e);
    if (answer.verdict == ADMISSION_YES)
        return 0;
    srt_setrejectreason(s, admission_reject_code(answer.verdict));
    return -1;
}

/* libsrt's own log is written under one mutex from its receive thread: nothing may block here. */
static void on_srt_log(void *opaque, int level, const char *file, int line, const char *area,
                       const char *message)
{
    (void)opaque, (void)level, (void)file, (void)line, (void)area, (void)message;
}

struct option {
    SRT_SOCKOPT name;
    int value;
    const char *what;
};

/*
 * Play-out off and never a packet given up (SRTO_TSBPDMODE 0 with SRTO_TLPKTDROP 0): the only pair
 * besides SRT's own that 1.5.1 survives, no thread per room, and a black-out loses nothing. FC and
 * RCVBUF together bound what one publisher can make us hold.
 */
static int set_options(struct listener *l)
{
    const struct config *c = l->o.config;
    const struct option options[] = {
        {SRTO_TSBPDMODE, 0, "TSBPDMODE"},
        {SRTO_TLPKTDROP, 0, "TLPKTDROP"},
        {SRTO_RCVSYN, 0, "RCVSYN"},
        {SRTO_MINVERSION, MIN_VERSION, "MINVERSION"},
        {SRTO_RCVLATENCY, (int)c->srt.latency_ms, "RCVLATENCY"},
        {SRTO_PEERIDLETIMEO, (int)c->srt.peer_idle_ms, "PEERIDLETIMEO"},
        {SRTO_FC, (int)c->srt.flow_window, "FC"},
        {SRTO_RCVBUF, (int)c->srt.flow_window * PAYLOAD_MAX, "RCVBUF"},
        {SRTO_SNDBUF, 32 * (PAYLOAD_MAX + PACKET_OVERHEAD), "SNDBUF"},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (srt_setsockflag(l->socket, options[i].name, &options[i].value, sizeof(int))) {
            log_error(l->o.log_name, "srt_option name=%s failed", options[i].what);
            return -EIO;
        }
    return 0;
}

static void enlarge_udp_buffer(const struct listener *l)
{
    int bytes = (int)l->o.config->srt.udp_buffer_bytes;

    /* after srt_bind_acquire, which sets its own; FORCE needs CAP_NET_ADMIN */
    if (setsockopt(l->o.udp_fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) &&
        setsockopt(l->o.udp_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) == 0)
        log_warn(l->o.log_name,
                 "udp_buffer is limited by net.core.rmem_max: give the service CAP_NET_ADMIN or "
                 "raise it to srt.udp_buffer_bytes=%d",
                 bytes);
}

static int open_socket(struct listener *l)
{
    int events = SRT_EPOLL_IN | SRT_EPOLL_ERR, rc;

    l->socket = srt_create_socket();
    l->epoll = srt_epoll_create();
    if (l->socket == SRT_INVALID_SOCK || l->epoll < 0)
        return -EIO;
    srt_epoll_set(l->epoll, SRT_EPOLL_ENABLE_EMPTY);
    rc = set_options(l);
    if (rc)
        return rc;
    udp_batch_watch(l->o.udp_fd, NAP_US);
    if (srt_listen_callback(l->socket, on_handshake, l) ||
        srt_bind_acquire(l->socket, l->o.udp_fd) || srt_listen(l->socket, BACKLOG) ||
        srt_epoll_add_usock(l->epoll, l->socket, &events)) {
        log_error(l->o.log_name, "srt_listen failed text=\"%s\"", srt_getlasterror_str());
        return -EIO;
    }
    enlarge_udp_buffer(l);
    return 0;
}

int listener_new(struct listener **out, const struct listener_options *o)
{
    struct listener *l = calloc(1, sizeof(*l));
    int rc;

    *out = NULL;
    if (!l)
        return -ENOMEM;
    l->o = *o;
    l->socket = SRT_INVALID_SOCK;
    l->epoll = -1;
    if (srt_startup() < 0) {
        free(l);
        return -EIO;
    }
    srt_setloghandler(NULL, on_srt_log);
    srt_setloglevel(LOG_CRIT);
    rc = open_socket(l);
    if (rc)
        listener_free(&l);
    *out = l;
    return rc;
}

void listener_free(struct listener **l)
{
    if (!*l)
        return;
    if ((*l)->epoll >= 0)
        srt_epoll_release((*l)->epoll);
    if ((*l)->socket != SRT_INVALID_SOCK)
        srt_close((*l)->socket);
    srt_cleanup();
    free(*l);
    *l = NULL;
}

void listener_set_config(struct listener *l, const struct config *c)
{
    l->o.config = c;
}

static void note_pending(struct listener *l, const struct admission_event *e)
{
    for (size_t i = 0; i < PENDING; i++)
        if (!l->pending[i].used) {
            l->pending[i].event = *e;
            l->pending[i].used = true;
            l->pending_count++;
            return;
        }
}

static void forget_pending(struct listener *l, SRTSOCKET s)
{
    for (size_t i = 0; i < PENDING; i++)
        if (l->pending[i].used && l->pending[i].event.socket == s) {
            l->pending[i].used = false;
            l->pending_count--;
        }
}

static void take_events(struct listener *l)
{
    struct admission_event e;

    while (admission_next_event(l->o.admission, &e)) {
        if (e.verdict == ADMISSION_YES)
            note_pending(l, &e);
        else
            l->o.refuse(l->o.ctx, e.verdict, e.room, e.peer,
                        e.fault ? stream_id_fault_text(e.fault) : admission_text(e.verdict));
    }
}

/* libsrt refuses by itself where the two ends' encryption does not match; it tells nobody. */
static void find_failed(struct listener *l, int64_t now_us)
{
    for (size_t i = 0; i < PENDING && l->pending_count > 0; i++) {
        struct pending *p = &l->pending[i];
        enum admission_verdict v = ADMISSION_FAILED;
        int reason;

        if (!p->used || now_us - p->event.at_us < PENDING_US)
            continue;
        p->used = false;
        l->pending_count--;
        if (srt_getsockstate(p->event.socket) == SRTS_CONNECTED)
            continue; /* accepted, or about to be */
        reason = srt_getrejectreason(p->event.socket);
        if (reason == SRT_REJ_BADSECRET || reason == SRT_REJ_UNSECURE || reason == SRT_REJ_UNKNOWN)
            v = ADMISSION_ENCRYPTION;
        l->o.refuse(l->o.ctx, v, p->event.room, p->event.peer, admission_text(v));
    }
}

static int get_int(SRTSOCKET s, SRT_SOCKOPT name)
{
    int value = 0, len = sizeof(value);

    return srt_getsockflag(s, name, &value, &len) ? 0 : value;
}

static bool get_bool(SRTSOCKET s, SRT_SOCKOPT name)
{
    int32_t value = 0; /* 1.5.1 writes one byte or four, depending on the option */
    int len = sizeof(value);

    return srt_getsockflag(s, name, &value, &len) == 0 && (value & 0xff);
}

/* What only shows once the connection stands. */
static enum admission_verdict inspect(const struct listener *l, SRTSOCKET s)
{
    char filter[512] = "";
    int len = sizeof(filter);

    if (get_int(s, SRTO_RCVLATENCY) > (int)l->o.config->srt.max_latency_ms)
        return ADMISSION_LATENCY;
    if (srt_getsockflag(s, SRTO_PACKETFILTER, filter, &len) == 0 && len > 0 && filter[0])
        return ADMISSION_FILTER;
    return ADMISSION_YES;
}

static void accept_one(struct listener *l)
{
    struct sockaddr_storage sa; /* full size: a failed accept leaks the socket in 1.5.1 */
    union {
        struct sockaddr_storage *storage;
        struct sockaddr *any;
    } address = {.storage = &sa};
    int len = sizeof(sa), id_len = STREAM_ID_MAX + 1;
    char id[STREAM_ID_MAX + 1];
    struct listener_peer peer = {0};
    enum admission_verdict verdict;

    peer.socket = srt_accept(l->socket, address.any, &len);
    if (peer.socket <= 0)
        return;
    forget_pending(l, peer.socket);
    format_address(address.any, peer.address);
    if (srt_getsockflag(peer.socket, SRTO_STREAMID, id, &id_len) ||
        stream_id_parse(id, (size_t)id_len, &peer.stream)) {
        srt_close(peer.socket);
        return;
    }
    verdict = inspect(l, peer.socket);
    if (verdict != ADMISSION_YES) {
        l->o.refuse(l->o.ctx, verdict, peer.stream.room, peer.address, admission_text(verdict));
        srt_close(peer.socket);
        return;
    }
    peer.latency_ms = (uint32_t)get_int(peer.socket, SRTO_RCVLATENCY);
    peer.encrypted = get_int(peer.socket, SRTO_RCVKMSTATE) == SRT_KM_S_SECURED;
    peer.classic = get_bool(peer.socket, SRTO_TSBPDMODE);
    peer.first_sequence = get_int(peer.socket, SRTO_ISN);
    l->o.accept(l->o.ctx, &peer);
}

void listener_tick(struct listener *l, int64_t now_us)
{
    SRT_EPOLL_EVENT ready[2];

    take_events(l);
    for (int i = 0; i < BACKLOG; i++) {
        if (srt_epoll_uwait(l->epoll, ready, 1, 0) <= 0)
            break;
        accept_one(l);
    }
    find_failed(l, now_us);
}

uint64_t listener_udp_dropped(const struct listener *l)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof(info);

    if (getsockopt(l->o.udp_fd, SOL_SOCKET, SO_MEMINFO, info, &len))
        return 0;
    return info[SK_MEMINFO_DROPS];
}
