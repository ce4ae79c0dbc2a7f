/* What a publisher asks for: the SRT stream id, parsed. */
/* SPDX-License-Identifier: MIT */
/*
 * Pure; thread: any. Forms (SRT Access Control guidelines; 512 bytes at most):
 *   #!::r=ROOM,m=publish[,u=USER][,s=KEY][,role=main|backup|NAME][,h=...][,t=stream]
 *   ROOM    ROOM?key=KEY[&role=ROLE][&user=USER]    publish:ROOM[?...]
 */
#ifndef RELAY_INGEST_STREAM_ID_H
#define RELAY_INGEST_STREAM_ID_H

#include <stddef.h>

enum { STREAM_ID_MAX = 512, STREAM_ID_VALUE = 160 };

struct stream_id {
    char room[68];
    char user[68];
    char key[STREAM_ID_VALUE];
    char role[24];
};

enum stream_id_fault {
    STREAM_ID_OK,
    STREAM_ID_EMPTY,
    STREAM_ID_TOO_LONG, /* the whole, or one value */
    STREAM_ID_SYNTAX,   /* not key=value, or a control character */
    STREAM_ID_TWICE,    /* a key given twice */
    STREAM_ID_ROOM,     /* no room, or no valid room name */
    STREAM_ID_MODE,     /* m is not publish */
    STREAM_ID_ROLE,
    STREAM_ID_FAULTS,
};

/* role is "main" when not given. On a fault out holds what was read so far, for the log. */
enum stream_id_fault stream_id_parse(const char *text, size_t len, struct stream_id *out);
/* A sentence for the log. */
const char *stream_id_fault_text(enum stream_id_fault fault);

#endif
