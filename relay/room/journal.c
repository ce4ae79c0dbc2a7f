/* What must outlive every process: each room's newest numbers, in memory that does. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/journal.h"

#include "relay/room/digest.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* The table's layout is part of its name: another one is not ours. */
#define MAGIC (UINT64_C(0x524f4f4d4a4e4c00) + sizeof(struct journal_table) % 255)

enum { NEIGHBOURS = 16 };

static uint64_t check_of(const struct journal_record *r)
{
    return digest_text(r, offsetof(struct journal_record, check));
}

static bool is_whole(const struct journal_record *r)
{
    return r->count > 0 && memchr(r->room, '\0', sizeof(r->room)) && r->check == check_of(r);
}

/* Which copy of a slot holds; -1: none. */
static int newest(const struct journal_slot *s)
{
    bool first = is_whole(&s->copy[0]), second = is_whole(&s->copy[1]);
    if (first && second)
        return s->copy[1].count > s->copy[0].count;
    return first ? 0 : second ? 1 : -1;
}

void journal_bind(struct journal *j, struct journal_table *table)
{
    if (table->magic != MAGIC && table->magic != 0)
        memset(table, 0, sizeof(*table)); /* a new one is not touched: its pages cost nothing yet */
    table->magic = MAGIC;
    j->table = table;
}

/* The slot of that room, or NULL; *free: where it would go. */
static struct journal_slot *look(const struct journal *j, const char *room,
                                 struct journal_slot **free)
{
    uint64_t at = digest(room, strlen(room));
    int64_t oldest_us = INT64_MAX;
    *free = NULL;
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        struct journal_slot *s = &j->table->slots[(at + i) % JOURNAL_SLOTS];
        int which = newest(s);
        int64_t noted_us = which < 0 ? INT64_MIN : s->copy[which].entry.noted_wall_us;
        if (which >= 0 && strcmp(s->copy[which].room, room) == 0)
            return s;
        if (!*free || noted_us < oldest_us) {
            *free = s;
            oldest_us = noted_us;
        }
    }
    return NULL;
}

bool journal_find(const struct journal *j, const char *room, struct journal_entry *out)
{
    struct journal_slot *place, *s = look(j, room, &place);
    if (!s)
        return false;
    *out = s->copy[newest(s)].entry;
    return true;
}

void journal_note(struct journal *j, const char *room, const struct journal_entry *entry)
{
    struct journal_slot *place, *s = look(j, room, &place);
    s = s ? s : place;
    int which = newest(s);
    struct journal_record next = {.count = which < 0 ? 1 : s->copy[which].count + 1,
                                  .entry = *entry};
    snprintf(next.room, sizeof(next.room), "%s", room);
    next.check = check_of(&next);
    s->copy[which == 0] = next;
    atomic_signal_fence(memory_order_seq_cst); /* the mapping is read by others */
    j->table->changes[(size_t)(s - j->table->slots) / JOURNAL_GROUP]++;
}

static uint64_t higher(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A file may say anything; where the range of a number ends no room could go on. */
static bool is_plausible(const struct journal_entry *e)
{
    return ((e->msn | e->sequence | e->part) >> JOURNAL_NUMBER_BITS) == 0;
}

bool journal_merge(struct journal *j, const struct journal_table *other)
{
    bool newer = false;

    for (size_t i = 0; i < JOURNAL_SLOTS && other->magic == MAGIC; i++) {
        int which = newest(&other->slots[i]);
        if (which < 0 || !is_plausible(&other->slots[i].copy[which].entry))
            continue;
        const struct journal_record *r = &other->slots[i].copy[which];
        struct journal_entry known = {0}, e = r->entry;
        bool found = journal_find(j, r->room, &known);
        if (found && known.msn >= e.msn)
            e = known;
        e.sequence = higher(r->entry.sequence, known.sequence);
        e.part = higher(r->entry.part, known.part);
        if (found && memcmp(&e, &known, sizeof(e)) == 0)
            continue;
        journal_note(j, r->room, &e);
        newer = true;
    }
    return newer;
}
