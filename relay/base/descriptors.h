/* The descriptors that came with a message on a socket (SCM_RIGHTS). */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; what was taken is the caller's. Thread: any. Life: none. Fails: never. */
#ifndef RELAY_BASE_DESCRIPTORS_H
#define RELAY_BASE_DESCRIPTORS_H

#include <stddef.h>
#include <sys/socket.h>

/* How many came, at most count; the other fds are -1. Further ones are closed: alignment leaves
 * room for more than was asked for, and whoever is at the other end may send them. */
size_t descriptors_take(struct msghdr *h, int *fds, size_t count);

#endif
