/* Tokens: what is taken for one is bounded, and is signed by nobody who has no key. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/token.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
    if (!ok)
        abort();
}

static struct token_key key(void)
{
    struct token_key k;
    token_key_init(&k, "k", 1, "0123456789abcdef0123456789abcdef", 32);
    return k;
}

/* What was signed says what was wished, and nothing else once a byte of it has changed. */
static void sign(const struct token *t)
{
    struct token_key k = key();
    struct token again;
    char room[80], text[TOKEN_MAX];
    size_t n = t->room.len;
    memcpy(room, t->room.at, n);
    if (t->room_is_prefix)
        room[n++] = '*';
    room[n] = '\0';
    const struct token_wish wish = {.room = room, .expires_s = t->expires_s};
    check(token_write(&wish, &k, text) == 0 && token_parse(&again, text, strlen(text)) == 0);
    check(token_is_by(&again, &k) && again.expires_s == t->expires_s);
    check(token_is_for(&again, t->room.at, t->room.len));
    size_t at = (size_t)t->expires_s % strlen(text);
    text[at] = text[at] == 'x' ? 'y' : 'x';
    check(token_parse(&again, text, strlen(text)) != 0 || !token_is_by(&again, &k));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct token_key k = key();
    struct token t;
    struct in6_addr peer = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    char text[TOKEN_MAX], raw[1024];
    if (size > sizeof raw)
        return 0;
    memcpy(raw, data, size);
    int n = token_decode(raw, size, text);
    check(n <= TOKEN_MAX && n <= (int)size);
    if (n < 0 || token_parse(&t, text, (size_t)n) != 0)
        return 0;
    check(t.room.len <= 64 && t.key_id.len <= TOKEN_KEY_ID_MAX && t.address_bits <= 128);
    check(!token_is_by(&t, &k));
    check(token_is_for(&t, t.room.at, t.room.len));
    check(t.address_bits || token_is_from(&t, &peer));
    check(!t.address_bits || token_is_from(&t, &t.address));
    sign(&t);
    return 0;
}
