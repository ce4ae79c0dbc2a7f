/* libsrt on one inherited UDP socket: it listens, asks admission, and hands accepted sockets over.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the SRT library's life in this process, the listening socket, the epoll on it.
 * Thread: the worker's loop; the handshake hook runs on libsrt's receive thread.
 * Life:   listener_new/listener_free. Fails: -errno or -EIO, said in the log.
 */
#ifndef RELAY_INGEST_LISTENER_H
#define RELAY_INGEST_LISTENER_H

#include "config/config.h"
#include "relay/ingest/admission.h"

#include <stdint.h>

struct listener;

struct listener_peer {
    int socket; /* SRTSOCKET */
    struct stream_id stream;
    char address[LINK_PEER];
    uint32_t latency_ms;
    bool encrypted, classic;
    int32_t first_sequence;
};

typedef void listener_accept_fn(void *ctx, const struct listener_peer *peer);
/* A publisher was turned away, then or later; room may be "". */
typedef void listener_refuse_fn(void *ctx, enum admission_verdict verdict, const char *room,
                                const char *peer, const char *text);

struct listener_options {
    const struct config *config;
    struct admission *admission;
    int udp_fd;           /* bound; the listener owns it from here on */
    const char *log_name; /* "worker/0"; static */
    void *ctx;
    listener_accept_fn *accept;
    listener_refuse_fn *refuse;
};

__attribute__((warn_unused_result)) int listener_new(struct listener **out,
                                                     const struct listener_options *o);
/* Closes the listener and waits for libsrt to end. */
void listener_free(struct listener **l);
/* A reload: limits for publishers that come from now on. */
void listener_set_config(struct listener *l, const struct config *c);
/* Accepts what is ready, and finds handshakes that came to nothing. */
void listener_tick(struct listener *l, int64_t now_us);
/* Datagrams the kernel dropped because the UDP buffer was full. */
uint64_t listener_udp_dropped(const struct listener *l);

#endif
