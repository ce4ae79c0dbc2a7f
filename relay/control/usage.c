/* The front's ledger: it is filled once a second, and what has changed goes to the store. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/usage.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CTX "usage"

/* What a room has used, from here on and nowhere else. */
static struct ledger_facts facts_of(const struct room_facts *f)
{
    return (struct ledger_facts){
        .room = f->name,
        .live = f->state == ROOM_LIVE,
        .sessions = f->sessions - f->sessions_again,
        .bytes_in = f->totals.bytes,
        .bytes_out = f->bytes_out,
        .viewer_us = f->viewer_us,
        .viewers = f->viewers,
    };
}

void usage_init(struct usage *u)
{
    *u = (struct usage){.store = -1, .patience = 1, .told_day = INT32_MIN};
}

void usage_fini(struct usage *u)
{
    ledger_free(&u->ledger);
}

void usage_set_store(struct usage *u, int end)
{
    u->store = end;
}

/* Microseconds leave room for the lives of a front's lines: another one begins above them, unless
 * the clock went back to the same microseconds, and then it has another process's number. */
static int64_t first_life(void)
{
    return (clock_wall_us() & (INT64_MAX >> 12)) << 8 | (getpid() & 0xff);
}

void usage_set_days(struct usage *u, uint32_t days)
{
    u->days = days;
    if (days == 0 || u->store < 0) {
        ledger_free(&u->ledger);
        u->under_way = 0;
    } else if (!u->ledger && ledger_new(&u->ledger, first_life())) {
        log_error(CTX, "no_memory what=\"nothing is counted\"");
    }
}

static void fold(struct usage *u, const struct rooms *r, bool known, int64_t now_us,
                 int64_t wall_us)
{
    ledger_fold_begin(u->ledger, known, now_us, wall_us);
    for (size_t i = 0; i < rooms_count(r); i++) {
        struct room_facts f;
        room_facts(rooms_at(r, i), &f);
        const struct ledger_facts used = facts_of(&f);
        ledger_fold_room(u->ledger, &used);
    }
    ledger_fold_end(u->ledger);
    u->fold_us = now_us + USAGE_FOLD_US;
}

void usage_take_over(struct usage *u, const struct rooms *r, int64_t now_us, int64_t wall_us)
{
    if (u->ledger)
        fold(u, r, true, now_us, wall_us);
}

/* 1: sent, -1: not sent, 0: nothing is to be sent. */
static int send(struct usage *u, int64_t now_us, int32_t today)
{
    struct ledger_batch *b = malloc(sizeof(*b));
    if (!b)
        return -1;
    memset(b, 0, offsetof(struct ledger_batch, rows));
    b->format = STORE_FORMAT;
    b->id = ++u->batch_id;
    b->oldest_day = today - (int32_t)u->days + 1;
    b->count = (uint32_t)ledger_take(u->ledger, b->rows, LEDGER_ROWS);
    int rc = b->count > 0 || u->told_day != today;
    if (rc &&
        parcel_send(u->store, STORE_LEDGER, b,
                    offsetof(struct ledger_batch, rows) + b->count * sizeof(b->rows[0]), -1, 0)) {
        ledger_lost(u->ledger);
        rc = -1;
    }
    u->was_full = b->count == LEDGER_ROWS;
    u->under_way = rc > 0 ? b->id : 0;
    u->due_us = now_us + (int64_t)USAGE_PATIENCE_US * u->patience;
    free(b);
    return rc;
}

void usage_hand_over(struct usage *u, const struct rooms *r, int64_t now_us, int64_t wall_us)
{
    if (!u->ledger)
        return;
    fold(u, r, false, now_us, wall_us);
    ledger_lost(u->ledger); /* nobody will hear of it: all of that once more */
    for (int i = 0; i < USAGE_LAST_BATCHES; i++)
        if (send(u, now_us, ledger_day(wall_us)) != 1 || !u->was_full)
            break;
    ledger_lost(u->ledger);
    u->under_way = 0;
}

static void not_taken(struct usage *u, int64_t now_us, const char *why)
{
    ledger_lost(u->ledger);
    u->under_way = 0;
    u->send_us = now_us + USAGE_SEND_US;
    if (!u->in_trouble)
        log_warn(CTX, "not_taken why=\"%s\" what=\"totals are kept here and sent again\"", why);
    u->in_trouble = true;
}

void usage_tick(struct usage *u, const struct rooms *r, int64_t now_us, int64_t wall_us)
{
    if (!u->ledger)
        return;
    if (now_us >= u->fold_us)
        fold(u, r, false, now_us, wall_us);
    if (u->under_way) {
        if (now_us < u->due_us)
            return;
        u->patience = u->patience < USAGE_PATIENCE_MOST ? u->patience * 2 : u->patience;
        not_taken(u, now_us, "the store did not answer");
    } else if (now_us >= u->send_us) {
        u->send_us = now_us + USAGE_SEND_US;
        if (send(u, now_us, ledger_day(wall_us)) < 0)
            not_taken(u, now_us, "the store cannot be reached");
        else
            u->told_day = ledger_day(wall_us);
    }
}

void usage_taken(struct usage *u, const struct parcel *p, int64_t now_us)
{
    struct ledger_taken t;
    if (!u->ledger || p->len != sizeof(t))
        return;
    memcpy(&t, p->bytes, sizeof(t));
    if (t.format != STORE_FORMAT || t.id != u->under_way || t.id == 0)
        return;
    if (t.outcome != STORE_DONE) {
        not_taken(u, now_us, "the store could not write");
        return;
    }
    ledger_kept(u->ledger);
    u->under_way = 0;
    u->patience = 1;
    if (u->was_full) /* there is more of the same sweep */
        u->send_us = now_us;
    if (u->in_trouble)
        log_info(CTX, "taken_again");
    u->in_trouble = false;
}
