/* Finds out which closed captions travel inside a picture's SEI messages. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: a value; zeroed it has found nothing. Fails: what breaks off
 * or is not valid says nothing.
 * Standards: ATSC A/53 part 4 (2009) 6.2.3 (user data in SEI), CTA-708-E 4.3 and 5 (cc_data, DTVCC
 * packets, service blocks), CTA-608-E 8.4 and table 52 (field 1 and 2 control codes).
 *
 * Nothing is remembered from one picture to the next, since pictures come in decoding order and
 * captions count in output order. What is asked for repeats all the time: a 608 caption begins
 * with a control code that names its channel, a DTVCC packet with the number of its service.
 */
#ifndef CODECS_CAPTIONS_H
#define CODECS_CAPTIONS_H

#include "codecs/sei.h"

#include <stdbool.h>
#include <stdint.h>

enum { CAPTIONS_CHANNELS = 4, CAPTIONS_SERVICES = 63 };

struct captions {
    bool carried;      /* there is caption data at all, if only padding */
    uint8_t channels;  /* CEA-608: bit 0 is CC1, bit 3 CC4 */
    uint64_t services; /* CEA-708: bit 1 is service 1, bit 63 service 63 */
};

/* Adds what one message carries. Other messages are passed over. */
void captions_take(struct captions *c, const struct sei_message *m);
/* Adds what is in `more`; true when that was anything new. */
bool captions_merge(struct captions *c, const struct captions *more);

#endif
