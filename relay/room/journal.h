/* What must outlive every process: each room's newest numbers, in memory that does. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the memory (a shared mapping) is the caller's. Thread: one writer; a reader may
 *         look on, record by record. Life: journal_bind, as often as the memory is mapped.
 * Fails:  never: what is not whole, not ours or of another layout counts as absent.
 *
 * A room has one slot, found by its name; a slot holds its record twice with a checksum each, and
 * the older copy is written over: whoever is killed in the middle leaves the other one whole.
 * Writing is a copy of some hundred bytes, so the path of a part may do it. Where a neighbourhood
 * of slots is full, the room that was silent longest is forgotten.
 */
#ifndef RELAY_ROOM_JOURNAL_H
#define RELAY_ROOM_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JOURNAL_ROOM = 72,        /* a room's name and its NUL */
    JOURNAL_SLOTS = 16384,    /* more than rooms.max can be */
    JOURNAL_GROUP = 8,        /* slots whose changes are counted together */
    JOURNAL_NUMBER_BITS = 52, /* of a number that another table may say */
};

/* One past what was listed last, and what may not change while viewers are there. */
struct journal_entry {
    uint64_t msn, sequence, part; /* sequence: the newest itself */
    int64_t end_90k;              /* where the timeline ends ... */
    int64_t end_wall_us;          /* ... and its PROGRAM-DATE-TIME there; 0: none yet */
    int64_t noted_wall_us;        /* when this was written */
    uint32_t target_duration_s;   /* 0: not frozen, or the room is over */
    uint32_t part_target_ms;
    uint32_t part_ranges; /* 0 or 1 */
    uint32_t is_public;   /* 0 or 1: viewers see the room, whose list has not ended */
};

struct journal_record {
    uint64_t count; /* the higher one is the newer one */
    char room[JOURNAL_ROOM];
    struct journal_entry entry;
    uint64_t check; /* of everything before it */
};

struct journal_slot {
    struct journal_record copy[2];
};

struct journal_table {
    uint64_t magic;
    uint64_t changes[JOURNAL_SLOTS / JOURNAL_GROUP]; /* how often something was written there */
    struct journal_slot slots[JOURNAL_SLOTS];
};

struct journal {
    struct journal_table *table;
};

/* table: zeroed, or what a former process left there. */
void journal_bind(struct journal *j, struct journal_table *table);
/* False: nothing is known of that room. */
bool journal_find(const struct journal *j, const char *room, struct journal_entry *out);
/* What another table knows of rooms that are not known here, or are further there; each number is
 * the higher one of both. False: it knows nothing new. */
bool journal_merge(struct journal *j, const struct journal_table *other);
void journal_note(struct journal *j, const char *room, const struct journal_entry *entry);

#endif
