/* What each version of the database added; a database is brought up step by step. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; constants. Thread: any. Life: the program's. Fails: never. */
#ifndef RELAY_STORE_SCHEMA_STEPS_H
#define RELAY_STORE_SCHEMA_STEPS_H

enum { SCHEMA_APPLICATION = 0x526f6f6d /* "Room", SQLite's application_id */ };

/* From version i to i + 1 (PRAGMA user_version), each in the transaction that raises it. A step
 * that was released is never changed. Values stand in a table of their own, so a new key of a room
 * needs no step. */
static const char *const schema_steps[] = {
    "CREATE TABLE rooms ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),"
    " key_salt BLOB NOT NULL CHECK (length(key_salt) = 16),"
    " key_hash BLOB NOT NULL CHECK (length(key_hash) = 32),"
    " feeds INTEGER NOT NULL DEFAULT 1,"
    " created_us INTEGER NOT NULL,"
    " changed_us INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE room_values ("
    " room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,"
    " key TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " PRIMARY KEY (room, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " at_us INTEGER NOT NULL,"
    " who TEXT NOT NULL,"
    " act TEXT NOT NULL,"
    " room TEXT NOT NULL,"
    " detail TEXT NOT NULL"
    ") STRICT;",
    /* agencies; the audit names one where it names a room */
    "CREATE TABLE agencies ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),"
    " prefix TEXT NOT NULL UNIQUE CHECK (length(prefix) BETWEEN 1 AND 64),"
    " admin_salt BLOB NOT NULL CHECK (length(admin_salt) = 16),"
    " admin_hash BLOB NOT NULL CHECK (length(admin_hash) = 32),"
    " reader_salt BLOB CHECK (length(reader_salt) = 16),"
    " reader_hash BLOB CHECK (length(reader_hash) = 32),"
    " created_us INTEGER NOT NULL,"
    " changed_us INTEGER NOT NULL,"
    " CHECK ((reader_salt IS NULL) = (reader_hash IS NULL))"
    ") STRICT;"
    "CREATE TABLE agency_values ("
    " agency INTEGER NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,"
    " key TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " PRIMARY KEY (agency, key)"
    ") STRICT, WITHOUT ROWID;",
    /* The ledger of usage: ledger_message.h says what a row is. */
    "CREATE TABLE usage ("
    " day INTEGER NOT NULL,"
    " room TEXT NOT NULL CHECK (length(room) BETWEEN 1 AND 64),"
    " life INTEGER NOT NULL,"
    " sessions INTEGER NOT NULL,"
    " live_ms INTEGER NOT NULL,"
    " bytes_in INTEGER NOT NULL,"
    " bytes_out INTEGER NOT NULL,"
    " viewers_peak INTEGER NOT NULL,"
    " watch_ms INTEGER NOT NULL,"
    " PRIMARY KEY (day, room, life)"
    ") STRICT, WITHOUT ROWID;",
};
enum { SCHEMA_VERSION = sizeof(schema_steps) / sizeof(schema_steps[0]) };

#endif
