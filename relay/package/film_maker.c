/* Puts a film together, unit by unit. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/film_maker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct film_maker {
    struct film_head head;
    struct film_unit *units[FILM_TRACKS];
    size_t sizes[FILM_TRACKS];
    uint8_t *data;
    size_t len, size, max;
    int error;
};

int film_maker_new(struct film_maker **out, size_t max_bytes)
{
    struct film_maker *m = calloc(1, sizeof(*m));

    *out = m;
    if (!m)
        return -ENOMEM;
    memcpy(m->head.magic, FILM_MAGIC, sizeof(m->head.magic));
    m->max = max_bytes;
    return 0;
}

void film_maker_free(struct film_maker **m)
{
    if (!*m)
        return;
    for (size_t i = 0; i < FILM_TRACKS; i++)
        free((*m)->units[i]);
    free((*m)->data);
    free(*m);
    *m = NULL;
}

uint32_t film_maker_track(struct film_maker *m, const struct film_track *t)
{
    uint32_t index = m->head.tracks++;

    assert(index < FILM_TRACKS);
    m->head.track[index] = *t;
    m->head.track[index].count = 0;
    return index;
}

/* Room for `more` bytes of data and one unit. */
static int grow(struct film_maker *m, uint32_t track, size_t more)
{
    uint32_t count = m->head.track[track].count;

    if (more > m->max - m->len || count >= FILM_UNITS_MAX)
        return -E2BIG;
    if (m->len + more > m->size) {
        size_t size = m->size * 2 > m->len + more ? m->size * 2 : m->len + more;
        uint8_t *data = realloc(m->data, size);

        if (!data)
            return -ENOMEM;
        m->data = data;
        m->size = size;
    }
    if (count == m->sizes[track]) {
        size_t size = count ? count * 2u : 64;
        struct film_unit *units = realloc(m->units[track], size * sizeof(*units));

        if (!units)
            return -ENOMEM;
        m->units[track] = units;
        m->sizes[track] = size;
    }
    return 0;
}

void film_maker_add(struct film_maker *m, uint32_t track, const uint8_t *data, size_t len,
                    int64_t dts_90k, int64_t pts_90k)
{
    assert(track < m->head.tracks);
    if (!m->error)
        m->error = grow(m, track, len);
    if (m->error)
        return;
    m->units[track][m->head.track[track].count++] = (struct film_unit){
        .offset = m->len, .len = (uint32_t)len, .dts_90k = dts_90k, .pts_90k = pts_90k};
    memcpy(m->data + m->len, data, len);
    m->len += len;
}

int film_maker_finish(struct film_maker *m, int64_t period_90k, uint8_t **bytes, size_t *len)
{
    size_t at = sizeof(m->head), data;

    if (m->error)
        return m->error;
    m->head.period_90k = period_90k;
    for (uint32_t i = 0; i < m->head.tracks; i++) {
        m->head.track[i].units = at;
        at += m->head.track[i].count * sizeof(struct film_unit);
    }
    data = at;
    *len = data + m->len;
    *bytes = malloc(*len);
    if (!*bytes)
        return -ENOMEM;
    memcpy(*bytes, &m->head, sizeof(m->head));
    for (uint32_t i = 0; i < m->head.tracks; i++) {
        for (uint32_t k = 0; k < m->head.track[i].count; k++)
            m->units[i][k].offset += data;
        memcpy(*bytes + m->head.track[i].units, m->units[i],
               m->head.track[i].count * sizeof(struct film_unit));
    }
    if (m->len)
        memcpy(*bytes + data, m->data, m->len);
    return 0;
}
