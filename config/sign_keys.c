/* The keys that viewers' links are signed with, as they are written: "spring=SECRET, fall=SECRET".
 */
/* SPDX-License-Identifier: MIT */
#include "config/sign_keys.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool separates(char c)
{
    return c == ',' || c == ' ';
}

static bool is_id(const char *at, size_t len)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (size_t i = 0; i < len; i++)
        if (at[i] == '\0' || !strchr(allowed, at[i]))
            return false;
    return len > 0 && len <= SIGN_KEY_ID_MAX;
}

static bool is_secret(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] <= ' ' || at[i] > '~')
            return false;
    return len >= SIGN_SECRET_MIN && len <= SIGN_SECRET_MAX;
}

static bool is_taken(const struct sign_key *keys, int n, const struct sign_key *k)
{
    for (int i = 0; i < n; i++)
        if (keys[i].id_len == k->id_len && memcmp(keys[i].id, k->id, k->id_len) == 0)
            return true;
    return false;
}

int sign_keys_parse(const char *text, size_t len, struct sign_key out[static SIGN_KEYS_MAX])
{
    int n = 0;
    for (size_t i = 0, end; text && i < len; i = end) {
        for (end = i; end < len && !separates(text[end]);)
            end++;
        if (end == i) {
            end++;
            continue;
        }
        const char *equals = memchr(text + i, '=', end - i);
        if (!equals || n == SIGN_KEYS_MAX)
            return -EINVAL;
        struct sign_key k = {.id = text + i, .id_len = (size_t)(equals - text) - i};
        k.secret = equals + 1;
        k.secret_len = end - i - k.id_len - 1;
        if (!is_id(k.id, k.id_len) || !is_secret(k.secret, k.secret_len) || is_taken(out, n, &k))
            return -EINVAL;
        out[n++] = k;
    }
    return n;
}
