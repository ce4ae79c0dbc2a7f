/* An event as JSON. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any; pure. Life: no state. Fails: a failed text says so itself. */
#ifndef RELAY_HOOKS_HOOK_BODY_H
#define RELAY_HOOKS_HOOK_BODY_H

#include "relay/base/text.h"
#include "relay/hooks/hook_event.h"

enum { HOOK_ID = 37 };

/* "0192f0c1-...": RFC 9562's text form. */
void hook_id(const struct hook_event *e, char out[static HOOK_ID]);
/* {id, type, time, room, title, feed, role, light, finding, reason: {en, zh}, detail, events_lost};
 * what an event does not have is null. lost: how many its receiver will never see. */
void hook_body(struct text *t, const struct hook_event *e, uint64_t lost);

#endif
