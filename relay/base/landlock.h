/* Landlock: no file (but those of one folder), no TCP port, no other process can be reached. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: holds for the caller and what it starts. Life: for ever. Fails: -errno.
 */
#ifndef RELAY_BASE_LANDLOCK_H
#define RELAY_BASE_LANDLOCK_H

/* Gives up everything that the kernel's version can deny, but files in that folder (NULL: none).
 * Its version (1 ...), -ENOSYS or -EOPNOTSUPP where there is none. */
__attribute__((warn_unused_result)) int landlock_give_up_all_but(const char *folder);

#endif
