/* What a feed carries beside its tracks: splice points, ID3 tags, captions; told to the front. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its readers and events that wait for their place on the timeline, bounded.
 * Thread: the worker's loop. Life: asides_new/asides_free. Fails: -ENOMEM; later what is too much
 *         or too long is counted and left out.
 *
 * An event waits until the next access unit has gone to the packager: then the timeline is tied,
 * and the unit's time is what "at once" means. Cues repeat some ten times and tags come once a
 * second; an encoder that sends more than ASIDES_PER_S would only fill playlists.
 */
#ifndef RELAY_INGEST_ASIDES_H
#define RELAY_INGEST_ASIDES_H

#include "relay/ingest/access_units.h"
#include "relay/ingest/ts_filter.h"
#include "relay/link/message.h"
#include "relay/package/packager.h"

enum { ASIDES_PER_S = 16 };

struct asides;

/* How it talks to the front; the messages say worker and feed. */
struct asides_out {
    void *ctx;
    void (*send)(void *ctx, const struct link_message *m, int fd);
    uint32_t worker;
    uint64_t feed;
    const char *log_name; /* stays the caller's */
};

struct asides_count {
    uint64_t broken;   /* sections and PES that were damaged */
    uint64_t left_out; /* events that were too many, too long or too early */
};

__attribute__((warn_unused_result)) int asides_new(struct asides **out,
                                                   const struct asides_out *cb);
void asides_free(struct asides **a);
/* A packet of an aside: what ts_out.aside wants, with the struct asides as its ctx. */
void asides_packet(void *asides, size_t index, const struct ts_aside *aside,
                   const uint8_t packet[static TS_PACKET]);
/* A unit that the packager has taken; codec is its track's. */
void asides_unit(struct asides *a, enum codec_id codec, const struct access_unit *u,
                 const struct packager *p);
/* Once a second. forget: nothing of the feed is published, so what waits for its place has none. */
void asides_second(struct asides *a, bool forget);
void asides_count(const struct asides *a, struct asides_count *out);

#endif
