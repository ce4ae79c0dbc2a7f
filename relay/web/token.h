/* What a signed link carries: which room may be watched until when, from where, and the proof. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; a token points into its text. Thread: any; pure. Life: values.
 * Fails:  -EINVAL when the text is no token, -ENOSPC when it does not fit.
 *
 *   1~KEY~EXPIRES~ROOM~ADDRESS~PROOF
 *
 * 1 is the version; KEY the id of the key that signed it; EXPIRES the second since 1970 from which
 * it is worth nothing; ROOM a room's name, or the beginning of names with a "*" behind it; ADDRESS
 * empty, or "203.0.113.0-24", "2001:db8::-32": the prefix viewers must come from. PROOF is
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) over everything before its "~", in base64url without padding
 * (RFC 4648 section 5). "~" is unreserved (RFC 3986 section 2.3) and in no room's name; "*" and ":"
 * may stand in a path as they are (section 3.3), so a token is never escaped there.
 */
#ifndef RELAY_WEB_TOKEN_H
#define RELAY_WEB_TOKEN_H

#include <netinet/in.h>
#include <nettle/hmac.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOKEN_MAX = 256, TOKEN_PROOF_BYTES = 32, TOKEN_KEY_ID_MAX = 16 };

struct token_word {
    const char *at;
    size_t len;
};

struct token {
    struct token_word key_id, room; /* room without its "*" */
    bool room_is_prefix;
    int64_t expires_s;
    struct in6_addr address;     /* IPv4 as ::ffff:a.b.c.d ... */
    unsigned address_bits;       /* ... and so many bits of it; 0: from anywhere */
    struct token_word signed_by; /* what the proof is over */
    uint8_t proof[TOKEN_PROOF_BYTES];
};

/* A key whose first blocks are hashed already: a token then costs one or two more. */
struct token_key {
    char id[TOKEN_KEY_ID_MAX + 1];
    struct hmac_sha256_ctx ready;
};

/* What is to be signed; room may end in "*", address is "203.0.113.0/24", or NULL. */
struct token_wish {
    const char *room, *address;
    int64_t expires_s;
};

void token_key_init(struct token_key *k, const char *id, size_t id_len, const void *secret,
                    size_t secret_len);
__attribute__((warn_unused_result)) int token_parse(struct token *out, const char *text,
                                                    size_t len);
/* Was it this key that signed it? Takes the same time whichever byte differs. */
bool token_is_by(const struct token *t, const struct token_key *k);
bool token_is_for(const struct token *t, const char *room, size_t len);
bool token_is_from(const struct token *t, const struct in6_addr *peer);
/* NUL-terminated. */
__attribute__((warn_unused_result)) int
token_write(const struct token_wish *w, const struct token_key *k, char out[static TOKEN_MAX]);
/* The text with each %XX decoded, as it came in a query; its length, -EINVAL when it is not well
 * formed, -ENOSPC when it is longer than any token. */
__attribute__((warn_unused_result)) int token_decode(const char *raw, size_t len,
                                                     char out[static TOKEN_MAX]);

#endif
