/* One turn of the picture helper: what the front named is read and becomes a sealed JPEG. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing that outlives a call but what is said. Thread: one. Life: no state.
 * Fails:  never: what went wrong is in the answer.
 */
#ifndef RELAY_PICTURE_PICTURE_JOB_H
#define RELAY_PICTURE_PICTURE_JOB_H

#include "relay/link/picture_link.h"
#include "relay/picture/snapshot.h"

#include <stddef.h>
#include <stdint.h>

/* The picture of an init segment's track, out of a moof and its first sample. */
enum picture_result picture_job_make(const uint8_t *init, size_t init_len, const uint8_t *media,
                                     size_t media_len, struct snapshot *out);
/* The descriptors stay the caller's. The JPEG's memfd, the caller's; -1: the answer says why. All
 * of the answer but cpu_us. */
int picture_job_do(const struct picture_ask *a, const int fds[PICTURE_ASK_FDS],
                   struct picture_answer *answer);

#endif
