/* What a low-latency viewer reads from a media playlist; not a checker. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/part_playlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int part_position_compare(const struct part_position *a, const struct part_position *b)
{
    if (a->msn != b->msn)
        return a->msn < b->msn ? -1 : 1;
    return a->parts < b->parts ? -1 : a->parts > b->parts;
}

/* What stands behind NAME= in a line's attributes; NULL when it is not there. The names asked for
 * are no endings of others. */
static const char *attribute(const char *line, size_t len, const char *name)
{
    const char *at = memmem(line, len, name, strlen(name));

    return at ? at + strlen(name) : NULL;
}

static uint64_t attribute_number(const char *line, size_t len, const char *name)
{
    const char *at = attribute(line, len, name);

    return at ? strtoull(at, NULL, 10) : 0;
}

static int64_t attribute_us(const char *line, size_t len, const char *name)
{
    const char *at = attribute(line, len, name);

    return at ? (int64_t)(strtod(at, NULL) * 1e6 + 0.5) : 0;
}

static int attribute_uri(char out[URI_MAX], const char *line, size_t len)
{
    const char *at = attribute(line, len, "URI=\""), *end;

    end = at ? memchr(at, '"', len - (size_t)(at - line)) : NULL;
    if (!end || end - at >= URI_MAX)
        return -EPROTO;
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return 0;
}

/* RFC 8216bis section 4.4.4.9; a range without offset goes on where the part before ended. */
static int take_part(struct part_playlist *p, const char *line, size_t len)
{
    const char *range = attribute(line, len, "BYTERANGE=\"");
    struct part *x = &p->part[p->parts], *before = p->parts ? x - 1 : NULL;
    char *end;

    if (p->parts == PARTS_MAX || attribute_uri(x->uri, line, len) < 0)
        return -EPROTO;
    x->at = p->end;
    x->ranged = range != NULL;
    x->from = x->bytes = 0;
    x->duration_us = attribute_us(line, len, "DURATION=");
    if (range) {
        x->bytes = strtoull(range, &end, 10);
        if (*end == '@')
            x->from = strtoull(end + 1, NULL, 10);
        else if (before && strcmp(before->uri, x->uri) == 0)
            x->from = before->from + before->bytes;
    }
    p->parts++;
    p->end.parts++;
    return 0;
}

/* Section 4.4.5.3 */
static int take_hint(struct part_playlist *p, const char *line, size_t len)
{
    if (!attribute(line, len, "TYPE=PART"))
        return 0;
    p->has_hint = true;
    p->hint.at = p->end;
    p->hint.from = attribute_number(line, len, "BYTERANGE-START=");
    p->hint.ranged = attribute(line, len, "BYTERANGE-START=") != NULL;
    return attribute_uri(p->hint.uri, line, len);
}

/* Section 4.4.5.4 */
static int take_report(struct part_playlist *p, const char *line, size_t len)
{
    struct part_report *r = &p->report[p->reports];

    if (p->reports == RENDITIONS_MAX)
        return 0;
    p->reports++;
    r->last.msn = attribute_number(line, len, "LAST-MSN=");
    r->last.parts = (unsigned)attribute_number(line, len, "LAST-PART=");
    return attribute_uri(r->uri, line, len);
}

static bool has_tag(const char *line, const char *tag)
{
    return strncmp(line, tag, strlen(tag)) == 0;
}

static int take_line(struct part_playlist *p, const char *line, size_t len)
{
    if (has_tag(line, "#EXT-X-TARGETDURATION:"))
        p->target_s = (unsigned)atoi(line + 22);
    else if (has_tag(line, "#EXT-X-MEDIA-SEQUENCE:"))
        p->end.msn = strtoull(line + 22, NULL, 10);
    else if (has_tag(line, "#EXT-X-SERVER-CONTROL:"))
        p->blocks = attribute(line, len, "CAN-BLOCK-RELOAD=YES") != NULL;
    else if (has_tag(line, "#EXT-X-ENDLIST"))
        p->ended = true;
    else if (has_tag(line, "#EXT-X-PART:"))
        return take_part(p, line, len);
    else if (has_tag(line, "#EXT-X-PRELOAD-HINT:"))
        return take_hint(p, line, len);
    else if (has_tag(line, "#EXT-X-RENDITION-REPORT:"))
        return take_report(p, line, len);
    else if (len > 0 && line[0] != '#')
        p->end = (struct part_position){p->end.msn + 1, 0};
    return 0;
}

int part_playlist_parse(struct part_playlist *p, const char *text)
{
    p->target_s = 0;
    p->blocks = p->has_hint = p->ended = false;
    p->parts = p->reports = 0;
    p->end = (struct part_position){0};
    if (!has_tag(text, "#EXTM3U"))
        return -EPROTO;
    while (*text) {
        size_t len = strcspn(text, "\r\n");

        if (take_line(p, text, len) < 0)
            return -EPROTO;
        text += len;
        text += strspn(text, "\r\n");
    }
    return p->target_s > 0 ? 0 : -EPROTO;
}
