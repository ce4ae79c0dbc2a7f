/* Makes a film of a room's own last picture, and of silence: what it shows when it is held. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   copies of what it was given. Thread: the worker's loop. Life: hold_new/hold_free.
 * Fails:  as said; a sound whose silence cannot be made is left out, and hold_left_out says so.
 *
 * Codec and size are those of the room by construction: parameter sets come from its init segment,
 * slices from its last IDR. An IDR may not follow itself: H.264's alternates between two
 * idr_pic_ids (7.4.3), HEVC's IDR has none, and its CRA becomes a BLA, which like an IDR starts
 * anew (H.265 7.4.2.4.4: so its POC may repeat). SEI, captions and filler are left out.
 */
#ifndef RELAY_PACKAGE_HOLD_H
#define RELAY_PACKAGE_HOLD_H

#include <stddef.h>
#include <stdint.h>

struct hold;

__attribute__((warn_unused_result)) int hold_new(struct hold **out);
void hold_free(struct hold **h);
/* A track by its init segment, video first. 0; -EINVAL: not one of ours; -ENOSPC; -ENOMEM. */
__attribute__((warn_unused_result)) int hold_add_init(struct hold *h, const uint8_t *init,
                                                      size_t len, const char *language);
/* A segment of the video that begins with the picture to hold. 0, -EINVAL, -ENOMEM. */
__attribute__((warn_unused_result)) int hold_add_idr(struct hold *h, const uint8_t *segment,
                                                     size_t len);
/* The film (film.h), malloc's; each picture lasts interval_90k. 0; -EINVAL: nothing can be held. */
__attribute__((warn_unused_result)) int hold_finish(struct hold *h, int64_t interval_90k,
                                                    uint8_t **film, size_t *len);
/* How many sounds have no silence. */
unsigned hold_left_out(const struct hold *h);

#endif
