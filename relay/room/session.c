/* The feed that holds a room: who it is, its tracks and their init segments, how it is doing. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/session.h"

#include "relay/room/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void session_copy_text(char *out, size_t size, const char *in, size_t in_size)
{
    size_t n = 0;
    while (n < in_size && n + 1 < size && in[n] != '\0') {
        out[n] = in[n] >= ' ' && in[n] <= '~' ? in[n] : '?';
        n++;
    }
    out[n] = '\0';
}

void session_init(struct session *s, const struct link_message *m, int64_t now_us, int64_t wall_us)
{
    memset(s, 0, sizeof(*s));
    s->feed = m->feed;
    s->worker = m->worker;
    session_copy_text(s->role, sizeof(s->role), m->u.open.role, sizeof(m->u.open.role));
    session_copy_text(s->peer, sizeof(s->peer), m->u.open.peer, sizeof(m->u.open.peer));
    session_copy_text(s->user, sizeof(s->user), m->u.open.user, sizeof(m->u.open.user));
    s->latency_ms = m->u.open.latency_ms;
    s->encrypted = m->u.open.encrypted;
    s->classic = m->u.open.classic;
    s->again = m->u.open.again;
    s->opened_us = s->heard_us = now_us;
    s->opened_wall_us = wall_us;
}

static void init_free(struct session_init **i)
{
    if (!*i)
        return;
    blob_unref(&(*i)->blob);
    free(*i);
    *i = NULL;
}

void session_fini(struct session *s)
{
    for (size_t t = 0; t < LINK_TRACK_SLOTS; t++)
        for (size_t i = 0; i < SESSION_INITS; i++)
            init_free(&s->tracks[t].inits[i]);
    memset(s, 0, sizeof(*s));
}

/* What goes into quoted strings of playlists: RFC 6381 and RFC 5646 need no more. */
static bool is_token(const char *s, size_t size)
{
    size_t n = strnlen(s, size);
    return n < size && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789.-_") == n;
}

static bool is_sane(const struct link_message *m)
{
    const struct track_params *k = &m->u.track.params;
    bool ts = m->u.track.track == LINK_TRACK_TS;
    return m->u.track.track < LINK_TRACK_SLOTS && codec_kind(k->codec) != CODEC_KIND_NONE &&
           is_token(k->rfc6381, sizeof(k->rfc6381)) && k->rfc6381[0] != '\0' &&
           is_token(m->u.track.language, sizeof(m->u.track.language)) && k->width <= 16384 &&
           k->height <= 16384 && k->sar_num <= 65535 && k->sar_den <= 65535 && k->channels <= 64 &&
           (m->u.track.init_bytes > 0) == !ts && m->u.track.init_bytes <= SESSION_INIT_BYTES;
}

/* The same bytes as the rendition's newest init are the same blob: no new map, no break. */
static struct blob *known_init(const struct rendition *r, const char *etag)
{
    const struct window_segment *last = window_last(&r->window);
    return last && last->init && strcmp(last->init->etag, etag) == 0 ? last->init : NULL;
}

int session_init_etag(int fd, uint32_t bytes, char etag[static 24])
{
    if (bytes == 0 || bytes > SESSION_INIT_BYTES)
        return -EINVAL;
    uint8_t *copy = malloc(bytes);
    int err = copy ? 0 : -ENOMEM;
    if (copy && pread(fd, copy, bytes, 0) != (ssize_t)bytes)
        err = -EINVAL;
    if (err == 0)
        snprintf(etag, 24, "\"%016" PRIx64 "\"", digest(copy, bytes));
    free(copy);
    return err;
}

/* Takes fd. */
static int load_init(struct blob **out, int fd, uint32_t bytes, const struct rendition *r)
{
    char etag[24];
    *out = NULL;
    int err = session_init_etag(fd, bytes, etag);
    if (err < 0) {
        close(fd);
        return err;
    }
    struct blob *known = known_init(r, etag);
    if (!known)
        return blob_new(out, fd, bytes, etag);
    *out = blob_ref(known);
    close(fd);
    return 0;
}

/* Tracks are numbered video first, then audio; so an audio track's rank follows from its number,
 * also while the tracks before it are still silent. */
static uint32_t rank_of(const struct session *s, uint32_t track, enum codec_kind kind)
{
    const struct rendition *first = s->tracks[0].rendition;
    uint32_t videos = track > 0 && (!first || first->kind == CODEC_KIND_VIDEO);
    return kind == CODEC_KIND_AUDIO ? track - videos + 1 : 1;
}

/* Takes the init over into the track's table. */
static int keep_init(struct session_track *t, const struct link_message *m, struct blob *blob)
{
    struct session_init **slot = &t->inits[m->u.track.init_id % SESSION_INITS];
    struct session_init *init = calloc(1, sizeof(*init));
    if (!init) {
        blob_unref(&blob);
        return -ENOMEM;
    }
    init->blob = blob;
    init->id = m->u.track.init_id;
    init->params = m->u.track.params;
    init->params.config_len = 0;
    init_free(slot);
    *slot = init;
    return 0;
}

static void drop(int fd)
{
    if (fd >= 0)
        close(fd);
}

int session_track(struct session *s, struct presentation *p, const struct link_message *m, int fd)
{
    uint32_t track = m->u.track.track;
    bool ts = track == LINK_TRACK_TS;
    if (!is_sane(m) || (fd < 0) != ts) {
        drop(fd);
        return -EINVAL;
    }
    struct session_track *t = &s->tracks[track];
    enum codec_kind kind = ts ? CODEC_KIND_MUXED : codec_kind(m->u.track.params.codec);
    int err = 0;
    if (!t->rendition)
        err = presentation_claim(p, kind, rank_of(s, track, kind), &t->rendition);
    else if (t->rendition->kind != kind)
        err = -EINVAL;
    if (err < 0) {
        drop(fd);
        return err;
    }
    memcpy(t->rendition->language, m->u.track.language, sizeof(t->rendition->language));
    struct blob *blob = NULL;
    if (!ts)
        err = load_init(&blob, fd, m->u.track.init_bytes, t->rendition);
    return err < 0 ? err : keep_init(t, m, blob);
}

const struct session_init *session_find_init(const struct session *s, uint32_t track, uint32_t id)
{
    const struct session_init *init =
        track < LINK_TRACK_SLOTS ? s->tracks[track].inits[id % SESSION_INITS] : NULL;
    return init && init->id == id ? init : NULL;
}

void session_stats(struct session *s, const struct link_feed_stats *stats, int64_t now_us)
{
    if (stats->bytes != s->stats.bytes)
        s->heard_us = now_us;
    s->stats = *stats;
}
