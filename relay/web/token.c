/* What a signed link carries: which room may be watched until when, from where, and the proof. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/token.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <nettle/memops.h>
#include <stdio.h>
#include <string.h>

enum {
    WORDS = 6,
    PROOF_CHARS = 43, /* 32 bytes, six bits each */
    EXPIRES_DIGITS = 11,
    ROOM_MAX = 64,
    V4_AT = 96, /* bits of ::ffff:0:0 */
    ADDRESS_MAX = INET6_ADDRSTRLEN + 4,
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void token_key_init(struct token_key *k, const char *id, size_t id_len, const void *secret,
                    size_t secret_len)
{
    size_t n = id_len > TOKEN_KEY_ID_MAX ? TOKEN_KEY_ID_MAX : id_len;
    memcpy(k->id, id, n);
    k->id[n] = '\0';
    hmac_sha256_set_key(&k->ready, secret_len, secret);
}

static void prove(const struct token_key *k, const char *text, size_t len,
                  uint8_t out[static TOKEN_PROOF_BYTES])
{
    struct hmac_sha256_ctx c = k->ready;
    hmac_sha256_update(&c, len, (const uint8_t *)text);
    hmac_sha256_digest(&c, TOKEN_PROOF_BYTES, out);
}

/* ---- reading */

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* One text for one proof: the two bits that are left over must be zero. */
static int decode_proof(const struct token_word *w, uint8_t out[static TOKEN_PROOF_BYTES])
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    if (w->len != PROOF_CHARS)
        return -EINVAL;
    for (size_t i = 0; i < PROOF_CHARS; i++) {
        int v = sextet(w->at[i]);
        if (v < 0)
            return -EINVAL;
        bits = (bits << 6 | (uint32_t)v) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return bits & ((1u << have) - 1) ? -EINVAL : 0;
}

/* Digits without a leading zero, `most` at most; -1 otherwise. */
static int64_t number(const char *at, size_t len, size_t most)
{
    int64_t n = 0;
    if (len == 0 || len > most || (len > 1 && at[0] == '0'))
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        n = n * 10 + (at[i] - '0');
    }
    return n;
}

static bool is_name(const struct token_word *w)
{
    for (size_t i = 0; i < w->len; i++) {
        char c = w->at[i];
        if (sextet(c) < 0 && c != '.')
            return false;
    }
    return w->len <= ROOM_MAX && (w->len == 0 || w->at[0] != '.');
}

static int read_room(struct token *t, struct token_word w)
{
    t->room_is_prefix = w.len > 0 && w.at[w.len - 1] == '*';
    t->room = (struct token_word){w.at, w.len - t->room_is_prefix};
    return is_name(&t->room) && (t->room_is_prefix || w.len > 0) ? 0 : -EINVAL;
}

/* mark: what stands between the address and its bits. */
static int read_address(struct token *t, struct token_word w, char mark)
{
    char host[INET6_ADDRSTRLEN];
    struct in_addr v4;
    const char *at = memrchr(w.at, mark, w.len);
    size_t host_len = at ? (size_t)(at - w.at) : w.len;
    t->address_bits = 0;
    if (w.len == 0)
        return 0;
    if (!at || host_len >= sizeof host)
        return -EINVAL;
    memcpy(host, w.at, host_len);
    host[host_len] = '\0';
    int64_t bits = number(at + 1, w.len - host_len - 1, 3);
    if (inet_pton(AF_INET, host, &v4) == 1) {
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        memcpy(t->address.s6_addr, mapped, sizeof mapped);
        memcpy(t->address.s6_addr + sizeof mapped, &v4, sizeof v4);
        bits = bits < 0 ? -1 : bits + V4_AT;
    } else if (inet_pton(AF_INET6, host, &t->address) != 1) {
        return -EINVAL;
    }
    /* "::ffff:203.0.113.7/32" would be all of IPv4, and was not meant to be. */
    if (bits <= 0 || bits > 128 || (IN6_IS_ADDR_V4MAPPED(&t->address) && bits < V4_AT))
        return -EINVAL;
    t->address_bits = (unsigned)bits;
    return 0;
}

static int split(const char *text, size_t len, struct token_word w[static WORDS])
{
    const char *end = text + len;
    for (int i = 0; i < WORDS; i++) {
        const char *mark = memchr(text, '~', (size_t)(end - text));
        if (!mark != (i == WORDS - 1))
            return -EINVAL;
        w[i] = (struct token_word){text, (size_t)((mark ? mark : end) - text)};
        text = mark ? mark + 1 : end;
    }
    return 0;
}

