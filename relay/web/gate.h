/* Who may still connect: connections counted in all and per address, over all HTTP threads. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its counters. Thread: any; every counter is atomic and nobody waits.
 * Life:   gate_new/gate_free. Fails: -ENOMEM; gate_enter answers with a status.
 *
 * This is shared writable memory, which the house else forbids: a mailbox cannot say "no" at once,
 * and a share per thread would refuse viewers while other threads had room.
 * Addresses are not stored: each is counted in one slot of each of four rows, picked by a keyed
 * hash, and the least of the four is its count. It is never too low, and too high only for an
 * address that meets busy strangers in all four rows. Links that were no good are counted alike.
 */
#ifndef RELAY_WEB_GATE_H
#define RELAY_WEB_GATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate;

/* max: connections in all; max_per_address: 0 for no such limit. */
__attribute__((warn_unused_result)) int gate_new(struct gate **out, uint32_t max,
                                                 uint32_t max_per_address);
void gate_free(struct gate **g);
/* 0: counted, gate_leave it later. 503: full. 429: this address (IPv6: its /64) has its share. */
__attribute__((warn_unused_result)) int gate_enter(struct gate *g, const struct in6_addr *peer);
void gate_leave(struct gate *g, const struct in6_addr *peer);
/* Somebody at this address came with a link that was no good. true: too often within ten seconds.
 */
__attribute__((warn_unused_result)) bool gate_miss(struct gate *g, const struct in6_addr *peer,
                                                   int64_t now_us);
/* Connections counted now. */
uint32_t gate_count(const struct gate *g);

#endif
