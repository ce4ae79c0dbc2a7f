/* A 64-bit digest that names bytes by their content: ETags and the URIs of init segments. */
/* SPDX-License-Identifier: MIT */
/*
 * FNV-1a: made to tell versions of our own texts apart, not to withstand an attacker.
 * Thread: any. Life: a pure function. Fails: never.
 */
#ifndef RELAY_ROOM_DIGEST_H
#define RELAY_ROOM_DIGEST_H

#include <stddef.h>
#include <stdint.h>

uint64_t digest(const void *bytes, size_t len);
/* Another one, eight bytes a step: for texts that are made several times a second. */
uint64_t digest_text(const void *bytes, size_t len);

#endif
