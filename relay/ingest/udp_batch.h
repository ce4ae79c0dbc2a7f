/* Many UDP packets with one system call and one wake-up, underneath libsrt. */
/* SPDX-License-Identifier: MIT */
/*
 * libsrt's receive thread asks the kernel for one packet at a time, and at festival rates sleeps
 * and wakes up for each: over half of a worker's CPU time. This file defines recvmsg(2) for the
 * program, so that libsrt's calls come here: those for the watched socket are answered out of a
 * batch, all others go to the kernel as they are.
 *
 * Owns:   64 packets of buffer. Thread: udp_batch_watch before libsrt gets the socket; then only
 *         libsrt's one receive thread reads from it. Life: the process's; one socket a process.
 *
 * A packet waits nap_us at the most when others came just before it; the first after a pause waits
 * for nothing. SO_RCVTIMEO's meaning is kept: without a packet it is EAGAIN after IDLE_MS. Under a
 * sanitizer, whose own recvmsg must stay, nothing is batched.
 */
#ifndef RELAY_INGEST_UDP_BATCH_H
#define RELAY_INGEST_UDP_BATCH_H

#include <stdint.h>

void udp_batch_watch(int fd, int64_t nap_us);

#endif
