/* The keys that session tickets are sealed with: one in use, and the one before it. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/tls_tickets.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <unistd.h>

enum { US_PER_S = 1000000 };

/* "TICKETS1": another form gets another number. */
static const uint64_t MAGIC = 0x315354454b434954u;

static int64_t age_us(const struct tls_tickets *t, int64_t now_wall_us)
{
    return now_wall_us - t->born_wall_us;
}

bool tls_ticket_key_is_in_use(const struct tls_ticket_key *k)
{
    static const struct tls_ticket_key none;
    return CRYPTO_memcmp(k, &none, sizeof none) != 0;
}

bool tls_tickets_are_due(const struct tls_tickets *t, int64_t now_wall_us)
{
    int64_t age = age_us(t, now_wall_us);
    return age < 0 || age >= (int64_t)TLS_TICKET_LIFE_S * US_PER_S;
}

int tls_tickets_turn(struct tls_tickets *t, int64_t now_wall_us)
{
    struct tls_ticket_key next;
    if (RAND_priv_bytes((unsigned char *)&next, sizeof next) != 1)
        return -EIO;
    t->key[1] = t->key[0];
    t->key[0] = next;
    t->magic = MAGIC;
    t->born_wall_us = now_wall_us;
    OPENSSL_cleanse(&next, sizeof next);
    return 0;
}

int tls_tickets_read(struct tls_tickets *t, int file, int64_t now_wall_us)
{
    ssize_t n = file < 0 ? -1 : pread(file, t, sizeof *t, 0);
    if (n == (ssize_t)sizeof *t && t->magic == MAGIC && tls_ticket_key_is_in_use(&t->key[0]) &&
        age_us(t, now_wall_us) >= 0 &&
        age_us(t, now_wall_us) < 2 * (int64_t)TLS_TICKET_LIFE_S * US_PER_S)
        return 0;
    *t = (struct tls_tickets){0};
    return -ENOENT;
}

int tls_tickets_write(const struct tls_tickets *t, int file)
{
    ssize_t n = pwrite(file, t, sizeof *t, 0);
    return n == (ssize_t)sizeof *t ? 0 : n < 0 ? -errno : -EIO;
}
