/* A segment that one feed began and another one of the same encoder ends: one file, one number. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   files that are being put together. Thread: control. Life: zeroed memory, stitch_fini.
 * Fails:  a track that cannot be stitched ends its segment where the first feed did.
 *
 * A feed that goes on (link/go.h) does so in the middle of a segment, which must not be cut there:
 * every segment has a keyframe (draft-pantos-hls-rfc8216bis, appendix B.1). So what the first feed
 * sends of its newest segment when it is told to rest is kept back, and the first segment of the
 * second one (sequence 0; it begins with 1 where it begins with a keyframe) is put behind it: the
 * bytes are copied once, and the messages say what a single feed would have said.
 *
 * What it had ended before it read that it is to rest comes in between. Which segment is its newest
 * is known when it has rested: until then a later one sends the one that was kept to the list.
 */
#ifndef RELAY_ROOM_STITCH_H
#define RELAY_ROOM_STITCH_H

#include "relay/room/session.h"

#include <stdbool.h>
#include <stdint.h>

struct stitch_track {
    bool kept;                      /* a feed's segment, as it said when it left the air */
    bool listed;                    /* ... its parts are in the window; else nothing of it is ... */
    bool half;                      /* ... and the feed that is on air now is to end it */
    uint64_t msn;                   /* of what is kept or joined */
    struct link_message m;          /* ... with these words ... */
    char init[24];                  /* ... this init segment's ETag ("": a transport stream) ... */
    int fd;                         /* ... and these bytes */
    bool joined;                    /* the second feed's has begun: */
    int whole, source;              /* its file, and the file of both */
    uint32_t bytes, parts, samples; /* of the first feed */
    int64_t shift_90k;              /* its last frame was so much shorter than guessed */
};

struct stitch {
    bool on;           /* the feed on air goes on */
    uint64_t base_msn; /* of its sequence 0 */
    struct stitch_track tracks[LINK_TRACK_SLOTS];
};

void stitch_fini(struct stitch *s);
/* m: LINK_SEGMENT of a feed that was told to rest, for another one to go on. True: it is its newest
 * and kept back; takes fd then. */
bool stitch_keep(struct stitch *s, const struct presentation *p, const struct session *first,
                 const struct link_message *m, int fd);
/* Have all its tracks come to the same segment? One that is far behind would make two segments one,
 * which no list allows; then there must be a break. */
bool stitch_is_even(const struct stitch *s, const struct session *first);
/* The first feed has rested, or died: fills in where each track ended. */
void stitch_begin(struct stitch *s, const struct presentation *p, const struct session *first,
                  int64_t from_90k[static LINK_GO_TRACKS]);
/* A part or segment of the second feed: *out is what to take in its place, *fd with it. False: as
 * it is. A part of more than most_bytes is not copied. */
bool stitch_take(struct stitch *s, const struct session *second, const struct link_message *m,
                 uint32_t most_bytes, struct link_message *out, int *fd);
/* Nobody ends what was kept: a piece of it, to be listed as its feed said, but by the numbers of
 * the session that the room has now. False: no more. */
bool stitch_give_back(struct stitch *s, const struct session *now, struct link_message *out,
                      int *fd);
/* m: the next part or segment of the feed on air. What was kept, and is whole because m is of a
 * later segment, to be listed first: as stitch_give_back. False: no more. */
bool stitch_release(struct stitch *s, const struct session *now, const struct link_message *m,
                    struct link_message *out, int *fd);

#endif
