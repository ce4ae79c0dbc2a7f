/* Answers that handlers do not make themselves: refusals and preflights. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: the request's. Life: ends the request. Fails: never. */
#ifndef RELAY_WEB_REPLY_H
#define RELAY_WEB_REPLY_H

#include "relay/web/exchange.h"

#include <stdint.h>

/* 204 to OPTIONS; methods: "GET, HEAD, OPTIONS". */
void reply_preflight(struct request *r, const char *methods);
/* 405 with Allow. */
void reply_wrong_method(struct request *r, const char *methods);
/* 503 or 429 with Retry-After. */
void reply_come_back(struct request *r, int status, uint32_t retry_after_s, const char *sentence);

#endif
