/* Puts the two halves of a segment together, part by part or at once. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/stitch.h"

#include "relay/base/seals.h"
#include "relay/room/claims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 1 << 16,
    MOST_BYTES = 1 << 27, /* what a worker says is long, is copied only so far: rooms wait for it */
};
static const int64_t most_shift_90k = 45000;
static const int64_t most_behind_90k = 27000; /* EXTINF still rounds to the target (rule 11) */

static void drop(int *fd)
{
    if (*fd > 0)
        close(*fd);
    *fd = -1;
}

static void end_track(struct stitch_track *t)
{
    if (t->kept)
        drop(&t->fd);
    if (t->joined) {
        drop(&t->whole);
        drop(&t->source);
    }
    *t = (struct stitch_track){0};
}

/* The rest of it never comes, and what is listed of it stays. (Not so in stitch_fini: the front
 * that has taken the rooms over goes on with the file.) */
static void give_up(struct stitch_track *t)
{
    if (t->joined)
        (void)fcntl(t->whole, F_ADD_SEALS, SEALS);
    end_track(t);
}

void stitch_fini(struct stitch *s)
{
    for (size_t i = 0; i < LINK_TRACK_SLOTS; i++)
        end_track(&s->tracks[i]);
    *s = (struct stitch){0};
}

static int copy(int to, uint32_t at, int from, uint32_t offset, uint32_t bytes)
{
    static char chunk[CHUNK_BYTES]; /* the control thread's */
    if (bytes > MOST_BYTES)
        return -EFBIG;
    while (bytes > 0) {
        ssize_t n = pread(from, chunk, bytes < sizeof(chunk) ? bytes : sizeof(chunk), offset);
        if (n <= 0 || pwrite(to, chunk, (size_t)n, at) != n)
            return -EIO;
        offset += (uint32_t)n;
        at += (uint32_t)n;
        bytes -= (uint32_t)n;
    }
    return 0;
}

static const struct window_segment *open_of(const struct session *s, uint32_t track)
{
    const struct rendition *r = s->tracks[track].rendition;
    return r ? window_open(&r->window) : NULL;
}

/* Would it be refused? Then the other feed must not be told to begin behind it. */
static bool is_strange(const struct session *first, const struct link_message *m, int fd)
{
    return m->u.segment.gap || !claim_has_bytes(fd, m->u.segment.bytes) ||
           claim_fault(first, m->u.segment.track, m->u.segment.start_90k,
                       m->u.segment.duration_90k) != NULL;
}

bool stitch_keep(struct stitch *s, const struct presentation *p, const struct session *first,
                 const struct link_message *m, int fd)
{
    uint32_t track = m->u.segment.track;
    const struct session_init *init = session_find_init(first, track, m->u.segment.init_id);
    if (!init || !first->based || is_strange(first, m, fd))
        return false;
    struct stitch_track *t = &s->tracks[track];
    const struct stitch_track *lead = &s->tracks[0]; /* it is the first that ends what it has */
    const struct window_segment *open = open_of(first, track);
    uint64_t msn = first->base_msn + m->u.segment.sequence;
    bool listed = open && open->msn == msn;
    if (msn + 1 < p->next_msn || msn > p->next_msn + PRESENTATION_JUMP || (open && !listed) ||
        t->kept)
        return false;
    if (track > 0 && !(lead->kept && lead->msn == msn))
        return false; /* it is whole, or a number behind */
    end_track(t);
    *t = (struct stitch_track){.kept = true, .listed = listed, .msn = msn, .m = *m, .fd = fd};
    snprintf(t->init, sizeof(t->init), "%s", init->blob ? init->blob->etag : "");
    return true;
}

/* The newest segment of a track: its number, and where it starts and ends. False: it has none. */
static bool newest_of(const struct stitch *s, const struct session *first, uint32_t track,
                      uint64_t *msn, int64_t *start_90k, int64_t *end_90k)
{
    const struct rendition *r = first->tracks[track].rendition;
    const struct window_segment *last = r ? window_last(&r->window) : NULL;
    const struct stitch_track *k = &s->tracks[track];
    if (k->kept && !k->listed) {
        *msn = k->msn;
        *start_90k = k->m.u.segment.start_90k;
        *end_90k = *start_90k + k->m.u.segment.duration_90k;
    } else if (last) {
        *msn = last->msn;
        *start_90k = last->start_90k;
        *end_90k = *start_90k + last->duration_90k;
    }
    return last || (k->kept && !k->listed);
}

bool stitch_is_even(const struct stitch *s, const struct session *first)
{
    uint64_t lead_msn, msn;
    int64_t lead_90k, start_90k, end_90k;
    if (!newest_of(s, first, 0, &lead_msn, &lead_90k, &end_90k))
        return false;
    for (uint32_t t = 1; t < LINK_TRACKS_MAX; t++) {
        if (!first->tracks[t].rendition)
            continue;
        if (!newest_of(s, first, t, &msn, &start_90k, &end_90k) || msn > lead_msn ||
            (msn < lead_msn && (msn + 1 < lead_msn || end_90k < lead_90k - most_behind_90k)))
            return false;
    }
    return true;
}

