/* Delivery directives: what the query of a playlist's URL asks the server to do. */
/* SPDX-License-Identifier: MIT */
/*
 * draft-pantos-hls-rfc8216bis-22 section 6.2.5.
 * Owns: nothing. Thread: any; pure. Life: a value. Fails: -EINVAL, with a sentence for the viewer.
 */
#ifndef RELAY_WEB_DIRECTIVES_H
#define RELAY_WEB_DIRECTIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct directives {
    bool has_msn, has_part, has_skip; /* the query names it, well formed or not */
    bool skips_dateranges;            /* v2 */
    uint64_t msn, part;
};

/* query: the raw bytes after '?'; may be NULL when len is 0. Parameters of other names are
 * ignored, whatever they look like. */
__attribute__((warn_unused_result)) int directives_parse(struct directives *d, const char *query,
                                                         size_t len, const char **sentence);

#endif