int token_parse(struct token *out, const char *text, size_t len)
{
    struct token_word w[WORDS];
    if (len >= TOKEN_MAX || memchr(text, '\0', len) || split(text, len, w) != 0)
        return -EINVAL;
    out->key_id = w[1];
    out->expires_s = number(w[2].at, w[2].len, EXPIRES_DIGITS);
    out->signed_by = (struct token_word){text, len - w[5].len - 1};
    bool version_is_known = w[0].len == 1 && w[0].at[0] == '1';
    if (!version_is_known || w[1].len == 0 || w[1].len > TOKEN_KEY_ID_MAX || !is_name(&w[1]) ||
        out->expires_s < 0 || w[4].len > ADDRESS_MAX)
        return -EINVAL;
    int rc = read_room(out, w[3]);
    if (rc == 0)
        rc = read_address(out, w[4], '-');
    return rc == 0 ? decode_proof(&w[5], out->proof) : rc;
}

bool token_is_by(const struct token *t, const struct token_key *k)
{
    uint8_t proof[TOKEN_PROOF_BYTES];
    if (strlen(k->id) != t->key_id.len || memcmp(k->id, t->key_id.at, t->key_id.len) != 0)
        return false;
    prove(k, t->signed_by.at, t->signed_by.len, proof);
    return memeql_sec(proof, t->proof, sizeof proof);
}

bool token_is_for(const struct token *t, const char *room, size_t len)
{
    if (t->room_is_prefix ? len < t->room.len : len != t->room.len)
        return false;
    return memcmp(room, t->room.at, t->room.len) == 0;
}

bool token_is_from(const struct token *t, const struct in6_addr *peer)
{
    size_t bytes = t->address_bits / 8;
    unsigned rest = t->address_bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    if (memcmp(peer->s6_addr, t->address.s6_addr, bytes) != 0)
        return false;
    return rest == 0 || ((peer->s6_addr[bytes] ^ t->address.s6_addr[bytes]) & mask) == 0;
}

/* ---- writing */

static void encode_proof(const uint8_t proof[static TOKEN_PROOF_BYTES], char *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < TOKEN_PROOF_BYTES; i++) {
        bits = (bits << 8 | proof[i]) & 0xffff;
        for (have += 8; have >= 6; have -= 6)
            *out++ = alphabet[bits >> (have - 6) & 63];
    }
    *out++ = alphabet[bits << (6 - have) & 63];
    *out = '\0';
}

/* "203.0.113.7" is one address: all of its bits. */
static int write_address(const char *text, char out[static ADDRESS_MAX + 1])
{
    struct token t;
    char whole[ADDRESS_MAX + 1];
    int n = snprintf(whole, sizeof whole, "%s%s", text,
                     strchr(text, '/')   ? ""
                     : strchr(text, ':') ? "/128"
                                         : "/32");
    if (n < 0 || n > ADDRESS_MAX || read_address(&t, (struct token_word){whole, (size_t)n}, '/'))
        return -EINVAL;
    memcpy(out, whole, (size_t)n + 1);
    *strchr(out, '/') = '-';
    return 0;
}

int token_write(const struct token_wish *w, const struct token_key *k, char out[static TOKEN_MAX])
{
    char address[ADDRESS_MAX + 1] = "";
    uint8_t proof[TOKEN_PROOF_BYTES];
    struct token check;
    if (w->address && write_address(w->address, address) != 0)
        return -EINVAL;
    int n =
        snprintf(out, TOKEN_MAX, "1~%s~%" PRId64 "~%s~%s", k->id, w->expires_s, w->room, address);
    if (n < 0 || (size_t)n + 1 + PROOF_CHARS >= TOKEN_MAX)
        return -ENOSPC;
    prove(k, out, (size_t)n, proof);
    out[n] = '~';
    encode_proof(proof, out + n + 1);
    return token_parse(&check, out, strlen(out));
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int token_decode(const char *raw, size_t len, char out[static TOKEN_MAX])
{
    int n = 0;
    for (size_t i = 0; i < len; i++) {
        if (n == TOKEN_MAX)
            return -ENOSPC;
        if (raw[i] != '%') {
            out[n++] = raw[i];
            continue;
        }
        int high = len - i > 2 ? hex(raw[i + 1]) : -1, low = high < 0 ? -1 : hex(raw[i + 2]);
        if (low < 0)
            return -EINVAL;
        out[n++] = (char)(high << 4 | low);
        i += 2;
    }
    return n;
}