/* A gap has no frames. */
static int64_t frame_of(int64_t duration_90k, uint32_t samples)
{
    return samples > 0 ? duration_90k / ((int64_t)samples + 1) : 0;
}

void stitch_begin(struct stitch *s, const struct presentation *p, const struct session *first,
                  int64_t from_90k[static LINK_GO_TRACKS])
{
    s->on = true;
    s->base_msn = p->next_msn - 1;
    for (uint32_t t = 0; t < LINK_TRACK_SLOTS; t++) {
        const struct rendition *r = first->tracks[t].rendition;
        const struct window_segment *last = r ? window_last(&r->window) : NULL;
        struct stitch_track *k = &s->tracks[t];
        int64_t end_90k = p->end_90k, frame_90k = 0;
        if (k->joined) /* its parts are joined anew */
            give_up(k);
        k->half = k->kept;
        if (k->kept && !k->listed) {
            s->base_msn = k->msn > s->base_msn ? k->msn : s->base_msn;
            end_90k = k->m.u.segment.start_90k + k->m.u.segment.duration_90k;
            frame_90k = frame_of(k->m.u.segment.duration_90k, k->m.u.segment.samples);
        } else if (last) {
            end_90k = last->start_90k + last->duration_90k;
            frame_90k = frame_of(last->duration_90k, last->samples);
        }
        /* half a frame less: how long the last frame is, was a guess */
        if (t < LINK_GO_TRACKS)
            from_90k[t] = end_90k - frame_90k / 2;
    }
}

