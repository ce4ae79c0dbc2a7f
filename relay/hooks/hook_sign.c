/* Signing what a web hook sends, so that its receiver knows whom it is from. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_sign.h"

#include <inttypes.h>
#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

void hook_sign(const struct hook_secret *secrets, int count, int number, const char *id,
               int64_t timestamp, const char *body, size_t len, char out[static HOOK_SIGNATURE])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    char head[96], text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1];
    struct hmac_sha256_ctx c;
    size_t used = 0;
    int head_len = snprintf(head, sizeof(head), "%s.%" PRId64 ".", id, timestamp);
    out[0] = '\0';
    for (int i = 0; i < count && i < HOOK_SECRETS_MAX; i++) {
        if (secrets[i].only != 0 && secrets[i].only != number)
            continue;
        hmac_sha256_set_key(&c, secrets[i].len, secrets[i].bytes);
        hmac_sha256_update(&c, (size_t)head_len, (const uint8_t *)head);
        hmac_sha256_update(&c, len, (const uint8_t *)body);
        hmac_sha256_digest(&c, sizeof(digest), digest);
        base64_encode_raw(text, sizeof(digest), digest);
        text[sizeof(text) - 1] = '\0';
        used +=
            (size_t)snprintf(out + used, HOOK_SIGNATURE - used, "%sv1,%s", used ? " " : "", text);
    }
    explicit_bzero(&c, sizeof(c));
}

void hook_sign_key(const char *url, uint8_t out[static 32])
{
    struct sha256_ctx c;
    sha256_init(&c);
    sha256_update(&c, strlen(url), (const uint8_t *)url);
    sha256_digest(&c, SHA256_DIGEST_SIZE, out);
}
