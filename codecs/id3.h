/* Finds ID3v2 tags in the payload of a timed metadata stream. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: 0, when no tag begins there.
 * Standards: ID3v2.4.0 main structure 3.1, 3.4; Apple's Timed Metadata for HTTP Live Streaming 2.0.
 */
#ifndef CODECS_ID3_H
#define CODECS_ID3_H

#include <stddef.h>
#include <stdint.h>

/* The length of the tag that begins at bytes, header and footer included; 0 when none does, or
 * when it is not whole. */
size_t id3_tag_bytes(const uint8_t *bytes, size_t len);

#endif
