/* The clips that rooms show while they have no feed: read and judged once, then only descriptors.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a sealed memfd with the film (package/film.h) of each file that the configuration names.
 * Thread: the supervisor's only one, and the front's control thread on its own copy.
 * Life:   slates_begin, config_load (which calls slates_inspect), slates_commit; children inherit.
 * Fails:  slates_inspect says why; a clip that is not there is not found.
 */
#ifndef RELAY_SLATES_H
#define RELAY_SLATES_H

#include "relay/link/message.h"

#include <stddef.h>
#include <stdint.h>

/* A new configuration is about to be read ... */
void slates_begin(void);
/* ... config/inspect.h's; ... */
int slates_inspect(void *ctx, const char *path, char *why, size_t size);
/* ... and it is the one in force. */
void slates_commit(void);
/* Tells the front of all of them. 0 or -errno of the link. */
__attribute__((warn_unused_result)) int slates_send(int link);
/* In the front: LINK_SLATE; takes fd. */
void slates_put(const struct link_slate *m, int fd);
/* What files are known by. */
uint64_t slates_name(const char *path);
/* The film of a file, which stays ours, and its size; -1: there is none. */
int slates_find(uint64_t name, uint32_t *bytes);

#endif
