/* The web hooks for the API and /metrics: how far each one is, and a test of all. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: control. Life: no state. Fails: a failed text says so itself. */
#ifndef RELAY_CONTROL_HOOK_PAGE_H
#define RELAY_CONTROL_HOOK_PAGE_H

#include "relay/base/text.h"
#include "relay/control/source.h"

/* JSON Schema of what hook_page_put writes. */
extern const char hook_page_schema[];

/* {hooks: [{number, url, sent, failed, dropped, queued, tries, failing_s, last}]} */
void hook_page_put(struct text *t, const struct source *src);
/* {id} of a ping; the status. */
int hook_page_test(struct text *t, const struct source *src, const char *who);
/* The families roomcast_hook... */
void hook_page_metrics(struct text *t, const struct source *src);

#endif
