/* What a publisher of a stored room must know: made here, kept as a hash. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: values. Fails: publish_key_make -errno.
 *
 * A key is 128 random bits, so one round of SHA-256 with a salt is enough at rest: nobody can try
 * 2^128 of them, however fast a round is. Keys that people choose would need a slow hash, which a
 * handshake has no time for: the API takes none.
 */
#ifndef CONFIG_PUBLISH_KEY_H
#define CONFIG_PUBLISH_KEY_H

#include <stdbool.h>
#include <stdint.h>

enum { PUBLISH_KEY_TEXT = 32 /* hexadecimal */, PUBLISH_KEY_SALT = 16, PUBLISH_KEY_HASH = 32 };

struct publish_key {
    uint8_t salt[PUBLISH_KEY_SALT], hash[PUBLISH_KEY_HASH];
};

/* A new one: its text, which is nowhere else, and what is kept of it. */
__attribute__((warn_unused_result)) int publish_key_make(struct publish_key *out,
                                                         char text[static PUBLISH_KEY_TEXT + 1]);
/* In a time that does not depend on how wrong it is. No allocation. */
bool publish_key_is(const struct publish_key *k, const char *text);

#endif
