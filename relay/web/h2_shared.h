/* What the HTTP/2 connections of one thread share: nghttp2's settings, and where frames are made.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   itself. Thread: its loop's. Life: made with a loop's first HTTP/2 connection; freed after
 *         the last one. Fails: -ENOMEM.
 */
#ifndef RELAY_WEB_H2_SHARED_H
#define RELAY_WEB_H2_SHARED_H

#include "relay/room/blob.h"
#include "relay/web/pieces.h"

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    H2_FRAME_HEAD = 9, /* RFC 9113 section 4.1 */
    /* A frame with its head is as long as a TLS record; who must wait waits for one. */
    H2_PAYLOAD_MAX = 16384 - H2_FRAME_HEAD,
    H2_CONTROL_MAX = 8192, /* no frame but DATA is longer: see REPLY_HEAD_MAX */
    H2_BATCH = 49152,
};

struct h2_shared {
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_mem mem;
    /* What goes out next: bytes, with ranges of blobs between them that are in memory, or behind
     * them one for sendfile. Also where bytes are read to. */
    size_t len, cut; /* cut: what of bytes comes before the last piece's end */
    struct pieces pieces;
    bool in_memory; /* for TLS a frame is a record of its own instead */
    struct blob *blob;
    off_t blob_at;
    size_t blob_len;
    bool making; /* a session */
    void *frame; /* nghttp2's buffer for a frame, of all sessions */
    char bytes[H2_BATCH];
};

/* set: fills in the callbacks. */
__attribute__((warn_unused_result)) int h2_shared_new(struct h2_shared **out,
                                                      void (*set)(nghttp2_session_callbacks *));
void h2_shared_free(struct h2_shared **s);
/* A server's session; as nghttp2_session_server_new. */
__attribute__((warn_unused_result)) int h2_shared_session(struct h2_shared *s, void *user_data,
                                                          nghttp2_session **out);

#endif
