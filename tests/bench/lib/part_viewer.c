/* A viewer that follows one rendition of a live room with low latency, part by part, and holds what
 * it is given against what all other viewers of the program were given. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/part_viewer.h"

#include "tests/bench/lib/http_conn.h"
#include "tests/bench/lib/part_playlist.h"
#include "tests/bench/lib/reply_age.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RETRY_US = 1000000, PATH_BYTES = 320, QUEUE_MAX = 64 };
/* Date has whole seconds, and so has Age: two may be lost in rounding. */
enum { CLOCK_SLACK_S = 2, BLOCKED_LIVES = 6, COMPLAINTS_MAX = 20 };

enum phase {
    PHASE_WAITING,
    PHASE_JOINING,
    PHASE_ENTERING,
    PHASE_RELOADING,
    PHASE_FETCHING,
    PHASE_HINTING
};

struct part_viewer {
    const struct part_viewer_options *options;
    struct part_viewer_counts *counts;
    struct http_conn conn;
    enum phase phase;
    int64_t due_us; /* when to join */
    unsigned index, renditions, current;
    char uri[RENDITIONS_MAX][URI_MAX];
    struct part_position seen[RENDITIONS_MAX]; /* the end of the newest playlist */
    struct part_position wanted, asked;        /* asked: of the reload under way */
    struct part queue[QUEUE_MAX], hint;
    size_t queued, at;
    bool has_hint, hint_taken;
    unsigned since_switch;
};

int part_viewer_new(struct part_viewer **out, const struct part_viewer_options *o, unsigned index,
                    int64_t start_us, struct part_viewer_counts *counts)
{
    struct part_viewer *v = calloc(1, sizeof(*v));

    *out = v;
    if (!v)
        return -ENOMEM;
    http_conn_init(&v->conn, &o->to);
    v->conn.gzip = true;
    v->options = o;
    v->counts = counts;
    v->index = index;
    v->due_us = start_us;
    return 0;
}

void part_viewer_free(struct part_viewer **v)
{
    if (!*v)
        return;
    http_conn_fini(&(*v)->conn);
    free(*v);
    *v = NULL;
}

int part_viewer_fd(const struct part_viewer *v)
{
    return v->conn.fd;
}

/* What went wrong first is worth a line each; a thousand viewers would say it a thousand times. */
static void start_over(struct part_viewer *v, int64_t now_us, const char *what, int result)
{
    if (v->counts->errors++ < COMPLAINTS_MAX)
        fprintf(stderr, "viewer %u: %s: result %d, status %d\n", v->index, what, result,
                v->conn.status);
    v->phase = PHASE_WAITING;
    v->due_us = now_us + RETRY_US;
}

static void ask(struct part_viewer *v, const char *uri, const char *range, enum phase phase,
                int64_t now_us)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "%s%s", v->options->folder, uri);
    v->phase = phase;
    if (http_conn_get(&v->conn, path, range, true) < 0)
        start_over(v, now_us, path, 0);
}

static void enter(struct part_viewer *v, int64_t now_us)
{
    ask(v, v->uri[v->current], NULL, PHASE_ENTERING, now_us);
}

static void reload(struct part_viewer *v, enum phase phase, int64_t now_us)
{
    char uri[URI_MAX + 64];

    v->asked = v->wanted;
    snprintf(uri, sizeof(uri), "%s?_HLS_msn=%" PRIu64 "&_HLS_part=%u", v->uri[v->current],
             v->wanted.msn, v->wanted.parts);
    ask(v, uri, NULL, phase, now_us);
}

static void fetch(struct part_viewer *v, const struct part *p, enum phase phase, int64_t now_us)
{
    char range[48];

    if (!p->ranged)
        range[0] = '\0';
    else if (p->bytes)
        snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, p->from, p->from + p->bytes - 1);
    else
        snprintf(range, sizeof(range), "%" PRIu64 "-", p->from);
    ask(v, p->uri, p->ranged ? range : NULL, phase, now_us);
}

/* The next part of the queue, the hint behind it, or the playlist again. */
static void go_on(struct part_viewer *v, int64_t now_us)
{
    if (v->at < v->queued) {
        fetch(v, &v->queue[v->at], PHASE_FETCHING, now_us);
    } else if (v->options->hints && v->has_hint) {
        v->has_hint = false;
        fetch(v, &v->hint, PHASE_HINTING, now_us);
    } else {
        reload(v, PHASE_RELOADING, now_us);
    }
}

