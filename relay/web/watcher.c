/* Who asks for a room's media, as far as viewers are told apart: without cookies, by a keyed hash.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/web/watcher.h"

#include "relay/web/token.h"

#include <string.h>

enum { ADDRESS = 8, NAME_MAX_BYTES = 248 }; /* of a User-Agent; more tells nobody apart */

static const char live[] = "/live/~";

/* The token in its one spelling, or the User-Agent; bytes at out. */
static size_t put_name(const struct request *r, char out[static TOKEN_MAX])
{
    struct slice name = r->user_agent;
    if (r->left_s > 0 && r->link.at) {
        int n = token_decode(r->link.at, r->link.len, out);
        return n > 0 ? (size_t)n : 0;
    }
    if (r->left_s > 0 && r->token_len > 2)
        name = (struct slice){r->path.at + sizeof live - 1, r->token_len - 2};
    size_t n = name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES;
    if (n > 0)
        memcpy(out, name.at, n);
    return n;
}

uint64_t watcher_id(const struct siphash_key *key, const struct request *r)
{
    const uint8_t *a = r->peer.s6_addr;
    bool whole = IN6_IS_ADDR_V4MAPPED(&r->peer) || IN6_IS_ADDR_LOOPBACK(&r->peer);
    char bytes[ADDRESS + TOKEN_MAX];
    memcpy(bytes, whole ? a + 8 : a, ADDRESS);
    size_t n = put_name(r, bytes + ADDRESS);
    uint64_t id = siphash(key, bytes, ADDRESS + n);
    return id == 0 || id == WATCHER_NOBODY ? 1 : id;
}
