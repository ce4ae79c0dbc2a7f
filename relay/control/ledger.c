/* What each room used, by day: totals, made of what is known of rooms once a second. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

enum { BUCKETS = 4096, FIRST_SIZE = 64, NO_LINE = -1 };

struct line {
    struct ledger_row row;
    uint64_t live_us, watch_us; /* what the row has in milliseconds */
    uint64_t changes, sent, kept;
    bool under_way;
    int next; /* of its bucket */
};

/* A room as the last fold found it. */
struct known {
    char room[STORE_NAME];
    uint64_t sessions, bytes_in, bytes_out, viewer_us;
};

struct ledger {
    int64_t life;
    struct line *lines;
    size_t count, size, cursor;
    int buckets[BUCKETS];
    struct known *was, *is; /* of the last fold, in order of names; of this one */
    size_t was_count, was_size, was_at, is_count, is_size;
    int64_t folded_us; /* 0: never */
    int64_t elapsed_us;
    int32_t day; /* to which this fold belongs */
    bool only_known;
    bool forgets, forgot; /* this fold, the last one: it had no memory for what it found */
};

int32_t ledger_day(int64_t wall_us)
{
    return (int32_t)((wall_us - (wall_us % DAY_US + DAY_US) % DAY_US) / DAY_US);
}

int ledger_new(struct ledger **out, int64_t life)
{
    struct ledger *l = *out = calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    l->life = life;
    for (size_t i = 0; i < BUCKETS; i++)
        l->buckets[i] = NO_LINE;
    return 0;
}

void ledger_free(struct ledger **lp)
{
    struct ledger *l = *lp;
    *lp = NULL;
    if (!l)
        return;
    free(l->lines);
    free(l->was);
    free(l->is);
    free(l);
}

size_t ledger_lines(const struct ledger *l)
{
    return l->count;
}

static bool grow(void **list, size_t *size, size_t wanted, size_t each)
{
    if (wanted <= *size)
        return true;
    size_t next = *size ? *size * 2 : FIRST_SIZE;
    void *more = realloc(*list, next * each);
    if (!more)
        return false;
    *list = more;
    *size = next;
    return true;
}

static int *bucket_of(struct ledger *l, const char *room, int32_t day)
{
    uint32_t h = UINT32_C(2166136261) ^ (uint32_t)day;
    for (; *room; room++)
        h = (h ^ (unsigned char)*room) * UINT32_C(16777619);
    return &l->buckets[h % BUCKETS];
}

static struct line *find(struct ledger *l, const char *room, int32_t day)
{
    for (int i = *bucket_of(l, room, day); i != NO_LINE; i = l->lines[i].next)
        if (l->lines[i].row.day == day && strcmp(l->lines[i].row.room, room) == 0)
            return &l->lines[i];
    return NULL;
}

static struct line *make(struct ledger *l, const char *room, int32_t day)
{
    void *list = l->lines;
    bool has = grow(&list, &l->size, l->count + 1, sizeof(l->lines[0]));
    l->lines = list;
    if (!has)
        return NULL;
    int *bucket = bucket_of(l, room, day);
    struct line *line = &l->lines[l->count];
    *line = (struct line){.row = {.day = day, .life = l->life++}, .next = *bucket};
    snprintf(line->row.room, sizeof(line->row.room), "%s", room);
    *bucket = (int)l->count++;
    return line;
}

/* One line more than LEDGER_LINES a day may be there: that of all others. */
static struct line *line_of(struct ledger *l, const char *room)
{
    struct line *line = find(l, room, l->day);
    if (!line && l->count < LEDGER_LINES)
        line = make(l, room, l->day);
    if (!line)
        line = find(l, LEDGER_OTHERS, l->day);
    return line ? line : make(l, LEDGER_OTHERS, l->day);
}

void ledger_fold_begin(struct ledger *l, bool known, int64_t now_us, int64_t wall_us)
{
    l->only_known = known;
    l->elapsed_us = l->folded_us && !known && now_us > l->folded_us ? now_us - l->folded_us : 0;
    l->folded_us = now_us;
    l->day = ledger_day(wall_us - l->elapsed_us);
    l->was_at = l->is_count = 0;
    l->forgets = false;
}

