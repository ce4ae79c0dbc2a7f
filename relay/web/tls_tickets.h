/* The keys that session tickets are sealed with: one in use, and the one before it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; a value that is copied. Thread: any, as long as it is const; the file's only
 *         writer is the front that serves. Life: a value. Fails: -errno; who has no old keys makes
 *         new ones, and viewers shake hands in full once.
 *
 * RFC 5077 section 5.5, RFC 8446 section C.4: the server keeps no session, so whoever has these
 * keys can take any up; they are forgotten after two lives of a ticket. The file is memory that
 * the supervisor holds: a front that follows another one takes its viewers' tickets.
 */
#ifndef RELAY_WEB_TLS_TICKETS_H
#define RELAY_WEB_TLS_TICKETS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TLS_TICKET_LIFE_S = 3600, /* a viewer who stays away for longer shakes hands in full */
    TLS_TICKET_NAME = 16,
    TLS_TICKET_KEY = 32,
};

struct tls_ticket_key {
    uint8_t name[TLS_TICKET_NAME], cipher[TLS_TICKET_KEY], mac[TLS_TICKET_KEY];
};

/* Fronts of two versions share it over an upgrade: another layout gets another magic number. */
struct tls_tickets {
    uint64_t magic;
    int64_t born_wall_us;         /* of key[0]; key[1] was in use before */
    struct tls_ticket_key key[2]; /* in use: any name; not yet: all zero */
};

_Static_assert(sizeof(struct tls_tickets) == 176, "the layout that TICKETS1 stands for");

/* Has it been drawn? Anybody knows the key that is all zero, and could make tickets with it. */
bool tls_ticket_key_is_in_use(const struct tls_ticket_key *k);
/* Has key[0] been in use for a ticket's life? */
bool tls_tickets_are_due(const struct tls_tickets *t, int64_t now_wall_us);
/* A new key[0]; all zero before the first. -EIO: no random bytes. */
__attribute__((warn_unused_result)) int tls_tickets_turn(struct tls_tickets *t,
                                                         int64_t now_wall_us);
/* What was written there; -ENOENT: nothing that could be used now. */
__attribute__((warn_unused_result)) int tls_tickets_read(struct tls_tickets *t, int file,
                                                         int64_t now_wall_us);
__attribute__((warn_unused_result)) int tls_tickets_write(const struct tls_tickets *t, int file);

#endif
