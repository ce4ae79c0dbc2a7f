/* Posting over HTTP and HTTPS, several at once: libcurl. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: RFC 9110, RFC 9112. Owns: its connections and what is under way. Thread: one (names are
 * looked up in others, by libcurl). Life: hook_client_open / hook_client_close.
 * Fails:  hook_client_open -errno with a sentence; later an attempt without a status.
 *
 * libcurl is opened when the process begins, in its GnuTLS flavour: front and workers, which have
 * no use for it, do not map it and the thirty libraries that it needs.
 */
#ifndef RELAY_HOOKS_HOOK_CLIENT_H
#define RELAY_HOOKS_HOOK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOOK_UNDER_WAY = 32, HOOK_CLIENT_WHY = 128 };

struct hook_client;

/* One attempt. Everything is copied. */
struct hook_post {
    const char *url, *id, *signature, *body;
    size_t len;
    int64_t timestamp;
    uint32_t timeout_ms;
    uint32_t hook; /* whose it is, and of which event */
    uint64_t seq;
};

struct hook_answer {
    uint32_t hook;
    uint64_t seq;
    long status;               /* 0: none came */
    int64_t after_s;           /* Retry-After; 0: none */
    char why[HOOK_CLIENT_WHY]; /* without a status: why not */
};

/* ca: a file with roots; "": the system's. */
__attribute__((warn_unused_result)) int hook_client_open(struct hook_client **out, const char *ca,
                                                         char why[static HOOK_CLIENT_WHY]);
void hook_client_close(struct hook_client **c);
size_t hook_client_under_way(const struct hook_client *c);
/* -EAGAIN: HOOK_UNDER_WAY are; -ENOMEM. */
__attribute__((warn_unused_result)) int hook_client_post(struct hook_client *c,
                                                         const struct hook_post *p);
/* Waits for news, for wait_ms or until fd is readable, and goes on with what is under way. */
void hook_client_step(struct hook_client *c, int fd, int wait_ms);
/* What has ended since. False: nothing more. */
bool hook_client_take(struct hook_client *c, struct hook_answer *out);

#endif