static int start_file(const void *name)
{
    return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* The open segment's file becomes one that can grow; its bytes and their ETag stay. */
static bool join_open(struct stitch_track *t, struct window_segment *open,
                      const struct link_part *k, int fd)
{
    struct blob *file;
    if (!open->file) /* a gap */
        return false;
    int whole = start_file("roomcast-stitched"), shared = -1;
    int64_t shift_90k = k->start_90k - open->start_90k - open->duration_90k;
    if (whole < 0 || llabs(shift_90k) > most_shift_90k ||
        copy(whole, 0, open->file->fd, 0, open->bytes) < 0 ||
        (shared = fcntl(whole, F_DUPFD_CLOEXEC, 0)) < 0 ||
        blob_new(&file, shared, 0, open->file->etag) < 0) {
        drop(&whole);
        return false;
    }
    blob_unref(&open->file);
    open->file = file;
    t->joined = true;
    t->msn = open->msn;
    t->whole = whole;
    t->source = fd;
    t->bytes = open->bytes;
    t->parts = open->part_count;
    t->samples = open->samples;
    t->shift_90k = shift_90k;
    return true;
}

/* Would it be listed? What would not is not worth a copy. */
static bool adjoins(const struct stitch_track *t, const struct window_segment *open,
                    const struct link_part *k)
{
    return (uint64_t)t->bytes + k->offset == open->bytes &&
           (uint64_t)t->parts + k->part == open->part_count &&
           (uint64_t)open->bytes + k->bytes <= UINT32_MAX;
}

static bool take_part(struct stitch *s, const struct session *second, const struct link_message *m,
                      uint32_t most_bytes, struct link_message *out, int *fd)
{
    const struct link_part *k = &m->u.part;
    struct stitch_track *t = &s->tracks[k->track];
    struct rendition *r = second->tracks[k->track].rendition;
    struct window_segment *open = r ? window_open(&r->window) : NULL;
    if (!open || open->msn != s->base_msn)
        return false;
    if (k->part == 0 && *fd >= 0 && !t->joined) {
        if (!join_open(t, open, k, *fd))
            return false;
        *fd = -1;
    }
    if (!t->joined || k->bytes > most_bytes || !adjoins(t, open, k) ||
        copy(t->whole, open->bytes, t->source, k->offset, k->bytes) < 0)
        return false;
    *out = *m;
    out->u.part.part += t->parts;
    out->u.part.offset += t->bytes;
    out->u.part.start_90k -= t->shift_90k;
    out->u.part.present_90k -= t->shift_90k;
    return true;
}

/* The end of a segment whose parts are in the window already. */
static bool end_open(struct stitch *s, const struct session *second, const struct link_message *m,
                     struct link_message *out, int *fd)
{
    struct stitch_track *t = &s->tracks[m->u.segment.track];
    const struct window_segment *open = open_of(second, m->u.segment.track);
    if (!t->joined || !open || open->msn != s->base_msn || *fd < 0 ||
        fcntl(t->whole, F_ADD_SEALS, SEALS) < 0)
        return false;
    *out = *m;
    out->u.segment.start_90k = open->start_90k;
    out->u.segment.duration_90k = open->duration_90k;
    out->u.segment.present_90k = open->start_90k;
    out->u.segment.bytes += t->bytes;
    out->u.segment.parts += t->parts;
    out->u.segment.samples += t->samples;
    out->u.segment.independent = open->independent;
    out->u.segment.iframe_bytes = t->kept ? t->m.u.segment.iframe_bytes : 0;
    close(*fd);
    *fd = t->whole;
    t->whole = -1;
    end_track(t);
    return true;
}

/* The end of one that was kept as a whole. */
static bool end_kept(struct stitch *s, const struct link_message *m, struct link_message *out,
                     int *fd)
{
    struct stitch_track *t = &s->tracks[m->u.segment.track];
    uint32_t bytes = t->m.u.segment.bytes;
    int whole;
    if (!t->kept || t->listed || *fd < 0 || (uint64_t)bytes + m->u.segment.bytes > UINT32_MAX)
        return false;
    whole = start_file("roomcast-stitched");
    if (whole < 0 || copy(whole, 0, t->fd, 0, bytes) < 0 ||
        copy(whole, bytes, *fd, 0, m->u.segment.bytes) < 0 ||
        fcntl(whole, F_ADD_SEALS, SEALS) < 0) {
        drop(&whole);
        return false;
    }
    *out = *m;
    out->u.segment.start_90k = t->m.u.segment.start_90k;
    out->u.segment.present_90k = t->m.u.segment.present_90k;
    out->u.segment.capture_wall_us = t->m.u.segment.capture_wall_us;
    out->u.segment.duration_90k =
        m->u.segment.start_90k + m->u.segment.duration_90k - t->m.u.segment.start_90k;
    out->u.segment.bytes += bytes;
    out->u.segment.samples += t->m.u.segment.samples;
    out->u.segment.independent = t->m.u.segment.independent;
    out->u.segment.iframe_bytes = t->m.u.segment.iframe_bytes;
    close(*fd);
    *fd = whole;
    end_track(t);
    return true;
}

bool stitch_take(struct stitch *s, const struct session *second, const struct link_message *m,
                 uint32_t most_bytes, struct link_message *out, int *fd)
{
    if (!s->on)
        return false;
    if (m->type == LINK_PART)
        return m->u.part.track < LINK_TRACK_SLOTS && m->u.part.sequence == 0 &&
               take_part(s, second, m, most_bytes, out, fd);
    if (m->u.segment.track >= LINK_TRACK_SLOTS || m->u.segment.sequence != 0 || m->u.segment.gap)
        return false;
    return end_open(s, second, m, out, fd) || end_kept(s, m, out, fd);
}

/* The init segment by what it is: other sessions number it otherwise. */
static const struct session_init *find_init(const struct session *s, const struct stitch_track *t)
{
    const struct session_track *in = &s->tracks[t->m.u.segment.track];
    for (uint32_t i = 0; i < SESSION_INITS; i++) {
        const struct session_init *k = in->inits[(t->m.u.segment.init_id + i) % SESSION_INITS];
        if (k && strcmp(k->blob ? k->blob->etag : "", t->init) == 0)
            return k;
    }
    return NULL;
}

/* False: the session cannot say it, because it has no such track (yet). */
static bool give_out(struct stitch_track *t, const struct session *now, struct link_message *out,
                     int *fd)
{
    const struct session_init *init = find_init(now, t);
    bool known = init && now->based && t->msn >= now->base_msn;
    if (known) {
        *out = t->m;
        out->u.segment.sequence = t->msn - now->base_msn;
        out->u.segment.init_id = init->id;
        *fd = t->fd;
        t->fd = -1;
    }
    end_track(t);
    return known;
}

bool stitch_give_back(struct stitch *s, const struct session *now, struct link_message *out,
                      int *fd)
{
    for (size_t i = 0; i < LINK_TRACK_SLOTS; i++) {
        struct stitch_track *t = &s->tracks[i];
        if (t->joined)
            give_up(t);
        else if (t->kept && give_out(t, now, out, fd))
            return true;
    }
    return false;
}

bool stitch_release(struct stitch *s, const struct session *now, const struct link_message *m,
                    struct link_message *out, int *fd)
{
    bool part = m->type == LINK_PART;
    uint32_t track = part ? m->u.part.track : m->u.segment.track;
    uint64_t msn = now->base_msn + (part ? m->u.part.sequence : m->u.segment.sequence);
    for (size_t i = 0; i < LINK_TRACK_SLOTS && now->based; i++) {
        struct stitch_track *t = &s->tracks[i];
        bool waits = t->half || t->joined; /* for a message of its own track */
        if (!(t->kept || t->joined) || msn <= t->msn || (waits && i != track))
            continue;
        if (t->joined)
            give_up(t);
        else if (give_out(t, now, out, fd))
            return true;
    }
    return false;
}
