/* Reads a media playlist as strictly as a validator and asserts the rules of conformance.md. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_PLAYLIST_RULES_H
#define TESTS_UNIT_ROOM_PLAYLIST_RULES_H

#include "tests/unit/relay/room/listing.h"

/* What says nothing of a segment: low-latency tags are for ll_listing.h to read. */
static inline bool rules_is_known(const struct listing *l, const char *line)
{
    static const char *const tags[] = {"#EXT-X-PART-INF:", "#EXT-X-PART:", "#EXT-X-PRELOAD-HINT:",
                                       "#EXT-X-RENDITION-REPORT:", "#EXT-X-DATERANGE:"};
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (rules_value(line, tags[i]))
            return true;
    return strcmp(line, "#EXTM3U") == 0 || strcmp(line, "#EXT-X-INDEPENDENT-SEGMENTS") == 0 ||
           strcmp(line, l->iframes ? "#EXT-X-VERSION:5"
                        : l->ts    ? "#EXT-X-VERSION:3"
                                   : "#EXT-X-VERSION:6") == 0 ||
           (l->iframes && strcmp(line, "#EXT-X-I-FRAMES-ONLY") == 0);
}

/* One line; `s` is the segment that is being described. False: no tag that we write. */
static inline bool rules_tag(struct listing *l, struct listed *s, const char *line)
{
    const char *v;
    if ((v = rules_value(line, "#EXT-X-TARGETDURATION:")))
        l->target_s = (unsigned)strtoul(v, NULL, 10);
    else if ((v = rules_value(line, "#EXT-X-MEDIA-SEQUENCE:")))
        s->msn = l->first_msn = strtoull(v, NULL, 10);
    else if ((v = rules_value(line, "#EXT-X-DISCONTINUITY-SEQUENCE:")))
        s->sequence = l->first_sequence = strtoull(v, NULL, 10);
    else if ((v = rules_value(line, "#EXT-X-MAP:URI=\"")))
        snprintf(s->map, sizeof(s->map), "%.*s", (int)strcspn(v, "\""), v);
    else if ((v = rules_value(line, "#EXT-X-PROGRAM-DATE-TIME:")))
        s->date_s = rules_date(v);
    else if ((v = rules_value(line, "#EXTINF:")))
        s->duration_s = strtod(v, NULL);
    else if (strcmp(line, "#EXT-X-DISCONTINUITY") == 0)
        s->sequence++;
    else if (strcmp(line, "#EXT-X-GAP") == 0)
        s->gap = true;
    else if (l->iframes && (v = rules_value(line, "#EXT-X-BYTERANGE:")))
        assert_true(strtoul(v, NULL, 10) > 0 && strcmp(strchr(v, '@'), "@0") == 0);
    else if (rules_value(line, "#EXT-X-SERVER-CONTROL:"))
        l->low_latency = true;
    else if (strcmp(line, "#EXT-X-ENDLIST") == 0)
        l->ended = true;
    else
        return rules_is_known(l, line);
    return true;
}

/* A URI ends a segment: rules 11, 16, 17, 37, 51, 53. */
static inline void rules_segment(struct listing *l, struct listed *s, const char *name,
                                 const char *uri)
{
    char wanted[80];
    snprintf(wanted, sizeof(wanted), "%s/%llu.%s", name, (unsigned long long)s->msn,
             l->ts ? "ts" : "m4s");
    assert_string_equal(wanted, uri);
    snprintf(s->uri, sizeof(s->uri), "%s", uri);
    assert_true(!l->ended && l->count < RULES_SEGMENTS && s->date_s > 0);
    assert_int_equal(l->ts, s->map[0] == '\0');
    assert_true(s->duration_s > 0 && (unsigned)(s->duration_s + 0.5) <= l->target_s);
    if (l->count > 0) {
        const struct listed *last = &l->list[l->count - 1];
        assert_true(s->date_s - last->date_s - last->duration_s > -1.0);
        for (size_t i = 1; i < l->count && last->gap; i++, last--)
            ; /* gaps have no format: the map may change with the media behind them */
        if (strcmp(s->map, last->map) != 0)
            assert_true(s->sequence > last->sequence || last->gap);
    }
    l->list[l->count++] = *s;
    s->msn++;
    s->duration_s = s->date_s = 0;
    s->gap = false;
}

static inline void rules_read(struct listing *l, const char *name, const char *text)
{
    char *copy = strdup(text), *rest = copy, *line;
    struct listed now = {0};
    memset(l, 0, sizeof(*l));
    l->iframes = strcmp(name, "iframes") == 0;
    l->ts = strcmp(name, "ts") == 0;
    assert_true(strncmp(text, "#EXTM3U\n", 8) == 0 && text[strlen(text) - 1] == '\n');
    while ((line = strsep(&rest, "\n")) && (rest || *line)) {
        if (*line == '#' && !rules_tag(l, &now, line))
            fail_msg("a line that we never write: %s", line);
        else if (*line != '#')
            rules_segment(l, &now, l->iframes ? "video" : name, line);
    }
    free(copy);
    assert_true(l->target_s >= 1 && l->count > 0 && now.duration_s == 0);
}

#endif
