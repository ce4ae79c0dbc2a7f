/* Landlock: no file (but those of one folder), no TCP port, no other process can be reached. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: holds for the caller and what it starts. Life: for ever. Fails: -errno.
 */
#ifndef RELAY_BASE_LANDLOCK_H
#define RELAY_BASE_LANDLOCK_H

#include <stddef.h>
#include <stdint.h>

/* What is left; zeroed: nothing. */
struct landlock_left {
    const char *folder;       /* files in it may be opened, made and removed; NULL: none */
    const char *const *reads; /* files, and folders with all that is in them; those that are not
                                 there are passed over */
    size_t reads_count;
    const uint16_t *ports; /* TCP ports that may be connected to */
    size_t ports_count;
};

/* Gives up everything that the kernel's version can deny, but that. Its version (1 ...), -ENOSYS or
 * -EOPNOTSUPP where there is none. */
__attribute__((warn_unused_result)) int landlock_give_up_all_but(const struct landlock_left *left);

#endif
