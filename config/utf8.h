/* Which bytes are one line of plain text. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: none. Fails: 0 for what is not plain text. */
#ifndef CONFIG_UTF8_H
#define CONFIG_UTF8_H

#include <stddef.h>

/* Bytes of the character at s, or 0 when it is not UTF-8 (RFC 3629), a control character, a line
 * break of any kind, or one that YAML 1.1 section 5.1 does not let a file contain. */
size_t utf8_plain(const char *s, size_t len);

#endif
