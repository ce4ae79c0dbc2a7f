/* "ADDRESS:PORT" as the configuration writes it: numeric, never looked up. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: none. Fails: -EINVAL. */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

/* "203.0.113.7:9000", "[2001:db8::7]:9000", or "*:9000", which is [::] (bind it with IPV6_V6ONLY
 * off to hear IPv4 too). Port 0 lets the kernel choose. *out_len is the size for bind(). */
__attribute__((warn_unused_result)) int
address_parse(const char *text, size_t len, struct sockaddr_storage *out, socklen_t *out_len);

#endif
