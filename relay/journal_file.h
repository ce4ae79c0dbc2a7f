/* Where the journal's memory is: one mapping that all processes share, and its copy on a disk. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the descriptors and the mapping. Thread: the supervisor opens it; the front that holds
 *         the rooms writes, and runs the copier, a thread of its own.
 * Life:   journal_file_open, or journal_file_adopt in a process that was given the descriptors;
 *         never closed where rooms are: it outlives every one. journal_file_forget elsewhere.
 * Fails:  never: without a file the numbers live as long as the supervisor, and the log says so.
 *
 * state.dir: "auto" is systemd's $STATE_DIRECTORY, else a file in the machine's memory (/dev/shm),
 * named by user and SRT port, which outlives a crash but not a reboot; "none" is neither. On a disk
 * the path of a part never writes: it writes memory, and the copier brings what changed to the disk
 * every 100 ms, however long that takes. A disk that cannot be written when the relay starts is
 * read, and the file in the machine's memory stands in until a start that finds it well.
 */
#ifndef RELAY_JOURNAL_FILE_H
#define RELAY_JOURNAL_FILE_H

#include "config/config.h"
#include "relay/room/journal.h"

#include <stdint.h>

struct journal_file {
    int memory; /* descriptor of the mapping; -1: there is none */
    int disk;   /* its copy; -1: there is none */
    struct journal journal;
};

void journal_file_open(struct journal_file *f, const struct config *c, uint16_t srt_port);
/* The same file in another program: memory and disk are its descriptors. -errno. */
__attribute__((warn_unused_result)) int journal_file_adopt(struct journal_file *f, int memory,
                                                           int disk);
/* In a new child that has no rooms: what it could be made to write would be believed later, a
 * room's doors included. */
void journal_file_forget(struct journal_file *f);
/* NULL: there is none. */
struct journal *journal_file_journal(struct journal_file *f);
/* Starts bringing changes to the disk, if there is one. */
void journal_file_copy(struct journal_file *f);

#endif
