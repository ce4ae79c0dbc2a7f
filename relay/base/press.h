/* Text that is compressed piece by piece, so that what stays need not be compressed again. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its bytes; and each thread that compresses owns a zlib state of some 270 kB until it
 *         ends, because making one costs more than compressing a playlist.
 * Thread: one at a time. Life: zero or press_init, press_fini. Fails: sticky, as struct text:
 *         press_failed().
 *
 * Each piece ends on a byte and refers to nothing before it (RFC 1951 section 3.2.3; zlib's
 * Z_FULL_FLUSH), so that pieces may be joined in any order and a gzip member (RFC 1952) made of
 * them by a head and a tail.
 */
#ifndef RELAY_BASE_PRESS_H
#define RELAY_BASE_PRESS_H

#include "relay/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct press {
    struct text plain, deflated;
    uint32_t crc; /* of plain */
    bool later;   /* plain is all there is: whoever wants it compressed does so in one piece */
};

void press_init(struct press *p);
void press_fini(struct press *p);
/* Empties it; later stays what it is. */
void press_clear(struct press *p);
bool press_failed(const struct press *p);
/* Appends text as a piece of its own. */
void press_add(struct press *p, const void *piece, size_t len);
/* Appends what another one has; nothing is compressed. */
void press_join(struct press *p, const struct press *other);
/* Appends text that changes too often to be worth compressing: it is stored. */
void press_store(struct press *p, const void *piece, size_t len);
/* Everything as one gzip file, appended to t. Not when later. */
void press_gzip(const struct press *p, struct text *t);
/* Text as one gzip file, appended to t. */
void press_gzip_text(const void *plain, size_t len, struct text *t);

#endif
