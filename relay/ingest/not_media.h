/* Why a feed shows nothing: what its host must mend, in words. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: the worker's loop. Life: a pure function; static text. */
#ifndef RELAY_INGEST_NOT_MEDIA_H
#define RELAY_INGEST_NOT_MEDIA_H

#include "relay/ingest/ts_filter.h"
#include "relay/package/packager.h"

/* bytes: received so far; p: NULL while the program has no track that is carried. */
const char *not_media_reason(uint64_t bytes, const struct ts_filter *f, const struct packager *p);

#endif
