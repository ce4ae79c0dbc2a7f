/* What a benchmark's viewer reads from an HLS playlist; not a checker. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; a list is a value. Thread: any. Fails: -EPROTO for text that is no playlist. */
#ifndef TESTS_BENCH_LIB_MEDIA_PLAYLIST_H
#define TESTS_BENCH_LIB_MEDIA_PLAYLIST_H

#include <stddef.h>
#include <stdint.h>

enum { URI_MAX = 96, LISTED_MAX = 128, RENDITIONS_MAX = 8 };

/* RFC 8216 section 4.3.3: a media playlist. */
struct media_playlist {
    uint64_t sequence; /* number of uri[0] */
    unsigned target_s;
    char map[URI_MAX]; /* EXT-X-MAP, "" when none */
    size_t count;
    char uri[LISTED_MAX][URI_MAX];
};

int media_playlist_parse(struct media_playlist *m, const char *text);
/* RFC 8216 section 4.3.4: the variant streams' and renditions' URIs of a multivariant playlist. */
int multivariant_parse(char uri[RENDITIONS_MAX][URI_MAX], size_t *count, const char *text);

#endif
