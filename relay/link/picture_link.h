/* What the front and the picture helper tell each other: one keyframe there, one JPEG back. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; descriptors that are sent stay the sender's, those received are the receiver's.
 * Thread: one per end. Life: link_pair makes the ends. Fails: -errno; -EAGAIN: the other end is
 * behind; -EPIPE: it is gone; -EPROTO: bytes that are no message, or one that cannot be meant.
 *
 * Media never crosses: the helper reads the keyframe from the segment's own memfd, and the JPEG
 * comes back in another one, sealed.
 */
#ifndef RELAY_LINK_PICTURE_LINK_H
#define RELAY_LINK_PICTURE_LINK_H

#include "relay/link/message.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PICTURE_KEYFRAME_MAX = 16 << 20, /* a moof and its first sample */
    PICTURE_INIT_MAX = 1 << 16,
    PICTURE_BYTES_MAX = 128 << 10, /* of a JPEG */
    PICTURE_WIDTH_MAX = 320,
    PICTURE_HEIGHT_MAX = 640,
};

enum picture_result {
    PICTURE_MADE,
    PICTURE_NO_MEDIA,  /* what was named could not be read, or is no keyframe */
    PICTURE_UNDECODED, /* the decoder or the scaler would not */
    PICTURE_NO_MEMORY,
    PICTURE_RESULTS,
};

/* Front -> helper, with two descriptors: the init segment's and the segment's. */
struct picture_ask {
    uint64_t number;        /* of the turn; the answer repeats it */
    uint32_t init_bytes;    /* the first ones of its file */
    uint32_t offset, bytes; /* in the segment's file: a moof with its first sample, at least */
    char room[LINK_NAME];   /* for a post mortem */
};

/* Helper -> front, with the JPEG's descriptor when it was made. */
struct picture_answer {
    uint64_t number;
    uint64_t cpu_us; /* of the helper's whole life so far */
    uint32_t result; /* enum picture_result */
    uint32_t bytes, width, height;
};

enum { PICTURE_ASK_INIT, PICTURE_ASK_SEGMENT, PICTURE_ASK_FDS };

bool picture_ask_is_sound(const struct picture_ask *a);
/* fd: did a descriptor come with it? */
bool picture_answer_is_sound(const struct picture_answer *a, bool fd);
__attribute__((warn_unused_result)) int picture_ask_send(int end, const struct picture_ask *a,
                                                         const int fds[PICTURE_ASK_FDS]);
__attribute__((warn_unused_result)) int picture_answer_send(int end, const struct picture_answer *a,
                                                            int fd);
/* 1; 0 at the end; -errno. */
__attribute__((warn_unused_result)) int picture_ask_receive(int end, struct picture_ask *a,
                                                            int fds[PICTURE_ASK_FDS]);
__attribute__((warn_unused_result)) int picture_answer_receive(int end, struct picture_answer *a,
                                                               int *fd);

#endif
