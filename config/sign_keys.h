/* The keys that viewers' links are signed with, as they are written: "spring=SECRET, fall=SECRET".
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; what is parsed points into the text. Thread: any; pure. Life: values.
 * Fails: -EINVAL when it is not such a list.
 *
 * Commas and blanks separate. An id is 1 to 16 of A-Z a-z 0-9 . _ - and stands once. A secret is 32
 * to 128 visible ASCII characters without a comma, and its text is the HMAC key, byte for byte:
 * what checks a link elsewhere needs no decoding.
 */
#ifndef CONFIG_SIGN_KEYS_H
#define CONFIG_SIGN_KEYS_H

#include <stddef.h>

enum {
    SIGN_KEYS_MAX = 8,
    SIGN_KEYS_TEXT_MAX = 1200,
    SIGN_KEY_ID_MAX = 16,
    SIGN_SECRET_MIN = 32,
    SIGN_SECRET_MAX = 128,
};

struct sign_key {
    const char *id, *secret;
    size_t id_len, secret_len;
};

/* How many there are, 0 for an empty text; text NULL: none. */
__attribute__((warn_unused_result)) int sign_keys_parse(const char *text, size_t len,
                                                        struct sign_key out[static SIGN_KEYS_MAX]);

#endif
