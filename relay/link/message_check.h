/* Is a message that came over the link one that could have been written by this program? */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any; pure. Life: no state. Fails: false.
 * A worker reads strangers' bytes and may be theirs one day. What a field says is judged where it
 * is used; here is only what C itself needs: a bool that holds neither 0 nor 1 is undefined to read
 * (ISO/IEC 9899:2011 section 6.2.6.1).
 */
#ifndef RELAY_LINK_MESSAGE_CHECK_H
#define RELAY_LINK_MESSAGE_CHECK_H

#include "relay/link/message.h"

#include <stdbool.h>

bool message_is_sound(const struct link_message *m);

#endif
