/* What a file that viewers get is sealed against, once it is whole. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: a constant. Fails: never.
 *
 * For fcntl(F_ADD_SEALS) of a memfd made with MFD_ALLOW_SEALING: no reader can be truncated under
 * sendfile or mmap, and who gets a descriptor cannot change what is listed.
 *
 * Not F_SEAL_WRITE: while a viewer's socket holds pages of a part that was sent, the kernel waits
 * 150 ms for them, and all feeds with it, and then refuses (EBUSY). FUTURE_WRITE (Linux 5.1) asks
 * nobody; it leaves alone what is mapped for writing, which nothing here ever is.
 */
#ifndef RELAY_BASE_SEALS_H
#define RELAY_BASE_SEALS_H

#include <fcntl.h>

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL };

#endif
