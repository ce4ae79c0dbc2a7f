/* Frames whose content stays where it is: bytes and ranges of blobs by turns, for one sendmsg. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on each blob. Thread: one. Life: all zero is empty; pieces_clear.
 * Fails:  pieces_keep: -ENOMEM.
 *
 * The bytes in between (heads of frames, whole other frames) are the outgoing's head, one behind
 * the other; a piece only says how many of them come before its range.
 */
#ifndef RELAY_WEB_PIECES_H
#define RELAY_WEB_PIECES_H

#include "relay/room/blob.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { PIECES_MAX = 8, PIECES_VECTOR = 2 * PIECES_MAX + 1 };

struct pieces {
    uint32_t at, count; /* those before at are sent */
    struct frame_piece {
        uint32_t head, len; /* bytes still to be sent */
        const uint8_t *view;
        struct blob *blob; /* referenced; NULL: bytes alone */
    } list[PIECES_MAX + 1];
};

void pieces_clear(struct pieces *p);
bool pieces_are_full(const struct pieces *p);
bool pieces_are_left(const struct pieces *p); /* NULL: none */
/* head bytes, then len at view, which is b's (blob_view). Not when full. */
void pieces_add(struct pieces *p, size_t head, struct blob *b, const uint8_t *view, size_t len);
/* Bytes alone, as the last piece. */
void pieces_end(struct pieces *p, size_t head);
/* What comes next, at most so many bytes; how many entries it has. head: the first unsent byte. */
size_t pieces_vector(const struct pieces *p, const char *head, size_t bytes,
                     struct iovec out[static PIECES_VECTOR]);
/* n more bytes were sent; how many of them were of the head. */
size_t pieces_took(struct pieces *p, size_t n);
/* Makes a copy in memory of its own, which takes the references; to be cleared and freed. */
__attribute__((warn_unused_result)) int pieces_keep(struct pieces **out, struct pieces *p);

#endif
