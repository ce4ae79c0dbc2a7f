/* The files of the pages as scripts/embed puts them into the binary; the bytes are generated. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing: constants. Thread: any. Life: the program's. Fails: never.
 */
#ifndef RELAY_WEB_PAGE_ASSETS_H
#define RELAY_WEB_PAGE_ASSETS_H

#include <stddef.h>

struct page_asset {
    const char *name;    /* in relay/web/page/: "wall.html" */
    const char *address; /* "/assets/wall-0123456789ab.js"; "" for what has an address of its own */
    const char *type;    /* Content-Type */
    const char *bytes;
    size_t len;
};

extern const struct page_asset page_assets[];
extern const size_t page_asset_count;

#endif
