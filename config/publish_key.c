/* What a publisher of a stored room must know: made here, kept as a hash. */
/* SPDX-License-Identifier: MIT */
#include "config/publish_key.h"

#include <errno.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static void hash(const uint8_t *salt, const char *text, uint8_t *out)
{
    struct sha256_ctx c;
    sha256_init(&c);
    sha256_update(&c, PUBLISH_KEY_SALT, salt);
    sha256_update(&c, strlen(text), (const uint8_t *)text);
    sha256_digest(&c, PUBLISH_KEY_HASH, out);
    explicit_bzero(&c, sizeof(c));
}

int publish_key_make(struct publish_key *out, char text[static PUBLISH_KEY_TEXT + 1])
{
    uint8_t random[PUBLISH_KEY_TEXT / 2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
        getrandom(out->salt, sizeof(out->salt), 0) != (ssize_t)sizeof(out->salt))
        return -EIO;
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(text + 2 * i, 3, "%02x", random[i]);
    explicit_bzero(random, sizeof(random));
    hash(out->salt, text, out->hash);
    return 0;
}

bool publish_key_is(const struct publish_key *k, const char *text)
{
    uint8_t theirs[PUBLISH_KEY_HASH];
    hash(k->salt, text, theirs);
    return memeql_sec(theirs, k->hash, sizeof(theirs));
}
