/* A viewer that follows a live room as a player does. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/live_viewer.h"

#include "tests/bench/lib/http_conn.h"
#include "tests/bench/lib/media_playlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START_SEGMENTS = 3, RETRY_US = 1000000, PATH_BYTES = 256 };

enum phase { PHASE_WAITING, PHASE_RELOADING, PHASE_FETCHING };

struct rendition {
    char uri[URI_MAX];
    uint64_t next;  /* the media sequence number wanted next; 0: none yet */
    uint64_t end;   /* one past the last one seen */
    int64_t due_us; /* when to reload */
};

struct live_viewer {
    struct http_conn conn;
    char folder[128];
    enum phase phase;
    struct rendition rendition[RENDITIONS_MAX];
    size_t renditions, current; /* renditions 0: not joined yet */
    int64_t due_us;             /* when to join */
    struct media_playlist playlist;
    struct live_viewer_counts *counts;
};

int live_viewer_new(struct live_viewer **out, const struct sockaddr_in *to, const char *folder,
                    int64_t start_us, struct live_viewer_counts *counts)
{
    struct live_viewer *v = calloc(1, sizeof(*v));

    *out = v;
    if (!v)
        return -ENOMEM;
    http_conn_init(&v->conn, to);
    snprintf(v->folder, sizeof(v->folder), "%s", folder);
    v->due_us = start_us;
    v->counts = counts;
    return 0;
}

void live_viewer_free(struct live_viewer **v)
{
    if (!*v)
        return;
    http_conn_fini(&(*v)->conn);
    free(*v);
    *v = NULL;
}

int live_viewer_fd(const struct live_viewer *v)
{
    return v->conn.fd;
}

static void start_over(struct live_viewer *v, int64_t now_us)
{
    v->counts->errors++;
    v->phase = PHASE_WAITING;
    v->renditions = 0;
    v->due_us = now_us + RETRY_US;
}

static void ask(struct live_viewer *v, const char *uri, enum phase phase, int64_t now_us)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "%s%s", v->folder, uri);
    v->phase = phase;
    if (http_conn_get(&v->conn, path, NULL, phase == PHASE_RELOADING) < 0)
        start_over(v, now_us);
}

/* The next segment of the current rendition, or back to waiting. */
static void fetch_next(struct live_viewer *v, int64_t now_us)
{
    struct rendition *r = &v->rendition[v->current];
    const struct media_playlist *m = &v->playlist;

    if (r->next < m->sequence) {
        v->counts->skipped += m->sequence - r->next;
        r->next = m->sequence;
    }
    if (r->next < m->sequence + m->count)
        ask(v, m->uri[r->next++ - m->sequence], PHASE_FETCHING, now_us);
    else
        v->phase = PHASE_WAITING;
}

/* RFC 8216 section 6.3.4: a target duration after a reload that brought something, half of it
 * after one that did not, counted from the request. */
static void playlist_arrived(struct live_viewer *v, int64_t now_us)
{
    struct rendition *r = &v->rendition[v->current];
    struct media_playlist *m = &v->playlist;
    uint64_t end;
    bool changed;

    if (media_playlist_parse(m, v->conn.body) < 0) {
        start_over(v, now_us);
        return;
    }
    end = m->sequence + m->count;
    changed = end != r->end;
    if (r->end == 0)
        r->next = m->count > START_SEGMENTS ? end - START_SEGMENTS : m->sequence;
    r->end = end;
    r->due_us = v->conn.sent_us + m->target_s * INT64_C(1000000) / (changed ? 1 : 2);
    v->counts->reloads++;
    v->counts->unchanged += !changed;
    fetch_next(v, now_us);
}

static void index_arrived(struct live_viewer *v, int64_t now_us)
{
    char uri[RENDITIONS_MAX][URI_MAX];

    if (multivariant_parse(uri, &v->renditions, v->conn.body) < 0) {
        start_over(v, now_us);
        return;
    }
    for (size_t i = 0; i < v->renditions; i++) {
        v->rendition[i] = (struct rendition){.due_us = now_us};
        memcpy(v->rendition[i].uri, uri[i], URI_MAX);
    }
    v->phase = PHASE_WAITING;
}

int64_t live_viewer_read(struct live_viewer *v, int64_t now_us)
{
    int r = http_conn_read(&v->conn);

    if (r == 0)
        return 0;
    if (r < 0 || v->conn.status != 200) {
        start_over(v, now_us);
        return 0;
    }
    v->counts->bytes += v->conn.length;
    r = (int)(now_us - v->conn.sent_us);
    if (v->phase == PHASE_FETCHING) {
        v->counts->segments++;
        fetch_next(v, now_us);
    } else if (v->renditions == 0) {
        index_arrived(v, now_us);
    } else {
        playlist_arrived(v, now_us);
    }
    live_viewer_tick(v, now_us);
    return r > 0 ? r : 1;
}

void live_viewer_tick(struct live_viewer *v, int64_t now_us)
{
    if (v->phase != PHASE_WAITING)
        return;
    if (v->renditions == 0 && v->due_us <= now_us)
        ask(v, "index.m3u8", PHASE_RELOADING, now_us);
    for (size_t i = 0; i < v->renditions && v->phase == PHASE_WAITING; i++) {
        if (v->rendition[i].due_us > now_us)
            continue;
        v->current = i;
        ask(v, v->rendition[i].uri, PHASE_RELOADING, now_us);
    }
}
