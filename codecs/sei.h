/* Reads what an encoder says about itself in its SEI messages. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: what is not there or broken says nothing.
 * Standards: ITU-T H.264 (08/2021) 7.3.2.3 and D.1.7, H.265 (08/2021) 7.3.5 and D.2.7: one syntax.
 */
#ifndef CODECS_SEI_H
#define CODECS_SEI_H

#include <stddef.h>
#include <stdint.h>

#define SEI_KEYINT_INFINITE UINT32_MAX

/* The `keyint` in the options that x264 and x265 write as user_data_unregistered. `rbsp` is an
 * SEI NAL unit after its header of one (H.264) or two (HEVC) bytes. 0 when not said;
 * SEI_KEYINT_INFINITE when only the first picture is a key frame. */
uint32_t sei_keyint(const uint8_t *rbsp, size_t len);

#endif
