/* The web hooks as they are written: where to, signed with what, and for which events. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: Standard Webhooks 1.0, https://www.standardwebhooks.com (the secrets). Owns: nothing;
 * what is parsed is copied. Thread: any; pure. Life: values. Fails: -EINVAL with a sentence that
 * begins with what was expected.
 *
 * Blanks separate addresses, secrets and events. A secret is "whsec_" and the base64 of 24 to 64
 * bytes. It signs for every hook; "2=whsec_..." signs for the second address alone. A hook with two
 * secrets sends two signatures, so that a secret can be changed while both are believed.
 */
#ifndef CONFIG_HOOK_LIST_H
#define CONFIG_HOOK_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOOKS_MAX = 8,
    HOOK_URL_SIZE = 512,
    HOOK_SHOWN_SIZE = 288,
    HOOKS_TEXT_MAX = 4096,
    HOOK_SECRETS_MAX = 16,
    HOOK_SECRET_LEAST = 24,
    HOOK_SECRET_MOST = 64,
    HOOK_WHY_SIZE = 192,
};

enum hook_type {
    HOOK_FEED_STARTED,
    HOOK_FEED_STOPPED,
    HOOK_FEED_UNHEALTHY,
    HOOK_FEED_HEALTHY,
    HOOK_ROOM_LIVE,
    HOOK_ROOM_SILENT,
    HOOK_PING, /* asked for by hand; every hook gets it */
    HOOK_TYPES
};

struct hook_target {
    char url[HOOK_URL_SIZE];
    char shown[HOOK_SHOWN_SIZE]; /* "https://host:port": what is behind may be as good as a key */
    uint16_t port;
    bool https, loopback;
};

struct hook_secret {
    uint8_t only; /* the number of its hook, from 1; 0: of all */
    uint8_t len, bytes[HOOK_SECRET_MOST];
};

const char *hook_type_word(uint32_t type); /* "feed.started" */
/* How many, 0 for an empty text. */
__attribute__((warn_unused_result)) int hook_list_targets(const char *text,
                                                          struct hook_target out[static HOOKS_MAX],
                                                          char why[static HOOK_WHY_SIZE]);
__attribute__((warn_unused_result)) int
hook_list_secrets(const char *text, struct hook_secret out[static HOOK_SECRETS_MAX],
                  char why[static HOOK_WHY_SIZE]);
/* A bit for each type; "all" is every one. 0, -EINVAL. */
__attribute__((warn_unused_result)) int hook_list_events(const char *text, uint32_t *out,
                                                         char why[static HOOK_WHY_SIZE]);
/* Does the hook of that number, from 1, have a secret among them? */
bool hook_list_is_signed(const struct hook_secret *secrets, int count, int number);

#endif