static bool same_part(const struct part *a, const struct part *b)
{
    return a->from == b->from && strcmp(a->uri, b->uri) == 0;
}

/* Puts what is new into the queue. Parts follow each other without a hole: the next of the segment,
 * or the first of the next one. */
static void queue_parts(struct part_viewer *v, const struct part_playlist *p)
{
    v->queued = v->at = 0;
    for (size_t i = 0; i < p->parts; i++) {
        const struct part *x = &p->part[i];

        if (part_position_compare(&x->at, &v->wanted) < 0)
            continue;
        v->counts->missed += !(x->at.msn == v->wanted.msn && x->at.parts == v->wanted.parts) &&
                             !(x->at.msn == v->wanted.msn + 1 && x->at.parts == 0);
        v->wanted = (struct part_position){x->at.msn, x->at.parts + 1};
        if (v->hint_taken && same_part(x, &v->hint))
            continue;
        if (v->queued < QUEUE_MAX)
            v->queue[v->queued++] = *x;
        else
            v->counts->missed++;
    }
    v->hint_taken = false;
    v->has_hint = p->has_hint;
    v->hint = p->has_hint ? p->hint : v->hint;
}

static void check_age(struct part_viewer *v, const struct part_playlist *p)
{
    struct part_viewer_counts *c = v->counts;
    struct reply_age a;
    bool old = p && p->end.msn > v->asked.msn + 1;

    reply_age_read(&a, &v->conn, time(NULL));
    c->aged += a.age_s > 0;
    c->age_missing += a.age_s < 0 && a.since_s > CLOCK_SLACK_S;
    c->age_wrong += a.age_s >= 0 && llabs(a.age_s - a.since_s) > CLOCK_SLACK_S;
    c->expired += a.max_age_s >= 0 && a.since_s > a.max_age_s + CLOCK_SLACK_S;
    /* An answer that was waited for lives six target durations; one to a viewer that fell far
     * behind is like one to nobody in particular. */
    if (p && v->phase == PHASE_RELOADING && !old)
        c->lifetime_wrong += a.max_age_s != (int64_t)p->target_s * BLOCKED_LIVES;
}

static void note_moment(struct part_viewer *v, struct histogram *h, uint64_t name, int64_t now_us)
{
    int64_t first = (int64_t)first_seen_note(&v->counts->moment_of, name, (uint64_t)now_us);
    int64_t delay_us = now_us - (first > v->conn.sent_us ? first : v->conn.sent_us);

    histogram_add(h, delay_us);
    if (h == &v->counts->reload && delay_us > v->counts->worst_us)
        v->counts->worst_us = delay_us;
}

/* Over to the next rendition, by what its report says of it: the part that it names is there. */
static bool switch_rendition(struct part_viewer *v, const struct part_playlist *p, int64_t now_us)
{
    unsigned next = (v->current + 1) % v->renditions;

    if (v->options->switch_parts == 0 || v->since_switch < v->options->switch_parts)
        return false;
    for (size_t i = 0; i < p->reports; i++) {
        if (next == v->current || strcmp(p->report[i].uri, v->uri[next]) != 0)
            continue;
        v->current = next;
        v->since_switch = 0;
        v->counts->switches++;
        v->queued = v->at = 0;
        v->has_hint = v->hint_taken = false;
        v->wanted = p->report[i].last;
        reload(v, PHASE_RELOADING, now_us);
        return true;
    }
    return false;
}

