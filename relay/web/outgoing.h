/* What is still to be sent on one socket: a head, then text or a range of a blob. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on the body or blob it is reading, and copies made by outgoing_keep.
 * Thread: one. Life: all zero is empty; outgoing_set .. outgoing_fini, which is needed only once
 *         something was set, and with borrowed pieces before others use them.
 * Fails:  outgoing_push: -EAGAIN the socket is full, -EBUSY the turn's budget is used up, any other
 *         -errno: the viewer is gone. outgoing_keep: -ENOMEM.
 */
#ifndef RELAY_WEB_OUTGOING_H
#define RELAY_WEB_OUTGOING_H

#include "relay/web/exchange.h"
#include "relay/web/pieces.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Ranges of these sizes leave by the blob's mapping, in HTTP/2 in pieces, all others by sendfile.
 */
enum {
    OUTGOING_MAP_MIN = 192 << 10,
    OUTGOING_MAP_MAX = 1 << 20,
    OUTGOING_PIECES_MIN = 32 << 10,
    OUTGOING_PIECES_MAX = 640 << 10,
};

struct outgoing {
    const char *head, *text; /* borrowed until outgoing_keep */
    size_t head_len, text_len;
    const struct body *body; /* whose text it is; borrowed until outgoing_keep */
    struct body *body_ref;
    struct blob *blob; /* referenced */
    off_t blob_at;
    size_t blob_len;       /* with what the pieces hold */
    struct pieces *pieces; /* they come first; NULL: none; borrowed as above */
    bool pieces_kept;
    bool by_mapping, in_pieces; /* its range is of a size that is cheaper so */
    char *kept;                 /* allocated */
    struct audience *audience;  /* whom content is counted for; borrowed until outgoing_keep */
    struct audience *audience_ref;
};

/* The head's text and reply's content become what is to be sent. */
void outgoing_set(struct outgoing *o, const char *head, size_t head_len, const struct reply *reply);
/* Sends what the socket takes, *budget bytes at most (lowered by what was sent). 0: all is sent. */
__attribute__((warn_unused_result)) int outgoing_push(struct outgoing *o, int fd, size_t *budget);
/* For who sends it in another way, without pieces: copies up to size bytes of what comes next.
 * Bytes, or -errno. */
__attribute__((warn_unused_result)) ssize_t outgoing_copy(const struct outgoing *o, void *buf,
                                                          size_t size);
/* The same without a copy, where only bytes of a blob are left and they are in memory; else NULL.
 * *len: the most; how many there are. */
const void *outgoing_peek(const struct outgoing *o, size_t *len);
/* ... and so many of them were sent. */
void outgoing_took(struct outgoing *o, size_t n);
/* The memory behind head and text is about to go: copies or references what is left of it. */
__attribute__((warn_unused_result)) int outgoing_keep(struct outgoing *o);
/* Bytes left; of them without the head. */
uint64_t outgoing_left(const struct outgoing *o);
uint64_t outgoing_content(const struct outgoing *o);
void outgoing_fini(struct outgoing *o);

#endif
