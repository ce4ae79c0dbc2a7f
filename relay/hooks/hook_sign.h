/* Signing what a web hook sends, so that its receiver knows whom it is from. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: Standard Webhooks 1.0, "Symmetric" scheme: v1,BASE64(HMAC-SHA256(id.timestamp.body)),
 * one for each secret, with a blank between them. Owns: nothing. Thread: any; pure. Life: no state.
 * Fails: "" when nothing signs for that hook.
 */
#ifndef RELAY_HOOKS_HOOK_SIGN_H
#define RELAY_HOOKS_HOOK_SIGN_H

#include "config/hook_list.h"

#include <stddef.h>
#include <stdint.h>

enum { HOOK_SIGNATURE = HOOK_SECRETS_MAX * 48 + 1 };

/* number: the hook's, from 1. */
void hook_sign(const struct hook_secret *secrets, int count, int number, const char *id,
               int64_t timestamp, const char *body, size_t len, char out[static HOOK_SIGNATURE]);
/* What stands for an address where it may not be seen. */
void hook_sign_key(const char *url, uint8_t out[static 32]);

#endif
