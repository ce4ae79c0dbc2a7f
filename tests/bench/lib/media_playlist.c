/* What a benchmark's viewer reads from an HLS playlist; not a checker. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/media_playlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of URI="..." within a tag's line. */
static int attribute_uri(char out[URI_MAX], const char *line, size_t len)
{
    const char *at = memmem(line, len, "URI=\"", 5), *end;

    if (!at)
        return -ENOENT;
    at += 5;
    end = memchr(at, '"', len - (size_t)(at - line));
    if (!end || end - at >= URI_MAX)
        return -EPROTO;
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return 0;
}

static int plain_uri(char out[URI_MAX], const char *line, size_t len)
{
    if (len >= URI_MAX)
        return -EPROTO;
    memcpy(out, line, len);
    out[len] = '\0';
    return 0;
}

static int has_tag(const char *line, const char *tag)
{
    return strncmp(line, tag, strlen(tag)) == 0;
}

static int parse_line(struct media_playlist *m, const char *line, size_t len)
{
    if (has_tag(line, "#EXT-X-TARGETDURATION:"))
        m->target_s = (unsigned)atoi(line + 22);
    else if (has_tag(line, "#EXT-X-MEDIA-SEQUENCE:"))
        m->sequence = strtoull(line + 22, NULL, 10);
    else if (has_tag(line, "#EXT-X-MAP:"))
        return attribute_uri(m->map, line, len);
    else if (len > 0 && line[0] != '#')
        return m->count == LISTED_MAX ? -EPROTO : plain_uri(m->uri[m->count++], line, len);
    return 0;
}

int media_playlist_parse(struct media_playlist *m, const char *text)
{
    m->sequence = 0;
    m->target_s = 0;
    m->map[0] = '\0';
    m->count = 0;
    if (!has_tag(text, "#EXTM3U"))
        return -EPROTO;
    while (*text) {
        size_t len = strcspn(text, "\r\n");

        if (parse_line(m, text, len) < 0)
            return -EPROTO;
        text += len;
        text += strspn(text, "\r\n");
    }
    return m->target_s > 0 ? 0 : -EPROTO;
}

int multivariant_parse(char uri[RENDITIONS_MAX][URI_MAX], size_t *count, const char *text)
{
    *count = 0;
    if (!has_tag(text, "#EXTM3U"))
        return -EPROTO;
    while (*text && *count < RENDITIONS_MAX) {
        size_t len = strcspn(text, "\r\n");

        if (has_tag(text, "#EXT-X-MEDIA:"))
            *count += attribute_uri(uri[*count], text, len) == 0;
        else if (len > 0 && text[0] != '#')
            *count += plain_uri(uri[*count], text, len) == 0;
        text += len;
        text += strspn(text, "\r\n");
    }
    return *count > 0 ? 0 : -EPROTO;
}
