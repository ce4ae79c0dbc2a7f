/* What the packager made, as the front is told of it. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: pure functions; type, worker and feed stay the caller's. */
#ifndef RELAY_INGEST_FEED_MESSAGE_H
#define RELAY_INGEST_FEED_MESSAGE_H

#include "relay/ingest/feed.h"
#include "relay/link/message.h"
#include "relay/package/packager.h"

bool feed_is_main(const struct feed_options *o); /* not a further rendition */
void feed_message_open(struct link_message *m, const struct feed_options *o);
void feed_message_track(struct link_message *m, uint32_t track, uint32_t init_id,
                        const struct track_params *p, const char *language, uint32_t bytes);
void feed_message_part(struct link_message *m, const struct packager_part *part);
void feed_message_segment(struct link_message *m, const struct packager_segment *s);

#endif