/* As the last fold found it; NULL: it is new. */
static const struct known *recall(struct ledger *l, const char *room)
{
    int order = -1;
    while (l->was_at < l->was_count && (order = strcmp(l->was[l->was_at].room, room)) < 0)
        l->was_at++;
    return l->was_at < l->was_count && order == 0 ? &l->was[l->was_at] : NULL;
}

/* One that fell is another room's of the same name: what it has brought so far is unknown, and
 * nothing is ever counted twice. */
static uint64_t growth(uint64_t was, uint64_t is)
{
    return is > was ? is - was : 0;
}

static void add(struct ledger *l, const struct ledger_facts *f, const struct known *was)
{
    const struct known from = was ? *was : (struct known){.sessions = 0};
    const uint64_t sessions = growth(from.sessions, f->sessions),
                   in = growth(from.bytes_in, f->bytes_in),
                   out = growth(from.bytes_out, f->bytes_out),
                   watch_us = growth(from.viewer_us, f->viewer_us),
                   live_us = f->live ? (uint64_t)l->elapsed_us : 0;
    if (!(sessions | in | out | watch_us | live_us | f->viewers))
        return;
    struct line *line = line_of(l, f->room);
    if (!line)
        return;
    struct ledger_row *row = &line->row;
    bool peak = (int64_t)f->viewers > row->viewers_peak;
    row->sessions += (int64_t)sessions;
    row->bytes_in += (int64_t)in;
    row->bytes_out += (int64_t)out;
    line->watch_us += watch_us;
    line->live_us += live_us;
    row->watch_ms = (int64_t)(line->watch_us / 1000);
    row->live_ms = (int64_t)(line->live_us / 1000);
    if (peak)
        row->viewers_peak = (int64_t)f->viewers;
    line->changes += peak || (sessions | in | out | watch_us | live_us) != 0;
}

void ledger_fold_room(struct ledger *l, const struct ledger_facts *f)
{
    void *list = l->is;
    bool has = grow(&list, &l->is_size, l->is_count + 1, sizeof(l->is[0]));
    l->is = list;
    const struct known *was = recall(l, f->room);
    if (!l->only_known && (was || !l->forgot))
        add(l, f, was);
    l->forgets |= !has;
    if (!has)
        return;
    struct known *k = &l->is[l->is_count++];
    *k = (struct known){.sessions = f->sessions,
                        .bytes_in = f->bytes_in,
                        .bytes_out = f->bytes_out,
                        .viewer_us = f->viewer_us};
    snprintf(k->room, sizeof(k->room), "%s", f->room);
}

void ledger_fold_end(struct ledger *l)
{
    struct known *list = l->was;
    size_t size = l->was_size;
    l->was = l->is;
    l->was_count = l->is_count;
    l->was_size = l->is_size;
    l->is = list;
    l->is_size = size;
    l->forgot = l->forgets;
}

size_t ledger_take(struct ledger *l, struct ledger_row *rows, size_t most)
{
    size_t n = 0;
    for (; l->cursor < l->count && n < most; l->cursor++) {
        struct line *line = &l->lines[l->cursor];
        if (line->changes == line->kept)
            continue;
        line->sent = line->changes;
        line->under_way = true;
        rows[n++] = line->row;
    }
    if (l->cursor == l->count)
        l->cursor = 0;
    return n;
}

/* Without those whose day is over, and which the store has. Who comes to such a line again, because
 * the clock went back, begins another life. */
static void tidy(struct ledger *l)
{
    size_t n = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        l->buckets[i] = NO_LINE;
    for (size_t i = 0; i < l->count; i++) {
        struct line *line = &l->lines[i];
        if (line->row.day < l->day && line->changes == line->kept)
            continue;
        l->lines[n] = *line;
        int *bucket = bucket_of(l, line->row.room, line->row.day);
        l->lines[n].next = *bucket;
        *bucket = (int)n++;
    }
    l->cursor = n < l->count ? 0 : l->cursor;
    l->count = n;
}

void ledger_kept(struct ledger *l)
{
    bool over = false;
    for (size_t i = 0; i < l->count; i++) {
        struct line *line = &l->lines[i];
        if (line->under_way)
            line->kept = line->sent;
        line->under_way = false;
        over |= line->row.day < l->day && line->changes == line->kept;
    }
    if (over)
        tidy(l);
}

void ledger_lost(struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++)
        l->lines[i].under_way = false;
}
