/* The fields that the front itself understands, and what they demand of a head. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: the parser's. Life: one call each. Fails: with the status to answer. */
#ifndef RELAY_WEB_HTTP1_KNOWN_H
#define RELAY_WEB_HTTP1_KNOWN_H

#include "relay/web/http1.h"

/* The next field line is complete: name and value are in fields[field_count], which is counted
 * here. HTTP1_MORE or a status. */
int http1_note(struct http1 *p, const char *bytes);
/* The head is complete: may it stand? HTTP1_MORE or a status. */
int http1_judge(struct http1 *p, const char *bytes);

#endif
