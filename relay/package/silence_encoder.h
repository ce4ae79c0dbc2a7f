/* Silent frames of the codecs whose frames nobody writes by hand: AC-3 and E-AC-3. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the worker's loop. Life: a call; the encoder lives as long.
 * Fails: -ENOTSUP without such an encoder or for parameters it does not know; -ENOMEM.
 */
#ifndef RELAY_PACKAGE_SILENCE_ENCODER_H
#define RELAY_PACKAGE_SILENCE_ENCODER_H

#include "relay/package/mp4_read.h"

#include <stddef.h>
#include <stdint.h>

/* One frame with the parameters of the track, whose record is what its dac3 or dec3 holds. */
__attribute__((warn_unused_result)) int silence_encode(const struct mp4_track *t, uint8_t *out,
                                                       size_t size, size_t *len);

#endif
