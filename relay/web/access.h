/* Who may watch which room: the configuration's word, and whether a signed link is good. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   copies of what it needs of the configuration; never changes.
 * Thread: any; the count is atomic. Life: access_new, ref/unref; a reload makes another one.
 * Fails:  -ENOMEM.
 */
#ifndef RELAY_WEB_ACCESS_H
#define RELAY_WEB_ACCESS_H

#include "config/config.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;

/* For the operator's eyes: a viewer is told no more than "no". */
enum access_verdict {
    ACCESS_GRANTED,
    ACCESS_MISSING,       /* no token at all */
    ACCESS_MALFORMED,     /* it is none */
    ACCESS_UNKNOWN_KEY,   /* signed with a key that is not, or no longer, in the configuration */
    ACCESS_FORGED,        /* the proof does not fit */
    ACCESS_EXPIRED,       /* signed, but over */
    ACCESS_OTHER_ROOM,    /* signed, but for another room */
    ACCESS_OTHER_ADDRESS, /* signed, but for viewers from elsewhere */
    ACCESS_VERDICTS,
};

struct access_ask {
    const char *room, *token; /* token NULL: none came */
    size_t room_len, token_len;
    const struct in6_addr *peer;
    int64_t now_s; /* since 1970 */
};

/* What a granted token allows. */
struct access_grant {
    int64_t left_s;   /* 1 at least */
    bool has_address; /* not everywhere */
};

__attribute__((warn_unused_result)) int access_new(struct access **out, const struct config *c);
struct access *access_ref(const struct access *a);
void access_unref(struct access **a);
/* Is a link needed? */
bool access_is_signed(const struct access *a, const char *room, size_t len);
enum access_verdict access_judge(const struct access *a, const struct access_ask *q,
                                 struct access_grant *out);
/* "expired", for /metrics. */
const char *access_word(enum access_verdict v);

#endif
