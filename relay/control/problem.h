/* Errors in words, as application/problem+json. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: RFC 9457. Owns: nothing. Thread: any; problem_reply: the request's.
 * Life: pure functions. Fails: never.
 */
#ifndef RELAY_CONTROL_PROBLEM_H
#define RELAY_CONTROL_PROBLEM_H

#include "relay/base/text.h"
#include "relay/control/source.h"
#include "relay/web/request.h"

#define PROBLEM_TYPE "application/problem+json"

/* {"type": "about:blank", title, status, detail}: section 4.2.1, the status says what it is. */
void problem_render(struct text *t, int status, const char *detail);
/* The same instead of what t holds, under the head that belongs to it. Returns status. */
int problem_answer(struct text *t, struct page_head *head, int status, const char *detail);
/* With a member `field` (section 3.2), unless that is "". */
int problem_answer_field(struct text *t, struct page_head *head, int status, const char *detail,
                         const char *field);
/* Ends the request with it; extra: further header lines, static; NULL: none. */
void problem_reply(struct request *r, int status, const char *detail, const char *extra);

#endif
