/* Heads in HTTP/2: fields of a request as they come, and the fields of an answer. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: any; pure. Life: values. Fails: h2_head_add: the status to refuse with.
 *
 * A request's head becomes what http1 would have parsed, and is judged by the same functions, so
 * that no version of HTTP lets through what another one refuses. What RFC 9113 section 8 demands
 * beyond that (lower case, order, nothing specific to a connection) nghttp2 has checked before.
 */
#ifndef RELAY_WEB_H2_HEAD_H
#define RELAY_WEB_H2_HEAD_H

#include "relay/web/exchange.h"
#include "relay/web/input.h"

#include <nghttp2/nghttp2.h>
#include <stddef.h>

enum { H2_HEAD_LINES = 40 };

/* One field into `in`, which has room for size bytes. HTTP1_MORE or a status. */
__attribute__((warn_unused_result)) int h2_head_add(struct input *in, size_t size,
                                                    struct slice name, struct slice value);
/* All were added: HTTP1_MORE or a status. */
__attribute__((warn_unused_result)) int h2_head_judge(struct input *in);
/* What reply_head_write made, as fields; text is changed and borrowed. Returns how many. */
size_t h2_head_lines(char *text, size_t len, nghttp2_nv out[static H2_HEAD_LINES]);

#endif