static void playlist_arrived(struct part_viewer *v, int64_t now_us)
{
    /* over a megabyte: as a thread's own variable it would not leave room for small stacks */
    static _Thread_local struct part_playlist *p;
    const char *text = http_conn_text(&v->conn);
    const char *uri = v->uri[v->current];
    uint64_t asked[] = {v->asked.msn, v->asked.parts};
    uint64_t name = first_seen_hash(FIRST_SEEN_SEED, uri, strlen(uri));

    p = p ? p : malloc(sizeof(*p));
    if (!p || !text || part_playlist_parse(p, text) < 0 || !p->blocks || p->ended) {
        start_over(v, now_us, "no live low-latency playlist", 0);
        return;
    }
    v->counts->playlists++;
    check_age(v, p);
    v->counts->older += part_position_compare(&p->end, &v->seen[v->current]) < 0;
    v->seen[v->current] = p->end;
    if (v->phase == PHASE_ENTERING) {
        v->wanted = p->end;
        v->queued = v->at = 0;
        v->has_hint = v->hint_taken = false;
    } else {
        name = first_seen_hash(name, asked, sizeof(asked));
        note_moment(v, &v->counts->reload, name, now_us);
        v->counts->unsatisfied += part_position_compare(&p->end, &v->asked) <= 0;
        queue_parts(v, p);
    }
    if (!switch_rendition(v, p, now_us))
        go_on(v, now_us);
}

static void index_arrived(struct part_viewer *v, int64_t now_us)
{
    char uri[RENDITIONS_MAX][URI_MAX];
    const char *text = http_conn_text(&v->conn);
    size_t n, at;

    if (!text || multivariant_parse(uri, &n, text) < 0) {
        start_over(v, now_us, "no multivariant playlist", 0);
        return;
    }
    /* A rendition that is a variant of its own, too, stands there twice. */
    v->renditions = 0;
    for (size_t i = 0; i < n; i++) {
        for (at = 0; at < v->renditions && strcmp(v->uri[at], uri[i]) != 0;)
            at++;
        if (at == v->renditions)
            memcpy(v->uri[v->renditions++], uri[i], URI_MAX);
    }
    v->current = v->index % v->renditions;
    v->counts->joins++;
    enter(v, now_us);
}

/* The bytes of a part: the same for everybody, and as long as the playlist said. */
static void part_arrived(struct part_viewer *v, const struct part *p, int64_t now_us)
{
    struct part_viewer_counts *c = v->counts;
    uint64_t name = first_seen_hash(FIRST_SEEN_SEED, p->uri, strlen(p->uri)), bytes;

    name = first_seen_hash(name, &p->from, sizeof(p->from));
    bytes = first_seen_hash(FIRST_SEEN_SEED, v->conn.body, v->conn.body_len);
    c->differing += first_seen_note(&c->bytes_of, name, bytes) != bytes ||
                    (p->bytes && p->bytes != v->conn.length);
    check_age(v, NULL);
    note_moment(v, &c->part, name ^ FIRST_SEEN_SEED, now_us);
    c->parts++;
    v->since_switch++;
}

static void hint_arrived(struct part_viewer *v, int64_t now_us)
{
    if (v->conn.status == 404) {
        v->counts->hints_gone++;
    } else {
        v->counts->hinted++;
        v->hint_taken = true;
        part_arrived(v, &v->hint, now_us);
    }
    reload(v, PHASE_RELOADING, now_us);
}

void part_viewer_read(struct part_viewer *v, int64_t now_us)
{
    static const char *const doing[] = {"waiting",   "joining",  "entering",
                                        "reloading", "fetching", "hinting"};
    int r = http_conn_read(&v->conn), wanted = 200;

    if (r == 0)
        return;
    if ((v->phase == PHASE_FETCHING && v->queue[v->at].ranged) ||
        (v->phase == PHASE_HINTING && v->hint.ranged))
        wanted = 206;
    if (r < 0 ||
        (v->conn.status != wanted && !(v->phase == PHASE_HINTING && v->conn.status == 404))) {
        start_over(v, now_us, doing[v->phase], r);
        return;
    }
    v->counts->bytes += v->conn.length;
    if (v->phase == PHASE_JOINING) {
        index_arrived(v, now_us);
    } else if (v->phase == PHASE_HINTING) {
        hint_arrived(v, now_us);
    } else if (v->phase == PHASE_FETCHING) {
        part_arrived(v, &v->queue[v->at++], now_us);
        go_on(v, now_us);
    } else {
        playlist_arrived(v, now_us);
    }
}

void part_viewer_tick(struct part_viewer *v, int64_t now_us)
{
    if (v->phase == PHASE_WAITING && v->due_us <= now_us)
        ask(v, "index.m3u8", NULL, PHASE_JOINING, now_us);
}
