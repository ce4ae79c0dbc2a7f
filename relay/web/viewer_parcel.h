/* The form in which a viewer's connection goes to the process that follows this one. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: a parcel (base/parcel.h), whose descriptor is the connection.
 * Fails: never. What follows the address is HTTP/1.1 as the viewer sent it, or would: the bytes of
 * the next request that were read, or a request that waits, written anew. So programs of different
 * versions understand each other.
 */
#ifndef RELAY_WEB_VIEWER_PARCEL_H
#define RELAY_WEB_VIEWER_PARCEL_H

#include <netinet/in.h>

enum { VIEWER_PARCEL = 200, VIEWER_PARCEL_MS = 1000 };

struct viewer_parcel {
    struct in6_addr peer;
    char bytes[];
};

#endif
